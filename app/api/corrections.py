"""A sale is put right: money given back, or the sale given to the right card."""

from http import HTTPStatus

from apiflask import APIBlueprint

from app import auth
from app.api.doors import Receipt, by_till, replayable, store_here
from app.api.prechecks import check_signature
from app.api.wording import person_out, reassignment_display, refund_display
from app.schemas.sales import (
    MovedOut,
    ReassignmentIn,
    ReassignmentOut,
    RefundIn,
    RefundOut,
    TakenOut,
)
from app.wiring import services
from loyalty.codes.errors import CodeRefusedError
from loyalty.journeys.reassign_sale import (
    CodeRefused,
    ReassignReceipt,
    ReassignReport,
    reassign_sale,
)
from loyalty.journeys.refund_sale import RefundReceipt, RefundReport, refund_sale
from loyalty.journeys.scan_card import LETTER_WINDOW
from loyalty.kernel.errors import LoyaltyError, TooManyTriesError
from loyalty.programs.queries import StoreFacts
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
def create_refund(sale_id: str, json_data: RefundIn) -> Receipt:
    """Give money back for a sale, in part or whole; the points of that part go back too."""
    principal, parts = auth.till(), services()
    report = RefundReport(
        program_id=principal.program_id,
        till_id=principal.till_id,
        sale_id=sale_id,
        refund_id=json_data.refund_id,
        amount_minor=json_data.amount_minor,
        refunded_at=json_data.refunded_at,
        reason=json_data.reason,
    )
    with parts.database.unit_of_work(principal.program_id) as session:
        receipt = refund_sale(session, report, tools=parts.tools)
    return replayable(_refund_out(receipt, store_here()), replayed=receipt.replayed)


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
def create_reassignment(sale_id: str, json_data: ReassignmentIn) -> Receipt:
    """Undo "wrong person": the sale goes to the card of `code`, or to none.

    Within the store's day and by the till that recorded the sale.
    """
    principal, parts = auth.till(), services()
    report = ReassignReport(
        program_id=principal.program_id,
        till_id=principal.till_id,
        sale_id=sale_id,
        reassignment_id=json_data.reassignment_id,
        code=json_data.code,
        scanned_at=json_data.scanned_at,
        clock_sure=json_data.clock == "sure",
    )
    checked = check_signature(principal.program_id, report.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        receipt = reassign_sale(session, report, tools=parts.tools, checked=checked)
    if isinstance(receipt, CodeRefused):
        # Raised after the commit, because a wrong guess of letters has to stay counted.
        raise _refusal(receipt)
    return replayable(_reassignment_out(receipt, store_here()), replayed=receipt.replayed)


def _refusal(refused: CodeRefused) -> LoyaltyError:
    if refused.tried_out:
        return TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    return CodeRefusedError(outcome=str(refused.outcome))


def _refund_out(receipt: RefundReceipt, store: StoreFacts) -> RefundOut:
    has_card = receipt.points_balance is not None
    return RefundOut(
        refund_id=receipt.refund_id,
        sale_id=receipt.sale_id,
        amount_minor=receipt.amount_minor,
        points=TakenOut(taken=receipt.points_taken, balance=receipt.points_balance)
        if has_card
        else None,
        left_minor=receipt.left_minor,
        replayed=receipt.replayed,
        display=refund_display(receipt, store),
    )


def _reassignment_out(receipt: ReassignReceipt, store: StoreFacts) -> ReassignmentOut:
    return ReassignmentOut(
        reassignment_id=receipt.reassignment_id,
        sale_id=receipt.sale_id,
        replayed=receipt.replayed,
        code_outcome=receipt.code_outcome,
        person=person_out(receipt.person, store),
        points=MovedOut(back=receipt.points_back, given=receipt.points_given),
        display=reassignment_display(receipt),
    )
