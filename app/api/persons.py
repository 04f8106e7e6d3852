"""Persons for the shop's staff: the whole story, and why it is one person."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_staff
from app.api.person_messages import explanation_out, story_out
from app.schemas.persons import ExplainQuery, ExplanationOut, PersonStoryOut
from app.wiring import services
from loyalty.identity.looks import Seen, note_look
from loyalty.journeys.explain import explain
from loyalty.journeys.tell_person import tell_person
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("persons", __name__, url_prefix="/api/v1/persons", tag="Persons")

READERS = ("owner", "manager")


@bp.get("/<person:person_id>")
@by_staff(*READERS, refuses=(Refusal.NOT_FOUND,))
@bp.output(PersonStoryOut)
def get_person(person_id: str) -> PersonStoryOut:
    """Tell one person's story: what is known, what happened, and the evidence for it."""
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
    _note(principal, story.person_id, "whole")
    return story_out(story)


@bp.get("/<person:person_id>/explain")
@by_staff(*READERS, refuses=(Refusal.NOT_FOUND, Refusal.MALFORMED_REQUEST))
@bp.input(ExplainQuery, location="query")
@bp.output(ExplanationOut)
def get_explanation(person_id: str, query_data: ExplainQuery) -> ExplanationOut:
    """Say why an identifier belongs to a person: the shortest path of active links to it."""
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        told = explain(session, principal.program_id, person_id, query_data.identifier_id)
    _note(principal, told.person_id, "why")
    return explanation_out(told)


def _note(principal: auth.StaffPrincipal, person_id: str, seen: Seen) -> None:
    """Write the look down: it leaves a line through the API too."""
    parts = services()
    with parts.database.unit_of_work(principal.program_id) as session:
        note_look(
            session,
            principal.program_id,
            person_id,
            actor=f"staff:{principal.staff_id}",
            seen=seen,
            at=parts.tools.clock.now(),
        )
