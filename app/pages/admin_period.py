"""The days a report is about: from one to another, both included, with usual ones to press."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.language import gettext


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a report; `wrong` says why what was asked for cannot be."""

    first: date
    last: date
    wrong: str

    @property
    def query(self) -> dict[str, Any]:
        """Write the days for an address."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True, slots=True)
class PeriodLink:
    """A usual period."""

    label: str
    href: str
    is_current: bool


def period_of(args: Mapping[str, str], *, today: date, most: int) -> Period:
    """Read the days that were asked for; this month where they cannot be."""
    usual = Period(today.replace(day=1), today, "")
    if "first" not in args:
        return usual
    try:
        first = date.fromisoformat(args.get("first", ""))
        last = date.fromisoformat(args.get("last", ""))
    except ValueError:
        first = last = date.min
    if not first <= last or (last - first).days >= most or first == date.min:
        wrong = gettext("Pon dos días en orden, con %(most)s entre ellos como mucho.", most=most)
        return Period(usual.first, usual.last, wrong)
    return Period(first, last, "")


def usual_periods(here: str, period: Period, *, today: date) -> tuple[PeriodLink, ...]:
    """Offer this month and the last one."""
    start = today.replace(day=1)
    before = start - timedelta(days=1)
    found = (
        (gettext("Este mes"), start, today),
        (gettext("El mes pasado"), before.replace(day=1), before),
    )
    return tuple(
        PeriodLink(
            label,
            f"{here}?first={first.isoformat()}&last={last.isoformat()}",
            (first, last) == (period.first, period.last),
        )
        for label, first, last in found
    )
