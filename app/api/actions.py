"""What a till did last, so that a slip can be undone."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_till, store_here
from app.api.wording import (
    action_person_text,
    amount_text,
    change_text,
    milli_text,
    when_text,
)
from app.schemas.till import GoodsLeftOut, LineLeftOut, TillActionOut, TillActionsOut
from app.wiring import services
from loyalty.journeys.goods_left import LineLeft, goods_left
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


@bp.get("/<id:sale_id>")
@by_till(Refusal.PIN_NEEDED, Refusal.SALE_UNKNOWN)
@bp.output(GoodsLeftOut)
def get_goods_left(sale_id: str) -> GoodsLeftOut:
    """Tell what of a sale of this store can still come back, line by line, for its refund."""
    auth.need_cashier()
    principal, parts = auth.till(), services()
    with parts.database.reading(principal.program_id) as session:
        left = goods_left(session, principal.program_id, principal.store_id, sale_id)
    return GoodsLeftOut(
        sale_id=left.sale_id,
        left_minor=left.left_minor,
        lines=[_line_out(line) for line in left.lines],
    )


def _line_out(line: LineLeft) -> LineLeftOut:
    return LineLeftOut(
        line=line.line,
        name=line.description,
        quantity_text=milli_text(line.left_milli),
        pieces=line.pieces,
        paid_pieces=line.paid_pieces,
        left_milli=line.left_milli,
        left_minor=line.left_minor,
    )


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
        parts=action.parts,
    )
