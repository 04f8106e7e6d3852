"""A sale is put right: money given back, or the sale given to the right card."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response

from app import auth
from app.api.acts import (
    code_refusal,
    reassign_report,
    reassignment_out,
    refund_out,
    refund_report,
)
from app.api.doors import by_till, replayable, store_here
from app.api.prechecks import check_signature
from app.schemas.sales import ReassignmentIn, ReassignmentOut, RefundIn, RefundOut
from app.wiring import services
from loyalty.journeys.reassign_sale import CodeRefused, reassign_sale
from loyalty.journeys.refund_sale import refund_sale
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("corrections", __name__, url_prefix="/api/v1/sales", tag="Sales")


@bp.post("/<id:sale_id>/refunds")
@by_till(
    Refusal.AMOUNT_INVALID,
    Refusal.SALE_UNKNOWN,
    Refusal.REFUND_CONFLICT,
    Refusal.REFUND_EXCEEDS_SALE,
)
@bp.input(RefundIn)
@bp.output(RefundOut, HTTPStatus.CREATED)
@bp.doc(responses={int(HTTPStatus.OK): "The same refund was sent before; this is its receipt"})
def create_refund(sale_id: str, json_data: RefundIn) -> Response:
    """Give money back for a sale, in part or whole; the points of that part go back too."""
    principal, parts = auth.till(), services()
    report = refund_report(principal, sale_id, json_data)
    with parts.database.unit_of_work(principal.program_id) as session:
        receipt = refund_sale(session, report, tools=parts.tools)
    return replayable(refund_out(receipt, store_here()), replayed=receipt.replayed)


@bp.post("/<id:sale_id>/reassignments")
@by_till(
    Refusal.SALE_UNKNOWN,
    Refusal.REASSIGNMENT_CONFLICT,
    Refusal.UNDO_TOO_LATE,
    Refusal.OTHER_TILL,
    Refusal.CODE_REFUSED,
    Refusal.TOO_MANY_TRIES,
)
@bp.input(ReassignmentIn)
@bp.output(ReassignmentOut, HTTPStatus.CREATED)
@bp.doc(
    responses={int(HTTPStatus.OK): "The same reassignment was sent before; this is its receipt"}
)
def create_reassignment(sale_id: str, json_data: ReassignmentIn) -> Response:
    """Undo "wrong person": the sale goes to the card of `code`, or to none.

    Within the store's day and by the till that recorded the sale.
    """
    principal, parts = auth.till(), services()
    report = reassign_report(principal, sale_id, json_data)
    checked = check_signature(principal.program_id, report.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        receipt = reassign_sale(session, report, tools=parts.tools, checked=checked)
    if isinstance(receipt, CodeRefused):
        # Raised after the commit, because a wrong guess of letters has to stay counted.
        raise code_refusal(receipt)
    return replayable(reassignment_out(receipt, store_here()), replayed=receipt.replayed)
