"""What becomes of a held reward at the till: it is taken, let go, or given back the same day."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.identity.queries import open_member_of
from loyalty.journeys.cashier import AtTill
from loyalty.journeys.redeem import HeldReward, redemption_now
from loyalty.journeys.sale_goods import stands
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.create_wallet import create_wallet
from loyalty.points.errors import HoldEndedError, HoldUnknownError
from loyalty.points.gates import member_of_wallet, take_wallets
from loyalty.points.give_back import give_back
from loyalty.points.holds import HoldFacts, current_hold, hold_by_id
from loyalty.points.post_hold import post_hold
from loyalty.points.posting import Act, content_hash
from loyalty.points.queries import reward_by_id
from loyalty.points.redemptions import (
    RedemptionFacts,
    TakenFacts,
    given_back,
    note_back,
    note_taken,
    redemption_by_hold,
    sale_of_hold,
    taken_by_hold,
)
from loyalty.points.refused import refuse, refused_before
from loyalty.points.rewards.base import shared_out
from loyalty.points.void_hold import void_hold
from loyalty.programs.queries import store_by_id
from loyalty.programs.rules import local_day
from loyalty.sales.errors import UndoTooLateError


@dataclass(frozen=True, slots=True)
class Redeeming:
    """A redemption of this store, and its hold."""

    facts: RedemptionFacts
    hold: HoldFacts


def take_reward(
    session: Session, till: AtTill, hold_id: str, *, points: int | None = None, tools: Tools
) -> HeldReward | LoyaltyError:
    """Take a held reward, or so many of its points: what is not taken is free again. Once.

    A part takes off its share of the discount, rounded down. A hold that was let go, ran out
    or holds less is refused, and stays refused.

    Raises `HoldUnknownError` for a hold that is not of this store's tills.
    """
    now = tools.clock.now()
    known = redeeming_here(session, till, hold_id)
    taken = taken_by_hold(session, till.program_id, hold_id)
    if taken is not None and points not in {None, taken.points}:
        return HoldEndedError(hold_id=hold_id, outcome="posted")
    if taken is None:
        refusal = take_held(session, till.program_id, known, points=points, at=now)
        if refusal is not None:
            return refusal
    return _told(session, till, hold_id, replayed=taken is not None, at=now)


def let_go_of_reward(
    session: Session, till: AtTill, hold_id: str, *, tools: Tools
) -> HeldReward | LoyaltyError:
    """Let a held reward go; one that was taken today is given back, to the lots it came from.

    Doing it twice changes nothing. What a sale has used goes back with the refunds of that sale
    alone, because the sale keeps its discount until then: refused, and that refusal is kept.

    Raises `HoldUnknownError` for a hold that is not of this store's tills.
    """
    now, program_id = tools.clock.now(), till.program_id
    known = redeeming_here(session, till, hold_id)
    taken = taken_by_hold(session, program_id, hold_id)
    if taken is None:
        voided = void_hold(session, program_id, hold_id, act_id=f"void:{hold_id}", at=now)
        if voided.refused is not None:
            return voided.refused.error()
        return _told(session, till, hold_id, replayed=voided.replayed, at=now)
    left = taken.points - given_back(session, program_id, hold_id)
    refusal = _why_not_back(session, till, taken, left=left, at=now)
    if refusal is not None:
        return refusal
    if left > 0:
        act = Act(
            act_id=_undo(hold_id),
            occurred_at=now,
            subject=f"hold:{hold_id}",
            store_id=till.store_id,
            till_id=till.till_id,
        )
        return_points(session, program_id, known.facts, taken, act=act, points=left, at=now)
    return _told(session, till, hold_id, replayed=left == 0, at=now)


def redeeming_here(session: Session, till: AtTill, hold_id: str) -> Redeeming:
    """Find a redemption of this store's tills.

    Until this act ends nobody else ends it or gives of it back.
    Raises `HoldUnknownError`; an order's hold is let go with its order.
    """
    hold_name(session, "redeem", till.program_id, hold_id)
    facts = redemption_by_hold(session, till.program_id, hold_id)
    hold = hold_by_id(session, till.program_id, hold_id)
    if facts is None or hold is None or hold.store_id != till.store_id or hold.purpose == "order":
        raise HoldUnknownError(hold_id=hold_id)
    return Redeeming(facts, hold)


def take_held(
    session: Session, program_id: int, known: Redeeming, *, points: int | None, at: datetime
) -> LoyaltyError | None:
    """Take what is held, or a part, and write down what came off; or say why it cannot be."""
    hold = known.hold
    act = Act(
        act_id=f"redeem:{hold.hold_id}",
        occurred_at=at,
        subject=f"hold:{hold.hold_id}",
        store_id=hold.store_id,
        till_id=hold.till_id,
    )
    posted = post_hold(session, program_id, hold.hold_id, act=act, points=points, at=at)
    if posted.refused is not None:
        return posted.refused.error()
    note_taken(session, program_id, taken_part(known, act.act_id, posted.points, at=at))
    return None


def taken_part(known: Redeeming, act_id: str, points: int, *, at: datetime) -> TakenFacts:
    """Say what so many of the held points take off: their share, rounded down."""
    facts, held = known.facts, known.hold.points
    minor = facts.discount_minor * points // held
    lines = facts.lines if points == held else shared_out(minor, facts.lines)
    times = -(-facts.times * points // held)
    return TakenFacts(known.hold.hold_id, act_id, points, times, minor, lines, at)


def paying_wallet(
    session: Session, program_id: int, facts: RedemptionFacts, *, at: datetime
) -> UUID:
    """Find the wallet of a redemption: of the membership that stands for its member now."""
    reward = reward_by_id(session, program_id, facts.reward_id)
    assert reward is not None, "a reward that was redeemed stays"
    stands = open_member_of(session, program_id, facts.member_id)
    return create_wallet(session, program_id, stands, at=at, unit=reward.unit)


def who_is_paid_back(session: Session, program_id: int, facts: RedemptionFacts) -> dict[str, UUID]:
    """Say whose membership redeemed, and whose stands for it now."""
    now = current_hold(session, program_id, facts.hold_id)
    assert now is not None, "a redemption has a hold"
    return {
        "paid": member_of_wallet(session, program_id, now.wallet_id),
        "stands": open_member_of(session, program_id, facts.member_id),
    }


def return_points(
    session: Session,
    program_id: int,
    facts: RedemptionFacts,
    taken: TakenFacts,
    *,
    act: Act,
    points: int,
    at: datetime,
) -> None:
    """Give points of a redemption back to whoever stands for its member now."""
    take_wallets(session, program_id, lambda: who_is_paid_back(session, program_id, facts), at=at)
    before = given_back(session, program_id, facts.hold_id)
    back = give_back(
        session,
        program_id,
        redeem_act=taken.act_id,
        act=act,
        points=points,
        at=at,
        wallet_id=paying_wallet(session, program_id, facts, at=at),
    )
    assert back.refused is None, "no more comes back than was taken"
    note_back(
        session,
        program_id,
        facts.hold_id,
        act_id=act.act_id,
        points=points,
        is_all=before + points >= taken.points,
        at=at,
    )


def _undo(hold_id: str) -> str:
    return f"undo:{hold_id}"


def _why_not_back(
    session: Session, till: AtTill, taken: TakenFacts, *, left: int, at: datetime
) -> LoyaltyError | None:
    """Say why what was taken cannot be given back here: a sale has its discount, or it is late."""
    program_id, hold_id = till.program_id, taken.hold_id
    asked = content_hash("undo", hold_id)
    before = refused_before(session, program_id, _undo(hold_id), request_hash=asked)
    if before is not None:
        return before.error()
    if left == 0:
        return None
    sale_id = sale_of_hold(session, program_id, hold_id)
    if sale_id is not None and stands(session, program_id, sale_id):
        ended = HoldEndedError(hold_id=hold_id, outcome="posted")
        return refuse(session, program_id, _undo(hold_id), ended, request_hash=asked, at=at).error()
    store = store_by_id(session, program_id, till.store_id)
    assert store is not None, "a till stands in a store"
    is_late = local_day(at, store.time_zone) > local_day(taken.at, store.time_zone)
    return UndoTooLateError(hold_id=hold_id) if is_late else None


def _told(
    session: Session, till: AtTill, hold_id: str, *, replayed: bool, at: datetime
) -> HeldReward:
    told = redemption_now(session, till.program_id, hold_id, at=at, replayed=replayed)
    assert told is not None, "it was found a moment ago"
    return told
