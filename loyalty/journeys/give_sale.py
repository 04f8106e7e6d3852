"""A sale counts for a card because its shopper says so, with the code on its receipt."""

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Verdict
from loyalty.journeys.move_sale import ReassignReport, SaleMove, move_sale
from loyalty.journeys.tools import Tools
from loyalty.points.answers import keep_answer
from loyalty.programs.queries import store_by_id
from loyalty.sales.queries import (
    SaleFacts,
    current_turn,
    refunded_minor,
)
from loyalty.sales.reassign import next_turn, reassign_hash
from loyalty.wire.codes import CodeOutcome


@dataclass(frozen=True, slots=True)
class Given:
    """What a sale moved when it was given to another card, or to none; points only."""

    back: int
    points: int
    balance: int | None


def give_sale(
    session: Session,
    sale: SaleFacts,
    *,
    card_id: str | None,
    reassignment_id: str,
    actor: str,
    tools: Tools,
) -> Given | None:
    """Let a sale count for a card, or for none, on its shopper's word and not its till's.

    The caller has locked the sale and proved whose it is. None when nothing of it is left to
    count, because it was given back, or when it counts for that card already.
    """
    program_id, now = sale.program_id, tools.clock.now()
    left = sale.total_minor - refunded_minor(session, program_id, sale.sale_id)
    before = current_turn(session, program_id, sale.sale_id)
    if before.card_id == card_id or left <= 0 < sale.total_minor:
        return None
    asked = reassign_hash(sale_id=sale.sale_id, code=None)
    after = next_turn(
        session,
        program_id,
        before,
        card_id=card_id,
        reassignment_id=reassignment_id,
        request_hash=asked,
        actor=actor,
        at=now,
    )
    outcome = CodeOutcome.NO_CODE if card_id is None else CodeOutcome.OK
    report = ReassignReport(program_id, sale.till_id, sale.sale_id, reassignment_id, None, None)
    verdict = Verdict(outcome, card_id=card_id)
    store = store_by_id(session, program_id, sale.store_id)
    assert store is not None, "a sale happened in a store"
    move = SaleMove(report, sale, store, before, after, verdict)
    told = move_sale(session, move, tools=tools)
    keep_answer(
        session,
        program_id,
        f"reassign:{reassignment_id}",
        request_hash=asked,
        outcome=told.outcome,
        facts=asdict(told),
        at=now,
    )
    return Given(told.back, told.given, told.balance)
