"""E-mail addresses in the one form they are compared by."""

from email_validator import EmailNotValidError, validate_email

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class EmailInvalidError(LoyaltyError):
    """The text is not an e-mail address."""

    code = Refusal.EMAIL_INVALID


def email_normalized(email: str) -> str:
    """Bring an address to the one form it is looked up by: trimmed, Unicode NFC, lower case.

    Errors: `EmailInvalidError` for anything that cannot be an address. No name server is
    asked: that would tell it who is being looked up.
    """
    try:
        checked = validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise EmailInvalidError from error
    return checked.normalized.lower()
