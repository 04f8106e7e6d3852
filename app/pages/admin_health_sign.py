"""The one sign in the owner's navigation: all is well, or how many things want a look."""

from dataclasses import dataclass

from flask import g
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.house import House, look_at_house
from app.language import gettext, ngettext
from app.pages.admin_health_words import ATTENTION, REFUSAL, Trouble, troubles
from app.wiring import services
from loyalty.journeys.tell_health import Health, tell_health
from loyalty.programs.queries import stores_of

SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class HealthSign:
    """What the dot says: success, attention or refusal, and the same in words."""

    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was looked at, and what of it is not well."""

    health: Health
    house: House
    troubles: tuple[Trouble, ...]
    sign: HealthSign


def look_at_all(session: Session, principal: StaffPrincipal) -> Look:
    """Look at the tills of this owner's stores and at what is behind them, once a page."""
    if "health" not in g:
        g.health = _look(session, principal)
    found: Look = g.health
    return found


def _look(session: Session, principal: StaffPrincipal) -> Look:
    parts = services()
    stores = [
        store
        for store in stores_of(session, principal.program_id)
        if principal.may(store.store_id, "owner")
    ]
    health = tell_health(
        session, principal.program_id, [store.store_id for store in stores], tools=parts.tools
    )
    house = look_at_house(session, parts.settings, parts.database, tools=parts.tools)
    found = tuple(troubles(health, house, parts.settings, zone=stores[0].time_zone))
    return Look(health=health, house=house, troubles=found, sign=_sign(found))


def _sign(found: tuple[Trouble, ...]) -> HealthSign:
    if not found:
        return HealthSign(SUCCESS, gettext("Todo en orden"))
    tone = REFUSAL if any(one.tone == REFUSAL for one in found) else ATTENTION
    return HealthSign(
        tone, ngettext("%(num)s cosa por mirar", "%(num)s cosas por mirar", len(found))
    )
