"""What the pages of the team and the tills show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_frame import Frame, Typed, frame_of, my_stores, take_typed
from app.pages.admin_words import role_word
from app.text import clock_text, short_date_text
from loyalty.programs.queries import StaffFacts, StoreFacts, TillFacts, staff_of, tills_of

ROLES: Final = ("cashier", "manager", "owner")
LETTERS_TOGETHER: Final = 4
JUST_NOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class RoleForm:
    """What a person may do in one store, to be changed."""

    store_id: str
    store: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One person of the team."""

    staff_id: str
    name: str
    email: str
    summary: str
    pin_text: str
    pin_tone: str
    is_me: bool
    roles: tuple[RoleForm, ...]
    role_url: str
    pin_url: str
    remove_url: str
    role_typed: Typed
    pin_typed: Typed


@dataclass(frozen=True, slots=True)
class TillRow:
    """One paired device."""

    name: str
    place: str
    kind: str
    seen: str
    seen_tone: str
    revoke_url: str


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Everything the page of the team shows."""

    frame: Frame
    staff: tuple[StaffRow, ...]
    tills: tuple[TillRow, ...]
    stores: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    hire: Typed
    pair: Typed
    till_name: str


@dataclass(frozen=True, slots=True)
class PairingPage:
    """A pairing code to be typed at the till."""

    frame: Frame
    till: str
    store: str
    letters: str
    spelled: str
    left_s: int
    till_address: str


def team_page(session: Session, principal: StaffPrincipal, *, now: datetime) -> TeamPage:
    """Gather who works here and which tills are paired in the stores this person owns."""
    stores = my_stores(session, principal, "owner")
    zones = {store.store_id: store for store in stores}
    tills = [
        till
        for till in tills_of(session, principal.program_id)
        if till.revoked_at is None and till.store_id in zones
    ]
    typed = take_typed("hire")
    return TeamPage(
        frame=frame_of(session, principal, section="team"),
        staff=tuple(
            _staff_row(person, stores, me=principal)
            for person in staff_of(session, principal.program_id)
        ),
        tills=tuple(_till_row(till, zones[till.store_id], now=now) for till in tills),
        stores=_store_choices(stores, chosen=typed.value("store_id")),
        roles=_role_choices(typed.value("role", "cashier")),
        hire=typed,
        pair=take_typed("pair"),
        till_name=gettext("Caja %(number)s", number=len(tills) + 1),
    )


def pairing_page(
    session: Session, principal: StaffPrincipal, kept: Mapping[str, str], *, now: datetime
) -> PairingPage:
    """Lay out a pairing code in two groups of four letters."""
    code = kept["code"]
    left = datetime.fromisoformat(kept["expires_at"]) - now
    return PairingPage(
        frame=frame_of(session, principal, section="team"),
        till=kept["till_name"],
        store=kept["store"],
        letters=f"{code[:LETTERS_TOGETHER]} {code[LETTERS_TOGETHER:]}",
        spelled=" ".join(code),
        left_s=max(0, int(left.total_seconds())),
        till_address=url_for("till_page.till_page", _external=True),
    )


def _staff_row(
    person: StaffFacts, stores: tuple[StoreFacts, ...], *, me: StaffPrincipal
) -> StaffRow:
    pin_text, pin_tone = _pin(person)
    held = [role_word(person.roles[one.store_id]) for one in stores if one.store_id in person.roles]
    return StaffRow(
        staff_id=str(person.staff_id),
        name=person.display_name,
        email=person.email or "",
        summary=" · ".join(dict.fromkeys(held)) or gettext("sin acceso"),
        pin_text=pin_text,
        pin_tone=pin_tone,
        is_me=person.staff_id == me.staff_id,
        roles=tuple(
            RoleForm(
                store_id=str(one.store_id),
                store=one.name,
                choices=(
                    *_role_choices(person.roles.get(one.store_id, "")),
                    Choice("", gettext("sin acceso"), is_chosen=one.store_id not in person.roles),
                ),
            )
            for one in stores
        ),
        role_url=url_for("admin_team.role", staff_id=person.staff_id),
        pin_url=url_for("admin_team.pin", staff_id=person.staff_id),
        remove_url=url_for("admin_team.remove", staff_id=person.staff_id),
        role_typed=take_typed(f"role-{person.staff_id}"),
        pin_typed=take_typed(f"pin-{person.staff_id}"),
    )


def _pin(person: StaffFacts) -> tuple[str, str]:
    if not person.has_pin:
        return gettext("Sin PIN"), "quiet"
    if person.pin_tries_left == 0:
        return gettext("PIN bloqueado"), "refusal"
    return gettext("Con PIN"), "success"


def _till_row(till: TillFacts, store: StoreFacts, *, now: datetime) -> TillRow:
    seen, tone = gettext("aún sin usar"), "quiet"
    if till.last_seen_at is not None and now - till.last_seen_at < JUST_NOW:
        seen, tone = gettext("en línea"), "success"
    elif till.last_seen_at is not None:
        day = short_date_text(till.last_seen_at, store.time_zone)
        time = clock_text(till.last_seen_at, store.time_zone)
        seen, tone = gettext("vista el %(day)s a las %(time)s", day=day, time=time), "quiet"
    paired = short_date_text(till.paired_at, store.time_zone)
    kind = gettext("Navegador") if till.kind == "browser" else gettext("Programa en la caja")
    return TillRow(
        name=till.name,
        place=store.name,
        kind=gettext("%(kind)s, emparejada el %(day)s", kind=kind, day=paired),
        seen=seen,
        seen_tone=tone,
        revoke_url=url_for("admin_team.revoke", till_id=till.till_id),
    )


def _store_choices(stores: tuple[StoreFacts, ...], *, chosen: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(one.store_id), one.name, is_chosen=str(one.store_id) == chosen) for one in stores
    )


def _role_choices(chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(role, role_word(role), is_chosen=role == chosen) for role in ROLES)
