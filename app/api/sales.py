"""Sales as tills report them, recorded once."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response

from app import auth
from app.api.acts import sale_out, sale_report
from app.api.doors import by_till, replayable, till_again
from app.api.prechecks import check_signature
from app.metrics import count_sale
from app.schemas.sales import SaleIn, SaleOut
from app.wiring import services
from loyalty.journeys.record_sale import record_sale
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("sales", __name__, url_prefix="/api/v1/sales", tag="Sales")


@bp.post("")
@by_till(Refusal.AMOUNT_INVALID, Refusal.CURRENCY_MISMATCH, Refusal.SALE_CONFLICT, looks_again=True)
@bp.input(SaleIn)
@bp.output(SaleOut, HTTPStatus.CREATED)
@bp.doc(responses={int(HTTPStatus.OK): "The same sale was sent before; this is its receipt"})
def create_sale(json_data: SaleIn) -> Response:
    """Record one sale and reward its member; sending it again gives the same receipt.

    A bad code never loses a sale: it is kept without points, and `code_outcome` says why.
    """
    principal, parts = auth.till(), services()
    report = sale_report(principal, json_data)
    checked = check_signature(principal.program_id, report.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        store = till_again(session)
        receipt = record_sale(session, report, tools=parts.tools, checked=checked, store=store)
    count_sale(receipt.code_outcome, replayed=receipt.replayed)
    return replayable(sale_out(receipt, store), replayed=receipt.replayed)
