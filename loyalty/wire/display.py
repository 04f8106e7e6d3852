"""How amounts and times are written for people, alike on the server and at a till without one.

The server takes the patterns from its locale data once; a till gets them with its settings.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_GROUP_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class MoneyPattern:
    """How one currency is written in one language, e.g. "1.234,50 €" or "-€1,234.50".

    `group_from` is the number of digits from which thousands are set apart: Spanish writes
    1234,50 € and 12.345,00 €, so 5; English 4.
    """

    decimals: int
    decimal: str
    group: str
    prefix: str
    suffix: str
    group_from: int = 4


def money_text(minor: int, pattern: MoneyPattern) -> str:
    """Write an amount of minor units for people; the sign stands in front of everything."""
    digits = str(abs(minor)).rjust(pattern.decimals + 1, "0")
    whole = digits[: len(digits) - pattern.decimals]
    part = digits[len(digits) - pattern.decimals :]
    if len(whole) >= pattern.group_from:
        whole = _grouped(whole, pattern.group)
    number = whole + pattern.decimal + part if part else whole
    sign = "-" if minor < 0 else ""
    return f"{sign}{pattern.prefix}{number}{pattern.suffix}"


def time_text(at: datetime, *, time_zone: str) -> str:
    """Write the time of day on the store's wall clock, "17:05"."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")


def day_text(at: datetime, *, time_zone: str, pattern: str) -> str:
    """Write the store's calendar day; `pattern` is a strftime form such as "%d/%m/%Y"."""
    return at.astimezone(ZoneInfo(time_zone)).strftime(pattern)


def _grouped(whole: str, separator: str) -> str:
    head = len(whole) % _GROUP_DIGITS
    groups = [whole[:head]] if head else []
    groups += [whole[at : at + _GROUP_DIGITS] for at in range(head, len(whole), _GROUP_DIGITS)]
    return separator.join(groups)
