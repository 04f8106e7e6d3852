"""Values at the door: which stand for nobody, and the one form that is hashed. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from uuid import UUID

import phonenumbers

from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.phones import phone_normalized

LENGTH_MAX: Final = 254
_CARD_DIGITS: Final = 16
_OWN_UUIDS: Final = frozenset({"member", "session", "order"})


class Blocked(StrEnum):
    """Why a value is kept out; stable, told as `reason`."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"  # null, undefined, 000000, noreply@…, 666666666
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"  # controls, invisible letters, turned writing, halves of letters
    LOOK_ALIKE = "look_alike"  # letters of two scripts that look the same, or of double width
    MALFORMED = "malformed"  # not what an id of ours looks like


_BLOCKED_TEXT = re.compile(
    r"null|none|nil|undefined|nan|anonymous|an[oó]nimo|unknown|desconocido|test|prueba|n/?a|guest"
    r"|invitado|true|false|default|\[object object\]|\{\}|\[\]|[0.\-_ ]*",
    re.IGNORECASE,
)
_BLOCKED_MAILBOX = re.compile(
    r"(?:null|none|undefined|anonymous|anonimo|unknown|no-?reply|no-?email|no-?tiene|sin-?correo"
    r"|sin-?email|nobody|x+|0+|a@a)",
    re.IGNORECASE,
)
_BLOCKED_DOMAIN = re.compile(r"(?:.*\.)?(?:invalid|localhost)", re.IGNORECASE)
# test@test.com, asdf@asdf.es, aaa@aaa.com: the same nothing on both sides.
_NOTHING = re.compile(
    r"test|prueba|asdf\w*|qwerty|abc|email|e-?mail|correo|mail|ejemplo|example|nombre|name|user"
    r"|usuario|cliente|hola|no|(\w)\1*",
    re.IGNORECASE,
)
# Seven equal digits at the end, or digits in order: nobody was ever given such a number.
_BLOCKED_PHONE = re.compile(r"\d*(\d)\1{6,}|(?:12345678|23456789|98765432|87654321)\d?", re.ASCII)
# Scripts with letters that look like each other's; within one word they are never mixed.
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
_UNREADABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def why_blocked(kind: str, value: str) -> Blocked | None:
    """Say why a value stands for nobody, so that it would join strangers; none when it may.

    What systems and hurried people send for "nothing": empty, zeros, `null`, `undefined`,
    `[object Object]`, `anonymous`; mailboxes, domains and numbers that nobody reads or has; and
    texts that are not what they look like. An address or a number that is only mistyped is
    not blocked but refused by `value_normalized`.
    """
    if len(value) > LENGTH_MAX:
        return Blocked.TOO_LONG
    text = value.strip()
    if not text:
        return Blocked.EMPTY
    if any(unicodedata.category(letter) in _UNREADABLE for letter in text):
        return Blocked.UNREADABLE
    if _BLOCKED_TEXT.fullmatch(text):
        return Blocked.PLACEHOLDER
    check = {"email": _email, "phone": _phone, "vendor": _vendor, "social": _vendor}.get(kind)
    if check is not None:
        return check(text)
    return None if _is_well_formed(kind, text) else Blocked.MALFORMED


def value_normalized(kind: str, value: str) -> str:
    """Bring a value to the one form that is hashed.

    Errors: `EmailInvalidError`, `PhoneInvalidError` (a number needs its prefix here).
    """
    if kind == "email":
        return email_normalized(value)
    return phone_normalized(value) if kind == "phone" else value.strip()


def vendor_value(connector: str, customer_id: str) -> str:
    """Give the value of what one vendor calls a customer."""
    return f"{connector}:{customer_id.strip()}"


def own_identifier_id(kind: str, value: str) -> UUID | None:
    """Give the identifier id of what we made ourselves; none for values of the outside.

    Members, sessions and orders are their own UUID; a card's 16 hex digits are the low half of one.
    So a card's member is found without a key and without reading a value.
    """
    if kind == "card":
        return UUID(int=int(value, 16))
    return UUID(value) if kind in _OWN_UUIDS else None


def card_id_of(identifier_id: UUID) -> str:
    """Read a card id back from its identifier id."""
    return f"{identifier_id.int:016x}"


def _email(text: str) -> Blocked | None:
    mailbox, _, domain = text.rpartition("@")
    label = domain.partition(".")[0]
    if _BLOCKED_MAILBOX.fullmatch(mailbox) or _BLOCKED_DOMAIN.fullmatch(domain):
        return Blocked.PLACEHOLDER
    if mailbox.casefold() == label.casefold() and _NOTHING.fullmatch(mailbox):
        return Blocked.PLACEHOLDER
    if any(unicodedata.category(letter) == "So" for letter in text):
        return Blocked.UNREADABLE
    words = [mailbox, *domain.split(".")]
    wide = unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text)
    return Blocked.LOOK_ALIKE if wide or any(_is_mixed(word) for word in words) else None


def _phone(text: str) -> Blocked | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        digits = "".join(letter for letter in text if letter.isdecimal())
    else:
        digits = str(number.national_number)
    return Blocked.PLACEHOLDER if _BLOCKED_PHONE.fullmatch(digits) else None


def _vendor(text: str) -> Blocked | None:
    """Look at what follows the connector or network: "square:0" is nobody, too."""
    _, colon, own = text.partition(":")
    if not colon:
        return Blocked.MALFORMED
    return Blocked.PLACEHOLDER if _BLOCKED_TEXT.fullmatch(own.strip()) else None


def _is_well_formed(kind: str, text: str) -> bool:
    if kind == "card":
        return len(text) == _CARD_DIGITS and all(digit in "0123456789abcdef" for digit in text)
    if kind not in _OWN_UUIDS:
        return True
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_mixed(word: str) -> bool:
    return len(_ALIKE & set(_scripts(word))) > 1


def _scripts(word: str) -> Iterable[str]:
    for letter in word:
        if letter.isalpha():
            yield unicodedata.name(letter, "").partition(" ")[0]
