"""What a till did last, so that a slip can be undone."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_till, store_here
from app.api.wording import action_person_text, amount_text, change_text, when_text
from app.schemas.till import TillActionOut, TillActionsOut
from app.wiring import services
from loyalty.journeys.till_actions import TillAction, last_actions
from loyalty.programs.queries import StoreFacts
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("till_actions", __name__, url_prefix="/api/v1/till/actions", tag="Till")


@bp.get("")
@by_till(Refusal.PIN_NEEDED)
@bp.output(TillActionsOut)
def get_actions() -> TillActionsOut:
    """List the last acts of this till, newest first, and which can still be undone."""
    auth.need_cashier()
    principal, store, parts = auth.till(), store_here(), services()
    with parts.database.reading(principal.program_id) as session:
        actions = last_actions(session, principal.program_id, principal.till_id, tools=parts.tools)
    return TillActionsOut(actions=[_action_out(action, store) for action in actions])


def _action_out(action: TillAction, store: StoreFacts) -> TillActionOut:
    return TillActionOut(
        sale_id=action.sale_id,
        total_minor=action.total_minor,
        left_minor=action.left_minor,
        total_text=amount_text(action.total_minor, action.currency, store),
        sold_at=action.sold_at,
        time_text=when_text(action.sold_at, store, now=services().tools.clock.now()),
        person_text=action_person_text(action),
        points=action.points,
        points_text=change_text(action.points),
        state=action.state,
        undoable=action.undoable,
        order_number=action.order_number,
    )
