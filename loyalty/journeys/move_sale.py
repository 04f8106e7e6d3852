"""A sale goes to another card, or to none: its link, its stamps, its points and what they count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Verdict
from loyalty.identity.links import LinkResult
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.joined_wallets import joined_wallets
from loyalty.journeys.own_card import is_own_card
from loyalty.journeys.sale_points import earned_by, resold_as
from loyalty.journeys.shown_card import (
    ShownCode,
    lock_wallets_of_cards,
    move_visit_link,
    person_short,
)
from loyalty.journeys.stamp_sales import StampedSale, stamp_rest, take_stamps
from loyalty.journeys.tools import Tools
from loyalty.points.answers import stored_answer
from loyalty.points.bonuses.referrals import first_sale, take_sale_away
from loyalty.points.earning.receipts import Left, ReceiptEarned, earn_receipt, give_up
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, lock_balance
from loyalty.points.spendable import told_balance
from loyalty.programs.queries import StoreFacts
from loyalty.sales.queries import (
    SaleFacts,
    TurnFacts,
)


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
class Moved:
    """What came of it, as it is stored and told to the till: points and codes only."""

    outcome: str
    card_id: str | None
    back: int = 0
    given: int = 0
    balance: int | None = None
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class SaleMove:
    """A sale that may be moved: where it happened, whose it was, and whose it will be."""

    report: ReassignReport
    sale: SaleFacts
    store: StoreFacts
    before: TurnFacts
    after: TurnFacts
    verdict: Verdict


def _stamped(move: SaleMove, *, at: datetime) -> StampedSale:
    """Say for which sale, and by which act, stamps go over."""
    report, store_id = move.report, move.sale.store_id
    act = _act(move, "to", at=at).act_id
    return StampedSale(report.program_id, report.sale_id, store_id, report.till_id, act, at)


def move_sale(session: Session, move: SaleMove, *, tools: Tools) -> Moved:
    """Take the link back and make the new one, then lock both wallets at once and move points.

    Whoever had the sale gives up all it earned and stamped; whoever has it now earns and is
    stamped by what is left of it, unless the card is that of whoever sold it.
    """
    report, now = move.report, tools.clock.now()
    told = Moved(outcome=move.verdict.outcome, card_id=move.after.card_id)
    link = _move_link(session, move, tools=tools)
    told = replace(told, link_id=None if link is None else link.link_id)
    cards = [card for card in (move.before.card_id, move.after.card_id) if card is not None]
    wallets = lock_wallets_of_cards(session, report.program_id, cards, at=now)
    is_own = _is_own(session, move, tools=tools)
    stamped = _stamped(move, at=now)
    had = take_stamps(session, stamped, move.before.card_id, at=now)
    _take_referral_away(session, move, wallets, is_own=is_own)
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
    if is_own:
        free, _ = told_balance(session, report.program_id, wallet, at=now)
        return replace(told, balance=free)
    given = _earn_anew(session, move, wallet, earned=earned, at=now)
    if given is None:
        return told
    if not given.is_past_day:
        stamp_rest(session, stamped, move.after.card_id, had, at=now)
    _count_for_referral(session, move, move.after.card_id, at=now)
    free, _ = told_balance(session, report.program_id, given.credited.balance, at=now)
    return replace(told, given=given.credited.points, balance=free)


def _is_own(session: Session, move: SaleMove, *, tools: Tools) -> bool:
    """Say whether the card that a sale goes to is that of whoever sold it."""
    program_id, card_id = move.report.program_id, move.after.card_id
    return card_id is not None and is_own_card(
        session,
        program_id,
        staff_id=move.sale.staff_id,
        person_id=_person(session, program_id, card_id),
        card_id=card_id,
        tools=tools,
    )


def _take_referral_away(
    session: Session, move: SaleMove, wallets: Mapping[str, UUID], *, is_own: bool
) -> None:
    """Let the sale be no more the first one of whoever had it."""
    before, after = move.before.card_id, move.after.card_id
    is_same = before is not None and after is not None and wallets[before] == wallets[after]
    if is_own or not is_same:
        take_sale_away(session, move.report.program_id, move.sale.sale_id)


def _count_for_referral(session: Session, move: SaleMove, card_id: str, *, at: datetime) -> None:
    """Let the sale be the first one of whoever has it now, if it earns for them."""
    program_id = move.report.program_id
    member_id = open_member_of_card(session, program_id, card_id)
    if member_id is None or move.sale.total_minor <= 0:
        return
    if policy_in_force(session, program_id, at=at).referral_points:
        first_sale(session, program_id, member_id, sale_id=move.sale.sale_id)


def _person(session: Session, program_id: int, card_id: str) -> str:
    person = person_short(session, program_id, card_id)
    return "" if person is None else person.person_id


def _earn_anew(
    session: Session, move: SaleMove, wallet: BalanceFacts, *, earned: Left | None, at: datetime
) -> ReceiptEarned | None:
    """Let what is left of the sale earn by the rules of its own moment, for whoever has it now."""
    resold = resold_as(session, move.sale, earned, time_zone=move.store.time_zone, at=at)
    if resold is None:
        return None
    basket, judged = resold
    program_id, card_id = move.report.program_id, move.after.card_id
    member_id = None if card_id is None else open_member_of_card(session, program_id, card_id)
    return earn_receipt(
        session,
        program_id,
        wallet,
        act=_act(move, "to", at=at),
        basket=basket,
        judged=replace(judged, joined=joined_wallets(session, program_id, member_id)),
        at=at,
    )


def _move_link(session: Session, move: SaleMove, *, tools: Tools) -> LinkResult | None:
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


def _act(move: SaleMove, end: str, *, at: datetime) -> Act:
    return Act(
        act_id=f"reassign:{move.report.reassignment_id}:{end}",
        occurred_at=at,
        subject=f"sale:{move.report.sale_id}",
        store_id=move.sale.store_id,
        till_id=move.report.till_id,
    )
