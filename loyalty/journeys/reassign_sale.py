"""The cashier undoes "wrong person": points and link go back, to no card or to another one."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Checked, Verdict
from loyalty.identity.links import LinkResult
from loyalty.journeys.own_card import is_own_card
from loyalty.journeys.sale_points import earned_by, resold_as
from loyalty.journeys.scan_card import ShownAt, judge_guarded
from loyalty.journeys.shown_card import (
    ShownCode,
    lock_wallets_of_cards,
    move_visit_link,
    person_short,
)
from loyalty.journeys.stamp_cards import StampedSale, move_stamps
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.earning.receipts import Left, ReceiptEarned, earn_receipt, give_up
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, lock_balance
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
class ReassignReport:
    """Whose sale it is instead; without a code it is nobody's.

    `made_at` is when the till did it, for one that had to wait in its queue.
    """

    program_id: int
    till_id: UUID
    sale_id: str
    reassignment_id: str
    code: str | None
    scanned_at: datetime | None
    clock_sure: bool = True
    made_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class _Told:
    """What the till is told of a reassignment, as it is stored: points and codes only."""

    outcome: str
    card_id: str | None
    back: int = 0
    given: int = 0
    balance: int | None = None
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Move:
    """A sale that may be moved: where it happened, whose it was, and whose it will be."""

    report: ReassignReport
    sale: SaleFacts
    store: StoreFacts
    before: TurnFacts
    after: TurnFacts
    verdict: Verdict


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
    told = _move(session, _Move(report, sale, store, before, after, verdict), tools=tools)
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


def _cards(move: _Move) -> tuple[str | None, str | None]:
    return move.before.card_id, move.after.card_id


def _stamped(move: _Move, *, at: datetime) -> StampedSale:
    """Say for which sale, and by which act, stamps go over."""
    report, store_id = move.report, move.sale.store_id
    return StampedSale(
        report.program_id, report.sale_id, store_id, report.till_id, report.reassignment_id, at
    )


def _move(session: Session, move: _Move, *, tools: Tools) -> _Told:
    """Take the link back and make the new one, then lock both wallets at once and move points."""
    report, now = move.report, tools.clock.now()
    told = _Told(outcome=move.verdict.outcome, card_id=move.after.card_id)
    link = _move_link(session, move, tools=tools)
    told = replace(told, link_id=None if link is None else link.link_id)
    cards = [card for card in (move.before.card_id, move.after.card_id) if card is not None]
    wallets = lock_wallets_of_cards(session, report.program_id, cards, at=now)
    move_stamps(session, _stamped(move, at=now), *_cards(move), at=now)
    earned = earned_by(session, move.sale, move.before, time_zone=move.store.time_zone)
    if move.before.card_id is not None and earned is not None:
        taken = give_up(
            session,
            report.program_id,
            wallets[move.before.card_id],
            act=_act(move, "back", at=now),
            left=earned,
            at=now,
        )
        told = replace(told, back=taken.points)
    if move.after.card_id is None:
        return told
    wallet = lock_balance(session, report.program_id, wallets[move.after.card_id])
    if is_own_card(
        session,
        report.program_id,
        staff_id=move.sale.staff_id,
        person_id=_person(session, report.program_id, move.after.card_id),
        card_id=move.after.card_id,
        tools=tools,
    ):
        return replace(told, balance=wallet.points)
    given = _earn_anew(session, move, wallet, earned=earned, at=now)
    if given is None:
        return told
    return replace(told, given=given.credited.points, balance=given.credited.balance.points)


def _person(session: Session, program_id: int, card_id: str) -> str:
    person = person_short(session, program_id, card_id)
    return "" if person is None else person.person_id


def _earn_anew(
    session: Session, move: _Move, wallet: BalanceFacts, *, earned: Left | None, at: datetime
) -> ReceiptEarned | None:
    """Let what is left of the sale earn by the rules of its own moment, for whoever has it now."""
    resold = resold_as(session, move.sale, earned, time_zone=move.store.time_zone, at=at)
    if resold is None:
        return None
    basket, judged = resold
    return earn_receipt(
        session,
        move.report.program_id,
        wallet,
        act=_act(move, "to", at=at),
        basket=basket,
        judged=judged,
        at=at,
    )


def _move_link(session: Session, move: _Move, *, tools: Tools) -> LinkResult | None:
    """Take back the evidence that the turn before brought, and keep that of the new one."""
    report = move.report
    answer = stored_answer(session, report.program_id, move.before.event)
    old = None if answer is None else answer.facts.get("link_id")
    shown = None
    if move.after.card_id is not None:
        shown = ShownCode(
            program_id=report.program_id,
            till_id=report.till_id,
            verdict=move.verdict,
            scanned_at=report.scanned_at or tools.clock.now(),
            clock_sure=report.clock_sure,
            event=move.after.event,
        )
    return move_visit_link(
        session,
        report.program_id,
        old if isinstance(old, str) else None,
        shown,
        actor=f"till:{report.till_id}",
        tools=tools,
    )


def _act(move: _Move, end: str, *, at: datetime) -> Act:
    return Act(
        act_id=f"reassign:{move.report.reassignment_id}:{end}",
        occurred_at=at,
        subject=f"sale:{move.report.sale_id}",
        store_id=move.sale.store_id,
        till_id=move.report.till_id,
    )


def _told_again(
    session: Session, report: ReassignReport, done: TurnFacts, *, asked: str
) -> ReassignReceipt:
    if done.request_hash != asked:
        raise ReassignmentConflictError(reassignment_id=report.reassignment_id)
    act_id = f"reassign:{report.reassignment_id}"
    answer = stored_answer(session, report.program_id, act_id)
    assert answer is not None, "the answer is kept in the transaction of its reassignment"
    told = _Told(**cast("dict[str, Any]", dict(answer.facts)))
    return _receipt(session, report, told, replayed=True)


def _receipt(
    session: Session, report: ReassignReport, told: _Told, *, replayed: bool
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
    move = _Move(report, sale, store, before, after, verdict)
    told = _move(session, move, tools=tools)
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
