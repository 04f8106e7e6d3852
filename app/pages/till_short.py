"""A person in short for the counter, after a scan: a call of the API, in the words of the pages."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_till, store_here
from app.pages.admin_story import questions_of
from app.schemas.short import AnswerOut, PersonShortOut
from app.wiring import services
from loyalty.identity.looks import note_look
from loyalty.journeys.tell_person import tell_person
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("short", __name__, url_prefix="/api/v1/till/persons", tag="Till")


@bp.get("/<person:person_id>")
@by_till(Refusal.PIN_NEEDED, Refusal.NOT_FOUND)
@bp.output(PersonShortOut)
def get_short(person_id: str) -> PersonShortOut:
    """Answer the four questions about somebody whose card was read, in short and masked.

    No address, no visit, no like: what a counter needs to greet somebody. Asked beside the
    scan, never in its way.
    """
    auth.need_cashier()
    principal, store, parts = auth.till(), store_here(), services()
    with parts.database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
    actor = f"staff:{principal.staff_id}" if principal.staff_id else f"till:{principal.till_id}"
    with parts.database.unit_of_work(principal.program_id) as session:
        note_look(
            session,
            principal.program_id,
            story.person_id,
            actor=actor,
            seen="short",
            at=parts.tools.clock.now(),
        )
    answers = questions_of(story.counter_questions, store.time_zone)
    return PersonShortOut(
        person_id=story.person_id,
        display_name=story.display_name,
        points=story.points,
        questions=[AnswerOut(label=label, text=text) for label, text in answers],
    )
