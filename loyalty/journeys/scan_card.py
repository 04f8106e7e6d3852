"""A cashier scans a code: whose card it is, its points and what comes next, before any payment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.judge import judge_code
from loyalty.codes.scans import record_scan
from loyalty.codes.verdict import Checked, Verdict
from loyalty.db.rates import count_try, give_back_try
from loyalty.identity.queries import named_person_of_card
from loyalty.journeys.last_like import last_like
from loyalty.journeys.orders_waiting import (
    ShownOrder,
    WaitingOrder,
    orders_waiting,
    shown_order,
)
from loyalty.journeys.shown_card import in_short
from loyalty.journeys.stamp_cards import StampCard, stamp_cards
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import Fact
from loyalty.points.queries import balance_of_member, rewards_of
from loyalty.points.rewards.terms import offered
from loyalty.points.rules import RewardAhead, RewardFacts, next_reward, rewards_in_reach
from loyalty.points.spendable import Spendable, spendable
from loyalty.social.queries import LikeFacts
from loyalty.wire.codes import CodeKind, CodeOutcome, read_letters

# Guessing letters: 20⁸ are possible, some thousands are live, five wrong ones a minute are let.
LETTER_TRIES: Final = 5
LETTER_WINDOW: Final = timedelta(minutes=1)

ScanSource = Literal["camera", "wedge", "typed", "pasted"]


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a till read, and when by its clock (corrected by its offset when `clock_sure`)."""

    program_id: int
    till_id: UUID
    store_id: UUID
    code: str
    scanned_at: datetime
    clock_sure: bool
    source: ScanSource


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What the till shows. `person`, `points` and rewards only when the outcome identifies.

    `stands` says what of the points is free, held or pending; `points` are the free ones.

    `orders` are those that wait here for the card's person, or the one that a pickup or
    delegate code collects, however it stands: `is_order` says that it was such a code, and
    without an order it was called back.
    `code` is the whole text, also when eight letters were typed: the sale sends it on.
    `wrong_try` says that letters were typed which stand for nothing; `tried_out` that the till
    has used up its five such tries of this minute, so that nothing was looked up: the view
    commits (the scan is kept) and then refuses.
    """

    scan_id: UUID
    outcome: CodeOutcome
    kind: CodeKind | None
    code: str | None
    card_id: str | None
    person: PersonShort | None
    points: int | None
    next_reward: RewardAhead | None
    rewards_in_reach: tuple[RewardFacts, ...]
    stands: Spendable | None
    stamps: tuple[StampCard, ...]
    orders: tuple[WaitingOrder, ...]
    is_order: bool
    last_like: LikeFacts | None
    seconds_since_last_scan: int | None
    facts: Mapping[str, Fact]
    wrong_try: bool
    tried_out: bool


def scan_card(
    session: Session, request: ScanRequest, *, tools: Tools, checked: Checked | None = None
) -> ScanAnswer:
    """Say whose card was shown, before any payment; every scan is kept, good or bad.

    `checked` is what `prejudge` found out about the signature before this unit of work began.
    """
    now = tools.clock.now()
    verdict, tried_out = judge_guarded(
        session,
        request.program_id,
        request.code,
        shown=ShownAt(request.till_id, request.scanned_at, clock_sure=request.clock_sure),
        tools=tools,
        checked=checked,
        at_till=True,
    )
    shown = shown_order(session, request.program_id, request.store_id, verdict, tools=tools)
    if shown is not None:
        # The order's deadline moves with its slot: an older time in its code says nothing.
        verdict = replace(verdict, outcome=shown.outcome, facts={})
    scan_id = record_scan(
        session,
        request.program_id,
        verdict,
        till_id=request.till_id,
        scanned_at=request.scanned_at,
        at=now,
    )
    card_id = verdict.card_id if verdict.identifies else None
    person = None if card_id is None else named_person_of_card(session, request.program_id, card_id)
    # Of memberships that were joined the person's is the one that stays, and its wallet counts.
    balance = (
        None if person is None else balance_of_member(session, request.program_id, person.member_id)
    )
    stands = None
    if balance is not None:
        stands = spendable(session, request.program_id, balance, at=now)
    points = None if stands is None else stands.free
    rewards = (
        ()
        if points is None
        else offered(rewards_of(session, request.program_id), at=now, channel="till")
    )
    stamps: tuple[StampCard, ...] = ()
    if person is not None:
        stamps = stamp_cards(session, request.program_id, person.member_id, rewards, at=now)
    return ScanAnswer(
        scan_id=scan_id,
        outcome=verdict.outcome,
        kind=verdict.kind,
        code=verdict.text,
        card_id=card_id,
        person=None if person is None else in_short(person),
        points=points,
        next_reward=None if points is None else next_reward(points, rewards),
        rewards_in_reach=_in_reach(points, rewards, stamps),
        stands=stands,
        stamps=stamps,
        orders=_orders(session, request, verdict, shown, tools=tools),
        is_order=shown is not None,
        last_like=None if card_id is None else last_like(session, request.program_id, card_id),
        seconds_since_last_scan=verdict.seconds_since_last_scan,
        facts=dict(verdict.facts),
        wrong_try=verdict.wrong_try,
        tried_out=tried_out,
    )


def _in_reach(
    points: int | None, rewards: tuple[RewardFacts, ...], stamps: tuple[StampCard, ...]
) -> tuple[RewardFacts, ...]:
    """List what can be asked for now: what the points pay, and cards that are full."""
    if points is None:
        return ()
    full = tuple(card.reward for card in stamps if card.is_full)
    return (*rewards_in_reach(points, rewards), *full)


def _orders(
    session: Session,
    request: ScanRequest,
    verdict: Verdict,
    shown: ShownOrder | None,
    *,
    tools: Tools,
) -> tuple[WaitingOrder, ...]:
    if shown is not None:
        return () if shown.order is None else (shown.order,)
    if not verdict.identifies:
        return ()
    return orders_waiting(session, request.program_id, request.store_id, verdict, tools=tools)


@dataclass(frozen=True, slots=True)
class ShownAt:
    """Where and when a code was shown, by the till's clock."""

    till_id: UUID
    scanned_at: datetime
    clock_sure: bool


def judge_guarded(
    session: Session,
    program_id: int,
    code: str,
    *,
    shown: ShownAt,
    tools: Tools,
    checked: Checked | None,
    at_till: bool,
) -> tuple[Verdict, bool]:
    """Judge a code, letting a till guess five wrong letters a minute and no more.

    Says also whether the tries were used up: then nothing was looked up, and nobody can learn
    from the answer whether the letters were right. `at_till` asks for the double-scan rule.
    """
    now = tools.clock.now()
    tries = f"letters:{program_id}:{shown.till_id}"
    typed = read_letters(code) is not None
    # Counted before looking, so that guesses sent at once cannot all pass an open door.
    if typed and not count_try(session, tries, limit=LETTER_TRIES, window=LETTER_WINDOW, at=now):
        return Verdict(CodeOutcome.NOT_OURS, wrong_try=True), True
    verdict = judge_code(
        session,
        program_id,
        code,
        scanned_at=shown.scanned_at,
        received_at=now,
        clock_sure=shown.clock_sure,
        keys=tools.keys,
        till_id=shown.till_id if at_till else None,
        checked=checked,
    )
    if typed and not verdict.wrong_try:
        give_back_try(session, tries)
    return verdict, False
