"""What an owner types about a reward, as its draft, and back again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.pages.admin_amounts import minor_from_text, text_from_minor
from app.pages.admin_goods import Picked, Shelf, kept_field, picked_from_form
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.add_reward import RewardDraft, RewardTerms

# In the order an owner meets them.
KINDS: Final = ("product", "fixed", "percent", "money", "stamps")
# What each kind needs: amounts of money, whole numbers, and goods to pick.
AMOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "fixed": ("minor",),
    "percent": ("cap_minor",),
    "product": ("worth_minor",),
    "money": ("minor",),
    "stamps": ("from_minor", "worth_minor"),
}
WHOLES: Final[Mapping[str, tuple[str, ...]]] = {
    "percent": ("percent",),
    "product": ("pieces",),
    "money": ("per_points",),
    "stamps": ("per_sale_most", "pieces"),
}
GOODS: Final[Mapping[str, tuple[str, ...]]] = {
    "percent": ("goods",),
    "product": ("goods",),
    "stamps": ("goods", "free"),
}
COUNTS: Final = ("stock", "per_member", "per_member_day")
_DIGITS_MAX: Final = 9


@dataclass(frozen=True, slots=True)
class RewardForm:
    """A reward as its form shows it; `wrong` names the field that cannot be kept."""

    kind: str
    texts: Mapping[str, str]
    picked: Mapping[str, Picked] = field(default_factory=dict)
    wrong: str = ""

    def value(self, name: str) -> str:
        """Give what stands in a field."""
        return self.texts.get(name, "")


def new_reward_form(kind: str) -> RewardForm:
    """Begin with what most shops want of a kind."""
    usual = {
        "product": {},
        "fixed": {},
        "percent": {"percent": "10"},
        "money": {"per_points": "100", "points": "100", "minor": "1"},
        "stamps": {"per": "visit", "points": "10"},
    }
    return RewardForm(kind, {**usual[kind], "at_till": "1", "on_web": "1"})


def reward_form_of(draft: RewardDraft, currency: str, zone: str) -> RewardForm:
    """Write a reward as its form."""
    told, terms = draft.parameters or {}, draft.terms
    texts = {"name": draft.name, "points": str(draft.points), "per": str(told.get("per", ""))}
    for name in AMOUNTS[draft.kind]:
        if told.get(name) is not None:
            texts[name] = text_from_minor(cast("int", told[name]), currency)
    for name in WHOLES.get(draft.kind, ()):
        texts[name] = str(told.get(name) or "")
    for name in COUNTS:
        count = getattr(terms, name)
        texts[name] = "" if count is None else str(count)
    if terms.minimum_minor:
        texts["minimum_minor"] = text_from_minor(terms.minimum_minor, currency)
    if terms.valid_from:
        texts["valid_from"] = _local(terms.valid_from, zone).isoformat()
    if terms.valid_until:
        texts["valid_until"] = last_day(terms.valid_until, zone).isoformat()
    texts |= {name: "1" for name in ("at_till", "on_web") if getattr(terms, name)}
    picked = {
        "goods": Picked(_names(told, "categories"), _names(told, "products")),
        "free": Picked(_names(told, "free_categories"), _names(told, "free_products")),
    }
    return RewardForm(draft.kind, texts, picked)


def reward_from_form(form: MultiDict[str, str], kind: str, shelf: Shelf) -> RewardForm:
    """Read the form of a reward."""
    texts = {name: text.strip() for name, text in form.items()}
    picked = {name: picked_from_form(form, name, shelf) for name in GOODS.get(kind, ())}
    return RewardForm(kind, texts, picked)


def fields_of(form: RewardForm) -> dict[str, str]:
    """Write a form as the fields that keep it again, goods in one field each."""
    fields = {name: text for name, text in form.texts.items() if text}
    for part in GOODS.get(form.kind, ()):
        fields |= kept_field(part, form.picked.get(part, Picked()))
    return fields


def draft_from_reward_form(form: RewardForm, currency: str, zone: str) -> RewardDraft:
    """Write the form as a draft.

    Errors: `SettingInvalidError` for what is no number, amount or day.
    """
    told: dict[str, object] = {}
    for name in AMOUNTS[form.kind]:
        told[name] = _amount(form, name, currency)
    for name in WHOLES.get(form.kind, ()):
        told[name] = _whole(form, name)
    if form.kind == "stamps":
        told["per"] = form.value("per") or "visit"
    for part in GOODS.get(form.kind, ()):
        told |= _goods(form, part)
    return RewardDraft(
        name=form.value("name"),
        points=_whole(form, "points", field="reward_points") or 0,
        kind=form.kind,
        parameters={name: value for name, value in told.items() if value is not None},
        currency=currency,
        terms=RewardTerms(
            minimum_minor=_amount(form, "minimum_minor", currency) or 0,
            valid_from=_start(form, "valid_from", zone),
            valid_until=_end(form, "valid_until", zone),
            stock=_whole(form, "stock"),
            per_member=_whole(form, "per_member"),
            per_member_day=_whole(form, "per_member_day"),
            at_till=form.value("at_till") == "1",
            on_web=form.value("on_web") == "1",
        ),
    )


def last_day(until: datetime, zone: str) -> date:
    """Name the last day of something that ends before a moment."""
    return _local(until - timedelta(microseconds=1), zone)


def _goods(form: RewardForm, part: str) -> dict[str, object]:
    picked = form.picked.get(part, Picked())
    if picked.wrong:
        raise SettingInvalidError(field=part)
    start = "" if part == "goods" else f"{part}_"
    named: dict[str, Sequence[str]] = {
        f"{start}categories": picked.categories,
        f"{start}products": picked.products,
    }
    return {name: list(some) for name, some in named.items() if some}


def _names(told: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(cast("Sequence[str]", told.get(name, ())))


def _amount(form: RewardForm, name: str, currency: str) -> int | None:
    text = form.value(name)
    if not text:
        return None
    minor = minor_from_text(text, currency)
    if minor is None:
        raise SettingInvalidError(field=name)
    return minor


def _whole(form: RewardForm, name: str, *, field: str = "") -> int | None:
    text = form.value(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS_MAX:
        raise SettingInvalidError(field=field or name)
    return int(text)


def _day(form: RewardForm, name: str) -> date | None:
    text = form.value(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingInvalidError(field=name) from None


def _start(form: RewardForm, name: str, zone: str) -> datetime | None:
    day = _day(form, name)
    return None if day is None else _midnight(day, zone)


def _end(form: RewardForm, name: str, zone: str) -> datetime | None:
    day = _day(form, name)
    return None if day is None else _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _local(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
