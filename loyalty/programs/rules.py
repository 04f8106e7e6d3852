"""What a program, a store and its people may be called and set to; pure."""

import hashlib
import hmac
import re
import secrets
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from loyalty.kernel.errors import SettingInvalidError

# The same letters as the codes: they survive the layouts of keyboards (engines of the codes room).
PAIRING_ALPHABET: Final = "BCDEFGHIJKLNOPRSTUVX"
PAIRING_LENGTH: Final = 8
PAIRING_TTL: Final = timedelta(minutes=10)
PAIRING_TRIES: Final = 5
PIN_TRIES: Final = 5
CHALLENGE_TTL: Final = timedelta(minutes=10)
CHALLENGE_TRIES: Final = 5
# Wrong codes for one address in a day, over all its challenges; its link still opens the door.
# Twenty of a million a day: a guesser needs a human life for an even chance.
GUESSES_PER_DAY: Final = 20
CHALLENGE_DIGITS: Final = 6

ROLES: Final = ("owner", "manager", "cashier", "courier")
LANGUAGES: Final = ("es", "en")
NAME_LENGTH_MAX: Final = 60

_SLUG = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_SLUG_LENGTH_MAX = 40
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PIN = re.compile(r"[0-9]{4,6}")
# scrypt as RFC 7914 recommends for interactive use: 16 MiB and some 50 ms for each guess.
_SCRYPT_N = 2**14
_SCRYPT_R = 8
_SCRYPT_P = 1
_SALT_BYTES = 16


def name_checked(name: str, *, field: str = "name") -> str:
    """Trim a name and refuse an empty, too long or unprintable one."""
    trimmed = " ".join(name.split())
    if not trimmed or len(trimmed) > NAME_LENGTH_MAX or not trimmed.isprintable():
        raise SettingInvalidError(field=field)
    return trimmed


def slug_checked(slug: str) -> str:
    """Bring a store's address to its one form: A-Z, 0-9 and single dashes, upper case."""
    shaped = slug.strip().upper()
    if len(shaped) > _SLUG_LENGTH_MAX or not _SLUG.fullmatch(shaped):
        raise SettingInvalidError(field="slug")
    return shaped


def currency_checked(currency: str) -> str:
    """Refuse a currency that is not an ISO 4217 code."""
    if not _CURRENCY.fullmatch(currency):
        raise SettingInvalidError(field="currency")
    return currency


def country_checked(country: str) -> str:
    """Refuse a country that is not an ISO 3166 code of two letters."""
    if not _COUNTRY.fullmatch(country):
        raise SettingInvalidError(field="country")
    return country


def language_checked(language: str) -> str:
    """Refuse a language the pages do not speak."""
    if language not in LANGUAGES:
        raise SettingInvalidError(field="language")
    return language


def time_zone_checked(time_zone: str) -> str:
    """Refuse a time zone that the zone database does not know."""
    if time_zone not in available_timezones():
        raise SettingInvalidError(field="time_zone")
    return time_zone


def role_checked(role: str) -> str:
    """Refuse a role that does not exist."""
    if role not in ROLES:
        raise SettingInvalidError(field="role")
    return role


def local_day(moment: datetime, time_zone: str) -> date:
    """Say which day it is in a store's own time zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def new_pairing_code() -> str:
    """Draw a pairing code: 8 letters, some 34 bits."""
    return "".join(secrets.choice(PAIRING_ALPHABET) for _ in range(PAIRING_LENGTH))


def read_pairing_code(typed: str) -> str | None:
    """Read a typed pairing code, forgiving case, spaces and dashes, or none."""
    letters = "".join(typed.split()).replace("-", "").upper()
    if len(letters) != PAIRING_LENGTH or not set(letters) <= set(PAIRING_ALPHABET):
        return None
    return letters


def new_challenge_code() -> str:
    """Draw a one-time code of 6 digits."""
    return f"{secrets.randbelow(10**CHALLENGE_DIGITS):0{CHALLENGE_DIGITS}d}"


def pin_checked(pin: str) -> str:
    """Refuse a PIN that is not 4 to 6 digits, or that is one digit repeated."""
    if not _PIN.fullmatch(pin) or len(set(pin)) == 1:
        raise SettingInvalidError(field="pin")
    return pin


def pin_hash(pin: str) -> str:
    """Hash a PIN slowly, as "salt$hash" in hex."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{salt.hex()}${_scrypt(pin, salt)}"


def pin_matches(pin: str, kept: str | None) -> bool:
    """Compare a PIN with what is kept; takes as long when nothing is kept."""
    salt_hex, _, wanted = (kept or f"{'00' * _SALT_BYTES}$").partition("$")
    found = _scrypt(pin, bytes.fromhex(salt_hex))
    return hmac.compare_digest(found, wanted)


def _scrypt(pin: str, salt: bytes) -> str:
    digest = hashlib.scrypt(pin.encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return digest.hex()
