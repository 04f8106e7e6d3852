"""Who merged and who split, for programs that follow the shop."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_staff
from app.schemas.identity import ChangeOut, ChangesOut, ChangesQuery, MovedOut
from app.wiring import services
from loyalty.journeys.tell_of_persons import ChangeTold, changes_after
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("changes", __name__, url_prefix="/api/v1/identity", tag="Identity")

READERS = ("owner", "manager")


@bp.get("/changes")
@by_staff(*READERS, refuses=(Refusal.MALFORMED_REQUEST,))
@bp.input(ChangesQuery, location="query")
@bp.output(ChangesOut)
def get_changes(query_data: ChangesQuery) -> ChangesOut:
    """List who merged, split or is called otherwise, each moved identifier with its person now."""
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        found = changes_after(
            session,
            principal.program_id,
            query_data.after,
            at=parts.tools.clock.now(),
            limit=query_data.limit,
        )
    return ChangesOut(changes=[_change_out(one) for one in found])


def _change_out(told: ChangeTold) -> ChangeOut:
    return ChangeOut(
        item_id=told.item_id,
        change=told.topic.value,
        at=told.at,
        cause=told.cause,
        former_person_ids=list(told.former_person_ids),
        person_ids=list(told.person_ids),
        identifiers=[
            MovedOut(
                identifier_id=one.identifier_id,
                identifier_kind=one.kind,
                former_person_id=one.former_person_id,
                became_person_id=one.became_person_id,
                person_id=one.person_id,
            )
            for one in told.moved
        ],
    )
