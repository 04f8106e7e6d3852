"""A code was read at a till: whose card is it, before any payment."""

from typing import Final

from apiflask import APIBlueprint
from flask import Response

from app import auth
from app.api.doors import by_till, till_again, written
from app.api.hold_wording import stamp_card_out
from app.api.like_words import last_like_out
from app.api.order_wording import order_display, proof_of, waiting_order_out
from app.api.prechecks import check_signature
from app.api.wording import (
    next_reward_out,
    person_out,
    points_text,
    rewards_out,
    scan_display,
)
from app.metrics import count_scan
from app.schemas.display import DisplayOut
from app.schemas.scans import KindName, ScanIn, ScanOut
from app.wiring import services
from loyalty.journeys.scan_card import LETTER_WINDOW, ScanAnswer, ScanRequest, scan_card
from loyalty.kernel.errors import TooManyTriesError
from loyalty.points.rules import POINTS
from loyalty.programs.queries import StoreFacts
from loyalty.wire.codes import CodeKind, read_letters
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("scans", __name__, url_prefix="/api/v1/scans", tag="Scans")

KIND_NAMES: Final[dict[CodeKind, KindName]] = {
    CodeKind.CARD: "card",
    CodeKind.LIVE: "live",
    CodeKind.PICKUP: "pickup",
    CodeKind.DELEGATE: "delegate",
    CodeKind.CLAIM: "claim",
}


@bp.post("")
@by_till(Refusal.TOO_MANY_TRIES, Refusal.PIN_NEEDED, looks_again=True)
@bp.input(ScanIn)
@bp.output(ScanOut)
def create_scan(json_data: ScanIn) -> Response:
    """Say whose card was read: points, rewards and what comes next.

    A code that is not good is an answer too, with its reason and what to do. Eight typed
    letters count as a try: five wrong ones in a minute close that way for the minute.
    """
    auth.need_cashier()
    principal, parts = auth.till(), services()
    asked = ScanRequest(
        program_id=principal.program_id,
        till_id=principal.till_id,
        store_id=principal.store_id,
        code=json_data.code,
        scanned_at=json_data.scanned_at,
        clock_sure=json_data.clock == "sure",
        source=json_data.source,
    )
    checked = check_signature(principal.program_id, asked.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        store = till_again(session)
        answer = scan_card(session, asked, tools=parts.tools, checked=checked)
    count_scan(answer.outcome)
    if answer.tried_out:
        # Raised after the commit, because the try has to stay counted.
        raise TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    return written(_scan_out(answer, store, typed=read_letters(json_data.code) is not None))


def _scan_out(answer: ScanAnswer, store: StoreFacts, *, typed: bool) -> ScanOut:
    proof = proof_of(answer.kind, answer.outcome)
    return ScanOut(
        scan_id=answer.scan_id,
        outcome=answer.outcome,
        code=answer.code,
        kind=None if answer.kind is None else KIND_NAMES[answer.kind],
        person=person_out(answer.person, store),
        points=answer.points,
        points_text=None if answer.points is None else points_text(answer.points),
        next_reward=next_reward_out(answer.next_reward),
        held=0 if answer.stands is None else answer.stands.held,
        pending=0 if answer.stands is None else answer.stands.pending,
        stamps=[stamp_card_out(card) for card in answer.stamps],
        rewards=rewards_out(answer.rewards_in_reach, _free(answer)),
        orders=[waiting_order_out(order, store, proof=proof) for order in answer.orders],
        last_like=last_like_out(answer.last_like, now=services().tools.clock.now()),
        seconds_since_last_scan=answer.seconds_since_last_scan,
        display=_display(answer, store, typed=typed),
    )


def _free(answer: ScanAnswer) -> dict[str, int]:
    """Say what can be used now, by unit: points, and the stamps of each card."""
    return {
        POINTS: answer.points or 0,
        **{card.reward.unit: card.stamps for card in answer.stamps},
    }


def _display(answer: ScanAnswer, store: StoreFacts, *, typed: bool) -> DisplayOut:
    """Say whose card it is, or what the code of an order is worth here."""
    if answer.is_order:
        return order_display(answer.orders[0] if answer.orders else None, store)
    return scan_display(answer, typed=typed)
