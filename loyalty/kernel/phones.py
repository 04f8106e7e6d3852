"""Phone numbers in the one form they are compared by."""

import phonenumbers

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal

LENGTH_MAX = 40


class PhoneInvalidError(LoyaltyError):
    """The text is not a phone number that can exist."""

    code = Refusal.PHONE_INVALID


def phone_normalized(phone: str, *, country: str | None = None) -> str:
    """Bring a number to E.164 ("+34612345678"), whatever blanks, signs or digits it came in.

    `country` (two letters) is where a number without its prefix is read from; without it only
    numbers that begin with "+" are read.
    Errors: `PhoneInvalidError` for anything that cannot be a number, and for extensions: they
    belong to a house, not to a person.
    """
    if len(phone) > LENGTH_MAX:
        raise PhoneInvalidError
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalidError from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise PhoneInvalidError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
