"""What a till gave for points while it had no line: judged as of the moment it happened."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.use import give_live_code_back, use_live_code
from loyalty.codes.verdict import Checked
from loyalty.db.writes import hold as hold_name
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.allowances import day_began, memberships_of
from loyalty.journeys.hold_reward import lock_paying_wallet
from loyalty.journeys.redeem import HeldReward, redemption_now
from loyalty.journeys.redeem_proof import SHOWN_WITHIN, Proved, RedeemAsk
from loyalty.journeys.reward_basket import basket_of
from loyalty.journeys.scan_card import ShownAt, judge_guarded
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, NotFoundError
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.errors import PointsShortError, RedeemingBlockedError
from loyalty.points.hold import HoldAsk, keep_hold
from loyalty.points.holds import hold_by_id
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, reward_by_id, rewards_of
from loyalty.points.redeem import redeem
from loyalty.points.redemptions import (
    RedemptionFacts,
    TakenFacts,
    bind_to_sale,
    note_redemption,
    note_taken,
    points_offline,
)
from loyalty.points.release import end_hold
from loyalty.points.reward_errors import (
    AllowanceExceededError,
    HoldConflictError,
    ProofNeededError,
    RewardMisfitError,
    RewardNotOfferedError,
)
from loyalty.points.rewards.base import Discount, discount_of
from loyalty.points.rewards.terms import fits_offline, offered, why_not_offered
from loyalty.points.rules import RewardFacts
from loyalty.programs.queries import StoreFacts, store_by_id
from loyalty.sales.queries import sale_by_id
from loyalty.sales.rules import check_lines, check_total
from loyalty.wire.codes import CodeKind, CodeOutcome, SignedCode, take_apart
from loyalty.wire.refusals import Refusal

_KEPT: Final[Mapping[Refusal, type[LoyaltyError]]] = {
    each.code: each
    for each in (
        AllowanceExceededError,
        CodeRefusedError,
        PointsShortError,
        ProofNeededError,
        RedeemingBlockedError,
        RewardMisfitError,
        RewardNotOfferedError,
    )
}
_TAKEN: Final = "taken"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OfflineAsk:
    """A reward that a till gave without a line at `taken_at`, with the sale it belongs to."""

    asked: RedeemAsk
    sale_id: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class OfflineRedeemed:
    """What became of it, or why nothing; `owed` of its points were not there any more."""

    held: HeldReward | None
    owed: int
    replayed: bool
    refused: LoyaltyError | None = None


@dataclass(frozen=True, slots=True)
class OfflineRewards:
    """What a till may give by itself: how many points per member and day, and for which rewards."""

    allowance: int
    rewards: tuple[RewardFacts, ...]


def rewards_without_line(session: Session, program_id: int, *, at: datetime) -> OfflineRewards:
    """Tell a till, while it has its line, what it may give without; nothing unless allowed."""
    allowance = policy_in_force(session, program_id, at=at).offline_allowance
    if allowance == 0:
        return OfflineRewards(0, ())
    rewards = offered(rewards_of(session, program_id), at=at, channel="till")
    return OfflineRewards(allowance, tuple(each for each in rewards if fits_offline(each)))


def redeem_offline(
    session: Session, told: OfflineAsk, *, tools: Tools, checked: Checked | None = None
) -> OfflineRedeemed:
    """Take the points of a reward that is already given, once, within the program's allowance.

    A live code proves it, shown by a clock that was sure. One member spends at most the allowance
    in a day of the store at one till; what the wallet lacks becomes debt, so never more than that.
    A refusal is returned, because it is kept: told again it is refused again. The sale stands
    whatever this says, and may come before or after. What the service had held under the same id
    before the line went is the sale's to take.

    Raises `HoldConflictError` when the id was used for another redemption, `AmountInvalidError`
    for what cannot be a basket, `NotFoundError` for an unknown store.
    """
    asked, now = told.asked, tools.clock.now()
    program_id = asked.till.program_id
    check_lines(asked.lines)
    check_total(asked.basket_minor, lines=len(asked.lines))
    hold_name(session, "redeem", program_id, asked.hold_id)
    before = _told_before(session, told, at=now)
    if before is not None:
        return before
    found = _attempt(session, told, tools=tools, checked=checked)
    keep_answer(
        session,
        program_id,
        _key(asked.hold_id),
        request_hash=_hash(told),
        outcome=found.code if isinstance(found, LoyaltyError) else _TAKEN,
        facts=found.facts if isinstance(found, LoyaltyError) else {"owed": found},
        at=now,
    )
    if isinstance(found, LoyaltyError):
        return OfflineRedeemed(None, 0, replayed=False, refused=found)
    held = redemption_now(session, program_id, asked.hold_id, at=now)
    return OfflineRedeemed(held, found, replayed=False)


def _told_before(session: Session, told: OfflineAsk, *, at: datetime) -> OfflineRedeemed | None:
    program_id, hold_id = told.asked.till.program_id, told.asked.hold_id
    answer = stored_answer(session, program_id, _key(hold_id))
    if answer is None:
        return _held_online(session, told, at=at)
    if answer.request_hash != _hash(told):
        raise HoldConflictError(hold_id=hold_id)
    if answer.outcome != _TAKEN:
        refused = _KEPT[Refusal(answer.outcome)](**answer.facts)
        return OfflineRedeemed(None, 0, replayed=True, refused=refused)
    held = redemption_now(session, program_id, hold_id, at=at, replayed=True)
    return OfflineRedeemed(held, int(str(answer.facts["owed"])), replayed=True)


def _held_online(session: Session, told: OfflineAsk, *, at: datetime) -> OfflineRedeemed | None:
    """Find what the service held for this till, whose answer was lost with the line."""
    asked = told.asked
    hold = hold_by_id(session, asked.till.program_id, asked.hold_id)
    if hold is None:
        return None
    is_same = (hold.purpose, hold.till_id, hold.reward_id) == (
        "till",
        asked.till.till_id,
        asked.reward_id,
    )
    if not is_same:
        raise HoldConflictError(hold_id=asked.hold_id)
    held = redemption_now(session, asked.till.program_id, asked.hold_id, at=at, replayed=True)
    return OfflineRedeemed(held, 0, replayed=True)


def _attempt(
    session: Session, told: OfflineAsk, *, tools: Tools, checked: Checked | None
) -> int | LoyaltyError:
    """Prove, then take; says how many of the points are owed."""
    asked, now = told.asked, tools.clock.now()
    store = store_by_id(session, asked.till.program_id, asked.till.store_id)
    if store is None:
        raise NotFoundError
    proved = _prove(session, told, tools=tools, checked=checked)
    if isinstance(proved, LoyaltyError):
        return proved
    assert proved.live_until is not None, "only a live code proves it"
    code = (proved.card_id, proved.live_until)
    act_id = _key(asked.hold_id)
    if use_live_code(session, store.program_id, *code, act_id=act_id, at=now) is not CodeOutcome.OK:
        return CodeRefusedError(outcome=CodeOutcome.ALREADY_USED.value)
    found = _take(session, told, proved, store, at=now)
    if isinstance(found, LoyaltyError):
        give_live_code_back(session, store.program_id, *code, act_id=act_id)
    return found


def _prove(
    session: Session, told: OfflineAsk, *, tools: Tools, checked: Checked | None
) -> Proved | LoyaltyError:
    """Say whose points a live code spent, if it was shown shortly before."""
    asked = told.asked
    signed = take_apart(asked.code)
    if not isinstance(signed, SignedCode) or signed.header.kind is not CodeKind.LIVE:
        return ProofNeededError(pin_set=False, cashier_points=0)
    program_id = asked.till.program_id
    shown = ShownAt(asked.till.till_id, asked.scanned_at, clock_sure=asked.clock_sure)
    if not asked.clock_sure:
        return CodeRefusedError(outcome=CodeOutcome.TIME_UNSURE.value)
    verdict, _ = judge_guarded(
        session, program_id, asked.code, shown=shown, tools=tools, checked=checked, at_till=False
    )
    if verdict.outcome is not CodeOutcome.OK or verdict.card_id is None:
        return CodeRefusedError(outcome=verdict.outcome.value)
    if abs(told.taken_at - asked.scanned_at) > SHOWN_WITHIN:
        return CodeRefusedError(outcome=CodeOutcome.EXPIRED.value)
    member_id = open_member_of_card(session, program_id, verdict.card_id)
    if member_id is None:
        return CodeRefusedError(outcome=verdict.outcome.value)
    return Proved(member_id, verdict.card_id, "live", asked.staff_id, live_until=verdict.expires_at)


def _take(
    session: Session, told: OfflineAsk, proved: Proved, store: StoreFacts, *, at: datetime
) -> int | LoyaltyError:
    asked, moment = told.asked, min(told.taken_at, at)
    reward = _reward_at(session, told, at=moment)
    if isinstance(reward, LoyaltyError):
        return reward
    basket = basket_of(
        session,
        store.program_id,
        store.store_id,
        asked.lines,
        total_minor=asked.basket_minor,
        currency=store.currency,
    )
    off = discount_of(reward, basket, asked.points)
    if off.times == 0:
        return RewardMisfitError(minimum_minor=reward.minimum_minor, points=reward.points)
    # The day's amount is counted under the lock of the wallet that pays.
    wallet = lock_paying_wallet(session, store.program_id, proved.member_id, reward, at=at)
    left = _left(session, told, proved, store, at=moment)
    if off.points > left:
        return AllowanceExceededError(left=left)
    return _write(session, told, proved, (off, wallet), currency=store.currency, at=at)


def _reward_at(session: Session, told: OfflineAsk, *, at: datetime) -> RewardFacts | LoyaltyError:
    """Find the reward as it was offered then; what is counted or limited needs the line."""
    reward = reward_by_id(session, told.asked.till.program_id, told.asked.reward_id)
    if reward is None:
        return RewardNotOfferedError(reason="unknown")
    if reward.retired_at is not None and at < reward.retired_at:
        reward = replace(reward, retired_at=None)
    reason = why_not_offered(reward, at=at, channel="till")
    if reason is None and not fits_offline(reward):
        reason = "channel"
    return reward if reason is None else RewardNotOfferedError(reason=reason)


def _left(
    session: Session, told: OfflineAsk, proved: Proved, store: StoreFacts, *, at: datetime
) -> int:
    """Say what this member may still spend at this till in that day of the store."""
    allowance = policy_in_force(session, store.program_id, at=at).offline_allowance
    if allowance == 0:
        return 0
    since = day_began(at, store.time_zone)
    used = points_offline(
        session,
        store.program_id,
        memberships_of(session, store.program_id, proved.member_id),
        till_id=told.asked.till.till_id,
        since=since,
        until=since + _DAY,
        at=at,
    )
    return max(0, allowance - used)


def _write(
    session: Session,
    told: OfflineAsk,
    proved: Proved,
    found: tuple[Discount, BalanceFacts],
    *,
    currency: str,
    at: datetime,
) -> int | LoyaltyError:
    """Take the points and write what they were for, as a hold that was taken at once."""
    off, wallet = found
    asked, moment = told.asked, min(told.taken_at, at)
    program_id, till = asked.till.program_id, asked.till
    act = Act(
        act_id=_key(asked.hold_id),
        occurred_at=moment,
        subject=f"hold:{asked.hold_id}",
        store_id=till.store_id,
        till_id=till.till_id,
    )
    taken = redeem(
        session,
        program_id,
        wallet.wallet_id,
        act=act,
        points=off.points,
        at=at,
        debt_most=off.points,
    )
    if taken.refused is not None:
        return taken.refused.error()
    ask = HoldAsk(
        hold_id=asked.hold_id,
        points=off.points,
        purpose="offline",
        subject=act.subject,
        proof="offline",
        reward_id=asked.reward_id,
        store_id=till.store_id,
        till_id=till.till_id,
        staff_id=proved.staff_id,
    )
    keep_hold(
        session, program_id, wallet.wallet_id, ask, taken.draws, request_hash=_hash(told), at=at
    )
    hold = hold_by_id(session, program_id, asked.hold_id)
    assert hold is not None, "it was written a moment ago"
    end_hold(
        session, program_id, hold, outcome="posted", points=off.points, act_id=act.act_id, at=at
    )
    _note(session, told, proved, off, currency=currency, at=moment)
    sale = sale_by_id(session, program_id, told.sale_id)
    if sale is not None and sale.till_id == till.till_id:
        bind_to_sale(session, program_id, asked.hold_id, told.sale_id, at=at)
    return taken.owed


def _note(
    session: Session,
    told: OfflineAsk,
    proved: Proved,
    off: Discount,
    *,
    currency: str,
    at: datetime,
) -> None:
    asked = told.asked
    facts = RedemptionFacts(
        hold_id=asked.hold_id,
        reward_id=asked.reward_id,
        member_id=proved.member_id,
        card_id=proved.card_id,
        channel="till",
        times=off.times,
        basket_minor=asked.basket_minor,
        discount_minor=off.minor,
        currency=currency,
        lines=off.lines,
        reason="",
        at=at,
    )
    note_redemption(session, asked.till.program_id, facts)
    taken = TakenFacts(
        asked.hold_id, _key(asked.hold_id), off.points, off.times, off.minor, off.lines, at
    )
    note_taken(session, asked.till.program_id, taken)


def _key(hold_id: str) -> str:
    return f"offline:{hold_id}"


def _hash(told: OfflineAsk) -> str:
    asked = told.asked
    content = [
        str(asked.reward_id),
        asked.points,
        asked.basket_minor,
        "".join(asked.code.split()).upper(),
        told.sale_id,
        told.taken_at.isoformat(),
        [
            [line.product_ref, line.description, line.quantity_milli, line.total_minor]
            for line in asked.lines
        ],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
