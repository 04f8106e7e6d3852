"""Receipt codes for a till, signed in advance: what went without a card can be claimed later."""

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_till, store_here
from app.guards import guard_asking
from app.language import language
from app.schemas.claims import ClaimMailIn, ClaimMailOut, ClaimOut, ClaimsIn, ClaimsOut
from app.wiring import services
from loyalty.codes.claims import POOL
from loyalty.codes.issue import card_address
from loyalty.codes.render import packed_address
from loyalty.journeys.claim_receipt import sign_receipts
from loyalty.journeys.send_receipt import ReceiptMail, send_receipt
from loyalty.kernel.addresses import email_normalized
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("claims", __name__, url_prefix="/api/v1/till/claims", tag="Till")


@bp.post("")
@by_till()
@bp.input(ClaimsIn)
@bp.output(ClaimsOut)
def create_claims(json_data: ClaimsIn) -> ClaimsOut:
    """Sign receipt codes for this till; each is good for one sale and one shopper.

    The till keeps them and names one in a sale without a card (`claim_id`), with or without a
    line. Those it never uses run out by themselves.
    """
    principal, parts = auth.till(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        issued = sign_receipts(
            session,
            principal.program_id,
            principal.till_id,
            json_data.count,
            tools=parts.tools,
        )
    claims = []
    for each in issued:
        address = card_address(parts.settings.base_url, each.text)
        side, modules = packed_address(address)
        claims.append(
            ClaimOut(
                claim_id=each.claim_id,
                address=address,
                side=side,
                modules=modules,
                expires_at=each.expires_at,
            )
        )
    return ClaimsOut(claims=claims, pool=POOL)


@bp.post("/<id:claim_id>/mails")
@by_till(
    Refusal.NOT_FOUND, Refusal.EMAIL_INVALID, Refusal.IDENTIFIER_BLOCKED, Refusal.TOO_MANY_TRIES
)
@bp.input(ClaimMailIn)
@bp.output(ClaimMailOut)
def create_mail(claim_id: str, json_data: ClaimMailIn) -> ClaimMailOut:
    """Mail a receipt's code to the address that its shopper gives; once to each address."""
    principal, parts = auth.till(), services()
    guard_asking("receipt", principal.program_id, email_normalized(json_data.email))
    with parts.database.unit_of_work(principal.program_id) as session:
        posted = send_receipt(
            session,
            store_here(),
            ReceiptMail(principal.till_id, claim_id, json_data.email, language()),
            write_address=lambda text: card_address(parts.settings.base_url, text),
            tools=parts.tools,
        )
    return ClaimMailOut(posted=posted)
