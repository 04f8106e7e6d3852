"""What an owner types about pickup and closed days, as policies and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.pages.admin_amounts import count_from_text
from loyalty.kernel.errors import SettingInvalidError
from loyalty.orders.slot_rules import Policy
from loyalty.programs.closures import NAME_LENGTH_MAX, ClosureFacts

DAYS_MAX: Final = 62
AHEAD: Final = timedelta(days=730)
NUMBERS: Final = (
    "slot_minutes",
    "lead_minutes",
    "cutoff_minutes",
    "capacity",
    "days_ahead",
    "hold_minutes",
    "keep_hours",
)


@dataclass(frozen=True, slots=True)
class DaysForm:
    """Days that differ, as they were typed: all closed or all open, for one reason."""

    days: tuple[date, ...]
    name: str
    is_closed: bool

    @property
    def closures(self) -> tuple[ClosureFacts, ...]:
        """Give them one by one."""
        return tuple(ClosureFacts(day, self.name, self.is_closed) for day in self.days)


def policy_from_form(form: Mapping[str, str]) -> Policy:
    """Read a policy; what is no number is refused by its rules.

    Errors: `SettingInvalidError` for a number that nobody typed.
    """
    told: dict[str, int] = {}
    for field in NUMBERS:
        text = form.get(field, "").strip()
        if not (text.isascii() and text.isdigit()):
            raise SettingInvalidError(field=field)
        told[field] = count_from_text(text)
    return Policy(
        is_open=form.get("is_open") == "1",
        slot_minutes=told["slot_minutes"],
        lead_minutes=told["lead_minutes"],
        cutoff_minutes=told["cutoff_minutes"],
        capacity=told["capacity"],
        days_ahead=told["days_ahead"],
        hold_minutes=told["hold_minutes"],
        keep_hours=told["keep_hours"],
    )


def form_of_policy(policy: Policy) -> dict[str, str]:
    """Write a policy as the form that keeps it."""
    fields = {field: str(getattr(policy, field)) for field in NUMBERS}
    return {**fields, "is_open": "1"} if policy.is_open else fields


def days_from_form(form: Mapping[str, str], *, today: date) -> DaysForm:
    """Read the days of a form: a list of them, or from one to another.

    Errors: `SettingInvalidError` with `day`, `until` or `day_name`.
    """
    name = " ".join(form.get("name", "").split())
    if len(name) > NAME_LENGTH_MAX:
        raise SettingInvalidError(field="day_name")
    listed = form.get("days", "")
    days = days_of_list(listed) if listed else _range(form, today=today)
    return DaysForm(days, name, is_closed=form.get("is_closed", "1") == "1")


def days_of_list(text: str) -> tuple[date, ...]:
    """Read days that we wrote into a form ourselves.

    Errors: `SettingInvalidError` for anything else.
    """
    parts = text.split(",")
    if len(parts) > DAYS_MAX:
        raise SettingInvalidError(field="day")
    return tuple(_day(part, "day") for part in parts)


def list_of_days(days: tuple[date, ...]) -> str:
    """Write days for a form."""
    return ",".join(day.isoformat() for day in days)


def form_of_days(days: Sequence[ClosureFacts]) -> dict[str, str]:
    """Write days that stand alike as the form that keeps them."""
    first = days[0]
    return {
        "days": list_of_days(tuple(one.day for one in days)),
        "name": first.name,
        "is_closed": "1" if first.is_closed else "0",
    }


def _range(form: Mapping[str, str], *, today: date) -> tuple[date, ...]:
    since = _day(form.get("since", ""), "day")
    until = _day(form["until"], "until") if form.get("until", "").strip() else since
    if not today <= since <= today + AHEAD:
        raise SettingInvalidError(field="day")
    count = (until - since).days + 1
    if not 1 <= count <= DAYS_MAX:
        raise SettingInvalidError(field="until")
    return tuple(since + timedelta(days=number) for number in range(count))


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise SettingInvalidError(field=field) from None
