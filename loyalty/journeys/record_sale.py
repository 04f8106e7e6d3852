"""A till reports a sale: kept once, linked to the visit that showed the code, and rewarded."""

from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Checked, Verdict
from loyalty.journeys.claim_receipt import give_claimed
from loyalty.journeys.earn_sale import Shown, ToldRule, ahead_told, earn_sale, rule_told
from loyalty.journeys.redeem_sale import settle_hold_of, sold_reward
from loyalty.journeys.sale_evidence import keep_evidence
from loyalty.journeys.sale_points import sold_as
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.journeys.scan_card import LETTER_WINDOW, ShownAt, judge_guarded
from loyalty.journeys.shown_card import (
    in_short,
    lock_wallet_of_card,
    person_short,
)
from loyalty.journeys.stamp_sales import stamp
from loyalty.journeys.take_sold import take_sold
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError, TooManyTriesError
from loyalty.orders.hand_off import SALE_PREFIX
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.queries import rewards_of
from loyalty.points.rewards.terms import offered
from loyalty.points.rules import RewardAhead, next_reward
from loyalty.points.spendable import told_balance
from loyalty.programs.queries import StoreFacts, store_by_id
from loyalty.sales import rules
from loyalty.sales.errors import SaleConflictError, SaleIdReservedError
from loyalty.sales.queries import SaleFacts, sale_by_id
from loyalty.sales.record import Purchase, record_purchase
from loyalty.wire.codes import CodeKind, CodeOutcome


def record_sale(
    session: Session,
    report: SaleReport,
    *,
    tools: Tools,
    checked: Checked | None = None,
    can_wait: bool = False,
    store: StoreFacts | None = None,
) -> SaleReceipt:
    """Record a sale once, however often the till sends it; link it and reward its member.

    A sale is a fact: whatever its code is worth it is kept, without points when the code says
    nothing, and the receipt says why. What its lines name leaves the shelf. `checked` is what
    `prejudge` found out about the signature before this unit of work began. A sale that
    `can_wait` has been waiting in a queue: when the till has used up its guesses of letters it
    is told to wait, not left without points. A sale that names an order's handoff is that
    handoff's, which has recorded it already. `store` is where it was, when this unit of work
    has read that already.

    Raises `SaleIdReservedError` when there is no such handoff, `SaleConflictError` when the id
    was used for another sale, `AmountInvalidError` and `CurrencyMismatchError` for what cannot be
    a sale, `NotFoundError` for an unknown store, `TooManyTriesError` for what can wait.
    """
    store = _checked_store(session, report, store)
    if report.sale_id.startswith(SALE_PREFIX):
        return _attached(session, report, store)
    verdict, tried_out = _judge(session, report, tools=tools, checked=checked)
    if tried_out and can_wait:
        raise TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    return _keep(session, report, verdict, store, takes_stock=True, tools=tools)


def record_judged_sale(
    session: Session, report: SaleReport, verdict: Verdict, *, tools: Tools
) -> SaleReceipt:
    """Record an order's handoff as `record_sale` does; its card is known already.

    The shelf is left alone: the handoff itself moves what was reserved.

    Raises what `record_sale` raises for a sale without a code.
    """
    assert report.code is None, "a code is judged once"
    store = _checked_store(session, report, None)
    return _keep(session, report, verdict, store, takes_stock=False, tools=tools)


def _attached(session: Session, report: SaleReport, store: StoreFacts) -> SaleReceipt:
    """Tell the receipt of the handoff that a reported sale names; nobody enters it again."""
    sale = sale_by_id(session, report.program_id, report.sale_id)
    if sale is None:
        raise SaleIdReservedError(sale_id=report.sale_id)
    told = (report.store_id, report.total_minor, report.currency)
    if told != (sale.store_id, sale.total_minor, sale.currency):
        raise SaleConflictError(sale_id=report.sale_id)
    return _told_again(session, sale, store)


def _checked_store(session: Session, report: SaleReport, read: StoreFacts | None) -> StoreFacts:
    store = read or store_by_id(session, report.program_id, report.store_id)
    if store is None:
        raise NotFoundError
    rules.check_lines(report.lines)
    # Points may have paid all of it.
    told = len(report.lines) + (report.hold_id is not None)
    rules.check_total(report.total_minor, lines=told)
    rules.check_currency(report.currency, store_currency=store.currency)
    return store


def _keep(
    session: Session,
    report: SaleReport,
    verdict: Verdict,
    store: StoreFacts,
    *,
    takes_stock: bool,
    tools: Tools,
) -> SaleReceipt:
    """Keep a sale once and reward it; told again it gives the answer of the first time."""
    now = tools.clock.now()
    recorded = record_purchase(session, _purchase(report, verdict), at=now)
    if not recorded.is_new:
        return _told_again(session, recorded.sale, store)
    if takes_stock:
        take_sold(
            session,
            report.program_id,
            report.store_id,
            report.lines,
            sale_id=report.sale_id,
            at=now,
        )
    # Evidence before wallets, as in every act that touches both.
    evidence = keep_evidence(session, report, verdict, tools=tools)
    # The wallet that pays with the one that earns: the receipt says what is left after both.
    redeemed = settle_hold_of(session, report, evidence.counts_for, at=now)
    told = _Told(
        card_id=evidence.card_id,
        link_id=evidence.link_id,
        linked=evidence.linked,
        masked=recorded.masked,
        redeemed=redeemed,
    )
    rewarded = _Rewarded(told)
    if verdict.identifies and verdict.card_id is not None:
        rewarded = _reward(session, report, recorded.sale, store, verdict, told, tools=tools)
    keep_answer(
        session,
        report.program_id,
        f"sale:{report.sale_id}",
        request_hash=recorded.sale.request_hash,
        outcome=verdict.outcome,
        facts={name: getattr(rewarded.told, name) for name in _Told.__slots__},
        at=now,
    )
    if evidence.claim is not None:
        give_claimed(session, evidence.claim, tools=tools)
    return _receipt(session, recorded.sale, store, rewarded, replayed=False)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the till is told of a sale, as it is stored: points and codes only."""

    card_id: str | None = None
    points: int = 0
    balance: int | None = None
    pending: int = 0
    rule_version: int | None = None
    rule_id: str | None = "base"
    why_none: str = ""
    link_id: str | None = None
    linked: bool = False
    reward_id: str | None = None
    reward_missing: int = 0
    masked: int = 0
    redeemed: str | None = None
    stamps: int = 0


@dataclass(frozen=True, slots=True)
class _Rewarded:
    """What is told, and what it is told with: names and rules as they are now."""

    told: _Told
    person: PersonShort | None = None
    rule: ToldRule | None = None
    ahead: RewardAhead | None = None


def _judge(
    session: Session, report: SaleReport, *, tools: Tools, checked: Checked | None
) -> tuple[Verdict, bool]:
    if report.code is None:
        return Verdict(CodeOutcome.NO_CODE), False
    shown = ShownAt(
        report.till_id, report.scanned_at or report.sold_at, clock_sure=report.clock_sure
    )
    return judge_guarded(
        session,
        report.program_id,
        report.code,
        shown=shown,
        tools=tools,
        checked=checked,
        at_till=False,
    )


def _purchase(report: SaleReport, verdict: Verdict) -> Purchase:
    return Purchase(
        program_id=report.program_id,
        sale_id=report.sale_id,
        store_id=report.store_id,
        till_id=report.till_id,
        staff_id=report.staff_id,
        total_minor=report.total_minor,
        currency=report.currency,
        sold_at=report.sold_at,
        scanned_at=report.scanned_at,
        code=report.code,
        code_outcome=verdict.outcome,
        code_kind=verdict.kind,
        card_id=verdict.card_id if verdict.identifies else None,
        lines=report.lines,
        hold_id=report.hold_id,
    )


def _reward(
    session: Session,
    report: SaleReport,
    sale: SaleFacts,
    store: StoreFacts,
    verdict: Verdict,
    told: _Told,
    *,
    tools: Tools,
) -> _Rewarded:
    """Earn into the wallet of the card's member, and stamp."""
    assert verdict.card_id is not None, "only a card that was found is rewarded"
    now = tools.clock.now()
    owner, wallet = lock_wallet_of_card(session, report.program_id, verdict.card_id, at=now)
    person = in_short(owner)
    sold = sold_as(sale, time_zone=store.time_zone, lines=report.lines)
    shown_at = Shown(
        report.till_id, report.staff_id, owner.person_id, owner.member_id, verdict.card_id
    )
    earned = earn_sale(session, sold, wallet, shown_at, tills_word=report.sold_at, tools=tools)
    free, pending = told_balance(session, report.program_id, earned.balance, at=now)
    told = replace(told, balance=free, pending=pending)
    if earned.version is None:
        return _Rewarded(replace(told, why_none=earned.why_none), person)
    rewards = offered(rewards_of(session, report.program_id), at=now)
    ahead = next_reward(free, rewards)
    stamps = 0
    if not earned.is_past_day:
        stamps = stamp(
            session,
            sold,
            owner.member_id,
            rewards,
            till_id=report.till_id,
            has_hold=report.hold_id is not None,
            at=now,
        )
    rewarded = replace(
        told,
        points=earned.points,
        stamps=stamps,
        rule_version=earned.version,
        rule_id=earned.rule_id,
        why_none=earned.why_none,
        reward_id=None if ahead is None else str(ahead.reward_id),
        reward_missing=0 if ahead is None else ahead.missing,
    )
    return _Rewarded(rewarded, person, earned.rule, ahead)


def _told_again(session: Session, sale: SaleFacts, store: StoreFacts) -> SaleReceipt:
    answer = stored_answer(session, sale.program_id, f"sale:{sale.sale_id}")
    assert answer is not None, "the answer is kept in the transaction of its sale"
    told = _Told(**cast("dict[str, Any]", dict(answer.facts)))
    rule = rule_told(session, sale.program_id, told.rule_version, told.rule_id)
    ahead = ahead_told(session, sale.program_id, told.reward_id, missing=told.reward_missing)
    person = None
    if told.card_id is not None:
        person = person_short(session, sale.program_id, told.card_id)
    return _receipt(session, sale, store, _Rewarded(told, person, rule, ahead), replayed=True)


def _receipt(
    session: Session,
    sale: SaleFacts,
    store: StoreFacts,
    rewarded: _Rewarded,
    *,
    replayed: bool,
) -> SaleReceipt:
    told = rewarded.told
    kind = None if sale.code_kind is None else CodeKind(sale.code_kind)
    return SaleReceipt(
        sale_id=sale.sale_id,
        replayed=replayed,
        code_outcome=CodeOutcome(sale.code_outcome),
        code_kind=kind,
        card_id=told.card_id,
        person=rewarded.person,
        points_earned=told.points,
        points_balance=told.balance,
        points_pending=told.pending,
        stamps=told.stamps,
        rule=rewarded.rule,
        why_none=told.why_none,
        linked_visit=told.linked,
        next_reward=rewarded.ahead,
        store_id=store.store_id,
        store_name=store.name,
        total_minor=sale.total_minor,
        currency=sale.currency,
        sold_at=sale.sold_at,
        recorded_at=sale.recorded_at,
        masked=told.masked,
        redeemed=sold_reward(session, sale.program_id, told.redeemed),
    )
