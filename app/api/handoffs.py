"""Orders are given to their person at the counter, once."""

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from app import auth
from app.api.acts import handoff_request
from app.api.doors import by_till, replayable, store_here
from app.api.order_wording import handoff_out, listed_order_out
from app.api.prechecks import check_signature
from app.schemas.handoffs import HandoffIn, HandoffOut, TillOrdersOut
from app.wiring import services
from loyalty.journeys.hand_off_order import hand_off_order
from loyalty.journeys.orders_waiting import counter_orders
from loyalty.programs.queries import staff_in_store
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("handoffs", __name__, url_prefix="/api/v1", tag="Orders")


@bp.post("/handoffs")
@by_till(
    Refusal.NOT_FOUND,
    Refusal.CODE_REFUSED,
    Refusal.SPOKEN_CODE_WRONG,
    Refusal.ORDER_STATE,
    Refusal.ORDER_ELSEWHERE,
    Refusal.HANDOFF_CONFLICT,
    Refusal.AMOUNT_INVALID,
    Refusal.PIN_NEEDED,
    Refusal.TOO_MANY_TRIES,
)
@bp.input(HandoffIn)
@bp.output(HandoffOut, HTTPStatus.CREATED)
@bp.doc(responses={int(HTTPStatus.OK): "The same handoff was sent before; this is its receipt"})
def create_handoff(json_data: HandoffIn) -> Response:
    """Hand an order over once: its sale is recorded and earns, the stock follows.

    Sending it again gives the same receipt. Five wrong spoken codes close that way for the order.
    """
    auth.need_cashier()
    principal, parts = auth.till(), services()
    asked = handoff_request(_with_staff(principal, json_data.staff_id), json_data)
    checked = check_signature(principal.program_id, asked.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        answer = hand_off_order(session, asked, tools=parts.tools, checked=checked)
    if answer.refused is not None:
        # Raised after the commit, because the try has to stay counted.
        raise answer.refused
    return replayable(handoff_out(answer, store_here()), replayed=answer.replayed)


@bp.get("/till/orders")
@by_till(Refusal.PIN_NEEDED)
@bp.output(TillOrdersOut)
def get_orders() -> TillOrdersOut:
    """List what this store hands over today and still has to pick; what is ready comes first."""
    auth.need_cashier()
    principal, parts, store = auth.till(), services(), store_here()
    with parts.database.reading(principal.program_id) as session:
        listed = counter_orders(
            session, principal.program_id, principal.store_id, tools=parts.tools
        )
    return TillOrdersOut(orders=[listed_order_out(one, store) for one in listed])


def _with_staff(principal: auth.TillPrincipal, staff_id: UUID | None) -> auth.TillPrincipal:
    """Take an agent's word for who gives, when that person works here; a page signs in."""
    if principal.by_cookie or staff_id is None:
        return principal
    with services().database.reading(principal.program_id) as session:
        here = staff_in_store(session, principal.program_id, principal.store_id, [staff_id])
    return replace(principal, staff_id=staff_id if staff_id in here else None)
