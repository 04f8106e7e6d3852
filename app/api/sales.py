"""Sales as tills report them, recorded once."""

from http import HTTPStatus

from apiflask import APIBlueprint

from app import auth
from app.api.doors import Receipt, by_till, replayable, store_here
from app.api.prechecks import check_signature
from app.api.wording import (
    next_reward_out,
    person_out,
    sale_display,
)
from app.metrics import count_sale
from app.schemas.sales import (
    EarnedOut,
    SaleIn,
    SaleOut,
)
from app.wiring import services
from loyalty.journeys.record_sale import SaleReceipt, SaleReport, record_sale
from loyalty.programs.queries import StoreFacts
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("sales", __name__, url_prefix="/api/v1/sales", tag="Sales")


@bp.post("")
@by_till(Refusal.AMOUNT_INVALID, Refusal.CURRENCY_MISMATCH, Refusal.SALE_CONFLICT)
@bp.input(SaleIn)
@bp.output(SaleOut, HTTPStatus.CREATED)
@bp.doc(responses={int(HTTPStatus.OK): "The same sale was sent before; this is its receipt"})
def create_sale(json_data: SaleIn) -> Receipt:
    """Record one sale and reward its member; sending it again gives the same receipt.

    A bad code never loses a sale: it is kept without points, and `code_outcome` says why.
    """
    principal, parts = auth.till(), services()
    report = _report(json_data, principal)
    checked = check_signature(principal.program_id, report.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        receipt = record_sale(session, report, tools=parts.tools, checked=checked)
    count_sale(receipt.code_outcome, replayed=receipt.replayed)
    return replayable(_sale_out(receipt, store_here()), replayed=receipt.replayed)


def _report(sale: SaleIn, principal: auth.TillPrincipal) -> SaleReport:
    return SaleReport(
        program_id=principal.program_id,
        store_id=principal.store_id,
        till_id=principal.till_id,
        staff_id=principal.staff_id,
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        currency=sale.currency,
        sold_at=sale.sold_at,
        code=sale.code,
        scanned_at=sale.scanned_at,
        clock_sure=sale.clock == "sure",
        lines=tuple(
            SaleLineReport(
                product_ref=line.product_ref,
                description=line.description,
                quantity_milli=line.quantity_milli,
                total_minor=line.total_minor,
            )
            for line in sale.lines
        ),
    )


def _sale_out(receipt: SaleReceipt, store: StoreFacts) -> SaleOut:
    return SaleOut(
        sale_id=receipt.sale_id,
        replayed=receipt.replayed,
        code_outcome=receipt.code_outcome,
        person=person_out(receipt.person, store),
        points=EarnedOut(earned=receipt.points_earned, balance=receipt.points_balance),
        next_reward=next_reward_out(receipt.next_reward),
        recorded_at=receipt.recorded_at,
        display=sale_display(receipt, store),
    )
