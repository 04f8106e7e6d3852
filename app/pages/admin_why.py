"""Why something belongs to a person: the way there in words, and what would leave without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import MANAGER, OWNER, Frame, frame_of, my_stores
from app.pages.admin_people_page import names_of, person_name
from app.pages.identity_words import ICONS, Names, identifier_name, link_title, strength_words
from app.text import clock_text, short_date_text
from loyalty.identity.queries import IdentifierFacts
from loyalty.journeys.explain import Explanation, Step
from loyalty.journeys.tell_person import PersonStory
from loyalty.journeys.unlink import UNLINKABLE

NAMED: Final = 3
# A person, the way to one of their identifiers, and what would leave without each link of it.
Asked = tuple[PersonStory, Explanation, Mapping[str, frozenset[UUID]]]


@dataclass(frozen=True, slots=True)
class WayKnot:
    """One knot on the way: what it is, what led there, and what would split without that."""

    icon: str
    line: str  # "solid", "dashed"
    title: str
    why: str
    split: str
    separate_url: str
    link_id: str


@dataclass(frozen=True, slots=True)
class WhyPage:
    """The whole way from the person's first identifier to the one that is asked about."""

    frame: Frame
    name: str
    title: str
    back_href: str
    apart_url: str
    knots: tuple[WayKnot, ...]


def why_page(session: Session, principal: StaffPrincipal, asked: Asked) -> WhyPage:
    """Tell the way in words, and what would leave without each link of it."""
    story, told, leaving = asked
    zone = my_stores(session, principal, OWNER, MANAGER)[0].time_zone
    names = names_of(story, zone)
    goal = told.steps[-1].leads_to if told.steps else told.start
    first = WayKnot(
        icon=ICONS.get(told.start.kind, "link-45deg"),
        line="solid",
        title=_upper(identifier_name(told.start, names)),
        why=gettext("Lo primero que supimos de esta persona."),
        split="",
        separate_url="",
        link_id="",
    )
    off = {
        link_id: [one for one in story.identifiers if one.identifier_id in those]
        for link_id, those in leaving.items()
    }
    knots = [_knot(step, story, off[step.link.link_id], names) for step in told.steps]
    return WhyPage(
        frame=frame_of(session, principal, section="people"),
        name=person_name(story.display_name, [one.card_id for one in story.carriers]),
        title=gettext("Por qué aquí: %(what)s", what=identifier_name(goal, names)),
        back_href=url_for("admin_people.person", person_id=story.person_id),
        apart_url=url_for("admin_people_acts.apart", person_id=story.person_id),
        knots=(first, *_between(knots, told.left_out)),
    )


def _between(knots: list[WayKnot], left_out: int) -> list[WayKnot]:
    """Say in the middle of a very long way how much of it is left out."""
    if not left_out:
        return knots
    more = ngettext("%(num)s prueba más", "%(num)s pruebas más", left_out)
    gap = WayKnot("link-45deg", "dashed", more, "", "", "", "")
    half = len(knots) // 2
    return [*knots[:half], gap, *knots[half:]]


def _knot(step: Step, story: PersonStory, off: list[IdentifierFacts], names: Names) -> WayKnot:
    link = step.link
    when = gettext(
        "%(day)s, %(time)s",
        day=short_date_text(link.occurred_at, names.zone),
        time=clock_text(link.occurred_at, names.zone),
    )
    can_go = link.kind in UNLINKABLE or link.kind == "join"
    return WayKnot(
        icon=ICONS.get(step.leads_to.kind, "link-45deg"),
        line="solid" if link.strength == 1 else "dashed",
        title=_upper(identifier_name(step.leads_to, names)),
        why=" · ".join((link_title(link), strength_words(link.kind, link.strength), when)),
        split=_split(off, names),
        separate_url=url_for("admin_people_acts.separate", person_id=story.person_id)
        if can_go
        else "",
        link_id=link.link_id,
    )


def _split(leaving: list[IdentifierFacts], names: Names) -> str:
    """Say what would leave this person if a link went."""
    if not leaving:
        return gettext("Si esto se va, no se separa nada: otra prueba lo sostiene.")
    told = ", ".join(identifier_name(one, names) for one in leaving[:NAMED])
    rest = len(leaving) - NAMED
    if rest > 0:
        told = ngettext(
            "%(some)s y %(num)s cosa más", "%(some)s y %(num)s cosas más", rest, some=told
        )
    return gettext("Si esto se va, se separa: %(what)s.", what=told)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
