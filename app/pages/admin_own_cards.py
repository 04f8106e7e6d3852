"""Cards of people who work here, on the page of a person: whose each is, for an owner to say."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_frame import OWNER
from loyalty.journeys.tell_person import PersonStory
from loyalty.programs.queries import staff_of
from loyalty.programs.staff_cards import staff_of_cards


@dataclass(frozen=True, slots=True)
class OwnCard:
    """Whose of the team a card is: value, label, whether it is theirs; `text` "" for nobody's."""

    text: str
    choices: tuple[tuple[str, str, bool], ...]
    url: str


def own_cards(
    session: Session, principal: StaffPrincipal, story: PersonStory
) -> Mapping[str, OwnCard]:
    """Gather it for every card of a person; nothing for who owns no store."""
    if OWNER not in principal.roles.values():
        return {}
    marked = staff_of_cards(session, principal.program_id, [one.card_id for one in story.carriers])
    team = [
        person
        for person in staff_of(session, principal.program_id)
        if person.left_at is None and all(principal.may(one, OWNER) for one in person.roles)
    ]
    names = {person.staff_id: person.display_name for person in team}
    found: dict[str, OwnCard] = {}
    for one in story.carriers:
        whose = marked.get(one.card_id)
        name = names.get(whose) if whose else None
        found[one.card_id] = OwnCard(
            text=gettext("De %(name)s, del equipo", name=name) if name else "",
            choices=(
                ("", gettext("De nadie del equipo"), name is None),
                *((str(staff_id), label, staff_id == whose) for staff_id, label in names.items()),
            ),
            url=url_for("admin_cards.own", person_id=story.person_id, card_id=one.card_id),
        )
    return found
