"""The one way to reach a shop that its owner chose, in a form that a link can use."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from loyalty.kernel.errors import SettingInvalidError


def check_contact(kind: str, value: str, *, country: str) -> str:
    """Return the contact in standard form: E.164 for phones, lower case for e-mail, "" for none.

    Errors: `SettingInvalidError` when the value is not of its kind.
    """
    if kind == "none":
        return ""
    if kind == "email":
        return _email(value)
    if kind in {"call", "whatsapp"}:
        return _phone(value, country=country)
    raise SettingInvalidError(field="contact_kind")


def _email(value: str) -> str:
    try:
        found = validate_email(value.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise SettingInvalidError(field="contact_value") from error
    return found.normalized.lower()


def _phone(value: str, *, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException as error:
        raise SettingInvalidError(field="contact_value") from error
    if not phonenumbers.is_valid_number(number):
        raise SettingInvalidError(field="contact_value")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
