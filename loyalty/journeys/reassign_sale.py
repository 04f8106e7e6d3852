"""The cashier undoes "wrong person": points and link go back, to no card or to another one."""

from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Checked, Verdict
from loyalty.journeys.move_sale import Moved, ReassignReport, SaleMove, move_sale
from loyalty.journeys.scan_card import ShownAt, judge_guarded
from loyalty.journeys.shown_card import (
    person_short,
)
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.programs.queries import StoreFacts, store_by_id
from loyalty.programs.rules import local_day
from loyalty.sales.errors import (
    OtherTillError,
    ReassignmentConflictError,
    SaleUnknownError,
    UndoTooLateError,
)
from loyalty.sales.queries import (
    SaleFacts,
    TurnFacts,
    current_turn,
    lock_sale,
    refunded_minor,
    turn_of_reassignment,
)
from loyalty.sales.reassign import next_turn, reassign_hash
from loyalty.wire.codes import CodeOutcome


@dataclass(frozen=True, slots=True)
class ReassignReceipt:
    """What became of a reassignment; `person` is who has the sale now.

    `points_back` left the first wallet (and its person), `points_given` came into the second.
    """

    reassignment_id: str
    sale_id: str
    replayed: bool
    code_outcome: CodeOutcome
    card_id: str | None
    person: PersonShort | None
    points_back: int
    points_given: int
    points_balance: int | None


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The code it should go to is worth nothing; the sale stays whose it was.

    Returned, not raised: a wrong guess of letters has to stay counted. The view commits and
    then refuses, with `TooManyTriesError` when the till's guesses are `tried_out`.
    """

    outcome: CodeOutcome
    tried_out: bool


def reassign_sale(
    session: Session, report: ReassignReport, *, tools: Tools, checked: Checked | None = None
) -> ReassignReceipt | CodeRefused:
    """Undo "wrong person": the sale's points and link go back, to nobody or to another card.

    Only by the till that recorded it, within the store's day, and while something is left of
    it. Sent again it gives the same receipt. Both persons' histories keep what happened.

    Raises `SaleUnknownError`, `OtherTillError`, `UndoTooLateError`, and
    `ReassignmentConflictError` when the sale was refunded in full, is that card's already, or
    the id was used for something else.
    """
    sale = lock_sale(session, report.program_id, report.sale_id)
    if sale is None:
        raise SaleUnknownError(sale_id=report.sale_id)
    asked = reassign_hash(sale_id=report.sale_id, code=report.code)
    done = turn_of_reassignment(session, report.program_id, report.reassignment_id)
    if done is not None:
        return _told_again(session, report, done, asked=asked)
    store = _store_of_movable(session, report, sale, tools=tools)
    verdict, tried_out = _judge(session, report, tools=tools, checked=checked)
    if report.code is not None and not verdict.identifies:
        return CodeRefused(outcome=verdict.outcome, tried_out=tried_out)
    before = current_turn(session, report.program_id, report.sale_id)
    if before.card_id == verdict.card_id:
        raise ReassignmentConflictError(sale_id=report.sale_id, reason="same_card")
    now = tools.clock.now()
    after = next_turn(
        session,
        report.program_id,
        before,
        card_id=verdict.card_id,
        reassignment_id=report.reassignment_id,
        request_hash=asked,
        actor=f"till:{report.till_id}",
        at=now,
    )
    told = move_sale(session, SaleMove(report, sale, store, before, after, verdict), tools=tools)
    keep_answer(
        session,
        report.program_id,
        f"reassign:{report.reassignment_id}",
        request_hash=asked,
        outcome=told.outcome,
        facts=asdict(told),
        at=now,
    )
    return _receipt(session, report, told, replayed=False)


def _store_of_movable(
    session: Session, report: ReassignReport, sale: SaleFacts, *, tools: Tools
) -> StoreFacts:
    """Find the store of a sale that this till may still move; refuse otherwise."""
    if sale.till_id != report.till_id:
        raise OtherTillError(sale_id=report.sale_id)
    store = store_by_id(session, report.program_id, sale.store_id)
    assert store is not None, "a sale happened in a store"
    now = tools.clock.now()
    made_at = min(report.made_at, now) if report.made_at and report.clock_sure else now
    # A sale that waited in the same queue was recorded on the day both arrived.
    if local_day(made_at, store.time_zone) > local_day(sale.recorded_at, store.time_zone):
        raise UndoTooLateError(sale_id=report.sale_id)
    left = sale.total_minor - refunded_minor(session, report.program_id, report.sale_id)
    if left <= 0 < sale.total_minor:
        raise ReassignmentConflictError(sale_id=report.sale_id, reason="refunded")
    return store


def _judge(
    session: Session, report: ReassignReport, *, tools: Tools, checked: Checked | None
) -> tuple[Verdict, bool]:
    if report.code is None:
        return Verdict(CodeOutcome.NO_CODE), False
    scanned_at = report.scanned_at or tools.clock.now()
    return judge_guarded(
        session,
        report.program_id,
        report.code,
        shown=ShownAt(report.till_id, scanned_at, clock_sure=report.clock_sure),
        tools=tools,
        checked=checked,
        at_till=False,
    )


def _told_again(
    session: Session, report: ReassignReport, done: TurnFacts, *, asked: str
) -> ReassignReceipt:
    if done.request_hash != asked:
        raise ReassignmentConflictError(reassignment_id=report.reassignment_id)
    act_id = f"reassign:{report.reassignment_id}"
    answer = stored_answer(session, report.program_id, act_id)
    assert answer is not None, "the answer is kept in the transaction of its reassignment"
    told = Moved(**cast("dict[str, Any]", dict(answer.facts)))
    return _receipt(session, report, told, replayed=True)


def _receipt(
    session: Session, report: ReassignReport, told: Moved, *, replayed: bool
) -> ReassignReceipt:
    card_id = told.card_id
    return ReassignReceipt(
        reassignment_id=report.reassignment_id,
        sale_id=report.sale_id,
        replayed=replayed,
        code_outcome=CodeOutcome(told.outcome),
        card_id=card_id,
        person=None if card_id is None else person_short(session, report.program_id, card_id),
        points_back=told.back,
        points_given=told.given,
        points_balance=told.balance,
    )
