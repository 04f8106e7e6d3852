"""What the page of hours and pickup shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, language, ngettext
from app.pages.admin_frame import OWNER, Frame, Typed, frame_of, my_stores, take_typed
from app.pages.admin_hours import HoursEditor, hours_editor
from app.pages.admin_pickup_form import form_of_days, form_of_policy
from app.pages.admin_pickup_words import (
    duration_text,
    left_text,
    long_day_text,
    policy_fields,
    span_text,
)
from app.pages.admin_store_page import StoreTab
from app.pages.admin_team_page import Choice
from app.text import clock_text, whole_text
from app.wiring import services
from loyalty.journeys.pickup_settings import orders_while_closed, overfull_slots, today_of
from loyalty.journeys.pickup_slots import SlotOffer, slots_under
from loyalty.orders.queries import policy_of
from loyalty.orders.slot_rules import Policy
from loyalty.programs.closures import ClosureFacts, closure_days
from loyalty.programs.public_holidays import (
    Holiday,
    holidays_between,
    regions_of,
    usual_region,
)
from loyalty.programs.queries import StoreFacts

ROLES: Final = ("owner", "manager")
HOLIDAYS_AHEAD: Final = timedelta(days=365)
PREVIEW_DAYS: Final = 3
# Where a refusal that is about two numbers stands.
BESIDE: Final = {"slot_beyond_hours": "slot_minutes", "lead_beyond_days": "lead_minutes"}
PREVIEW_SLOTS: Final = 12


@dataclass(frozen=True, slots=True)
class DayRow:
    """Days in a row that differ alike, and the forms that turn them round or forget them."""

    title: str
    name: str
    is_closed: bool
    turned: tuple[tuple[str, str], ...]
    days: str


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """A holiday that nobody has decided about yet."""

    day: str
    title: str
    name: str


@dataclass(frozen=True, slots=True)
class DurationField:
    """A number of the policy with its usual values; `wrong` is the refusal shown beside it."""

    name: str
    wrong: str
    label: str
    hint: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SlotTile:
    """A slot as a shopper sees it; `left` is "" while there is plenty."""

    time: str
    left: str
    is_full: bool


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """A day with its slots, and how many more there are."""

    title: str
    slots: tuple[SlotTile, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a shopper would see; `lead` sums it up, `notes` say what the owner should know."""

    lead: str
    days: tuple[PreviewDay, ...]
    notes: tuple[str, ...]
    is_draft: bool


@dataclass(frozen=True, slots=True)
class PickupPage:
    """Everything the page shows; `hours` is None for whoever may not set them."""

    frame: Frame
    store_id: str
    store_name: str
    tabs: tuple[StoreTab, ...]
    hours: HoursEditor | None
    hours_typed: Typed
    rows: tuple[DayRow, ...]
    days_typed: Typed
    today: str
    region: str
    regions: tuple[Choice, ...]
    holidays: tuple[HolidayRow, ...]
    is_open: bool
    capacity: str
    days_ahead: str
    durations: tuple[DurationField, ...]
    policy_typed: Typed
    preview: Preview
    can_pause: bool
    is_paused: bool


def pickup_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    *,
    region: str | None = None,
    draft: Policy | None = None,
) -> PickupPage:
    """Lay out hours, days and pickup; a draft is shown without being kept."""
    now = services().tools.clock.now()
    today = today_of(store, now)
    kept = policy_of(session, store.program_id, store.store_id)
    shown = draft or kept or Policy(is_open=False)
    chosen = usual_region(store.country, store.time_zone) if region is None else region
    typed = take_typed("policy")
    fields = form_of_policy(shown)
    told = {name: typed.value(name, fields.get(name, "")) for name in fields}
    is_paused = kept is not None and kept.paused_on == today
    return PickupPage(
        frame=frame_of(session, principal, section="pickup", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        tabs=tuple(
            StoreTab(
                name=one.name,
                href=url_for("admin_pickup.pickup", store_id=one.store_id),
                is_current=one.store_id == store.store_id,
            )
            for one in my_stores(session, principal, *ROLES)
        ),
        hours=hours_editor(store.hours) if principal.may(store.store_id, OWNER) else None,
        hours_typed=take_typed("hours"),
        rows=_rows(
            closure_days(session, store.program_id, store.store_id, since=today), today=today
        ),
        days_typed=take_typed("days"),
        today=today.isoformat(),
        region=chosen,
        regions=_regions(store, chosen),
        holidays=tuple(
            HolidayRow(one.day.isoformat(), long_day_text(one.day, today=today), one.name)
            for one in proposed_holidays(session, store, chosen, now=now)
        ),
        is_open=typed.values.get("is_open") == "1" if typed.form else shown.is_open or kept is None,
        capacity=told["capacity"],
        days_ahead=told["days_ahead"],
        durations=_durations(told, refused=typed.field),
        policy_typed=typed,
        preview=_preview(session, store, shown, now=now, is_draft=draft is not None),
        can_pause=kept is not None and kept.is_open,
        is_paused=is_paused,
    )


def proposed_holidays(
    session: Session, store: StoreFacts, region: str, *, now: datetime
) -> tuple[Holiday, ...]:
    """List the holidays of a year to come about which the store has not said anything."""
    today = today_of(store, now)
    listed = closure_days(session, store.program_id, store.store_id, since=today)
    said = {one.day for one in listed}
    found = holidays_between(
        store.country, region, since=today, until=today + HOLIDAYS_AHEAD, language=language()
    )
    return tuple(one for one in found if one.day not in said)


def _rows(listed: Sequence[ClosureFacts], *, today: date) -> tuple[DayRow, ...]:
    """Put days that follow each other and are alike into one row."""
    runs: list[list[ClosureFacts]] = []
    for one in listed:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and last.day + timedelta(days=1) == one.day
            and (last.name, last.is_closed) == (one.name, one.is_closed)
        ):
            runs[-1].append(one)
        else:
            runs.append([one])
    return tuple(_row(run, today=today) for run in runs)


def _row(run: Sequence[ClosureFacts], *, today: date) -> DayRow:
    fields = form_of_days(run)
    turned = {**fields, "is_closed": "0" if run[0].is_closed else "1"}
    return DayRow(
        title=span_text(run[0].day, run[-1].day, today=today),
        name=run[0].name,
        is_closed=run[0].is_closed,
        turned=tuple(turned.items()),
        days=fields["days"],
    )


def _regions(store: StoreFacts, chosen: str) -> tuple[Choice, ...]:
    known = regions_of(store.country)
    if not known:
        return ()
    whole = Choice("", gettext("Solo los de todo el país"), is_chosen=not chosen)
    return (whole, *(Choice(one.code, one.name, is_chosen=one.code == chosen) for one in known))


def _durations(told: dict[str, str], *, refused: str) -> tuple[DurationField, ...]:
    """Offer the usual values of each number, and the one that is kept."""
    return tuple(
        DurationField(
            name=name,
            wrong=refused if BESIDE.get(refused) == name else name,
            label=label,
            hint=hint,
            choices=tuple(
                Choice(str(value), duration_text(value * unit), is_chosen=str(value) == told[name])
                for value in sorted({*usual, *_number(told[name])})
            ),
        )
        for name, label, hint, unit, usual in policy_fields()
    )


def _number(text: str) -> Iterable[int]:
    return (int(text),) if text.isascii() and text.isdigit() and len(text) <= len("100000") else ()


def _preview(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime, is_draft: bool
) -> Preview:
    offers = slots_under(session, store, policy, now=now)
    zone = ZoneInfo(store.time_zone)
    by_day = [
        (day, list(group))
        for day, group in groupby(offers, lambda one: one.slot.starts_at.astimezone(zone).date())
    ]
    today = today_of(store, now)
    return Preview(
        lead=_lead(store, policy, offers, today=today),
        days=tuple(_day(store, day, found, today) for day, found in by_day[:PREVIEW_DAYS]),
        notes=_notes(session, store, policy, now=now),
        is_draft=is_draft,
    )


def _day(store: StoreFacts, day: date, found: Sequence[SlotOffer], today: date) -> PreviewDay:
    rest = len(found) - PREVIEW_SLOTS
    return PreviewDay(
        title=_relative(day, today),
        slots=tuple(_tile(store, one) for one in found[:PREVIEW_SLOTS]),
        more=ngettext("y %(num)s tramo más", "y %(num)s tramos más", rest) if rest > 0 else "",
    )


def _tile(store: StoreFacts, offer: SlotOffer) -> SlotTile:
    begins = clock_text(offer.slot.starts_at, store.time_zone)
    ends = clock_text(offer.slot.ends_at, store.time_zone)
    return SlotTile(f"{begins}–{ends}", left_text(offer.places), is_full=offer.places == 0)


def _lead(store: StoreFacts, policy: Policy, offers: Sequence[SlotOffer], *, today: date) -> str:
    if not policy.is_open:
        return gettext("Ahora nadie puede pedir para recoger.")
    free = [one for one in offers if one.places]
    if not free:
        return gettext("Con esto no queda ningún tramo que elegir.")
    first = free[0].slot.starts_at
    return gettext(
        "Quien pida ahora puede recoger desde: %(day)s, %(time)s. Caben %(count)s pedidos.",
        day=_relative(first.astimezone(ZoneInfo(store.time_zone)).date(), today),
        time=clock_text(first, store.time_zone),
        count=whole_text(sum(one.places for one in free)),
    )


def _relative(day: date, today: date) -> str:
    names = {0: gettext("Hoy"), 1: gettext("Mañana")}
    return names.get((day - today).days) or long_day_text(day, today=today)


def _notes(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime
) -> tuple[str, ...]:
    notes: list[str] = []
    overfull = overfull_slots(session, store, policy, now=now)
    if overfull:
        notes.append(
            ngettext(
                "%(num)s tramo ya tiene más pedidos de los que caben ahora. Se quedan todos.",
                "%(num)s tramos ya tienen más pedidos de los que caben ahora. Se quedan todos.",
                len(overfull),
            )
        )
    stranded = orders_while_closed(session, store, now=now)
    if stranded:
        numbers = ", ".join(order.number for order in stranded[:PREVIEW_SLOTS])
        notes.append(
            gettext(
                "Hay pedidos para horas en que cierras: %(numbers)s. Siguen en pie: avísales.",
                numbers=numbers,
            )
        )
    return tuple(notes)
