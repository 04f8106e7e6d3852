"""An order with a reward: its points are held with its place and its goods, and go its way.

Taken at the handoff, let go when the order is called off or missed, less when less was found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.rules import price_of
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.hold_reward import Reserved, Wish, reserve_reward
from loyalty.journeys.order_totals import line_total
from loyalty.kernel.errors import LoyaltyError
from loyalty.orders.change import Change
from loyalty.orders.place import Owner, WantedLine
from loyalty.orders.queries import LineFacts, OrderFacts
from loyalty.orders.rewards import note_discount
from loyalty.orders.rules import OPEN
from loyalty.points.gates import member_of_wallet, take_wallets
from loyalty.points.holds import current_hold, hold_by_id
from loyalty.points.post_hold import post_hold
from loyalty.points.posting import Act
from loyalty.points.queries import reward_by_id
from loyalty.points.redeem_late import redeem_late
from loyalty.points.redemption_rules import Held, Part, shrunk
from loyalty.points.redemptions import (
    RedemptionFacts,
    TakenFacts,
    note_taken,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.reward_errors import RewardNotOfferedError
from loyalty.points.rewards.base import Basket, BasketLine
from loyalty.points.void_hold import void_hold
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class OrderReward:
    """The reward somebody wants for an order, and with how many points; on which proof."""

    reward_id: UUID
    points: int | None = None
    proof: str = "web"


def hold_id_of(order_id: UUID) -> str:
    """Name the hold of an order: an order has one."""
    return f"order:{order_id}"


def wanted_basket(
    lines: tuple[WantedLine, ...], categories: Mapping[UUID, str], *, currency: str
) -> Basket:
    """Read what is ordered as rewards read a basket."""
    told = tuple(
        BasketLine(
            references=frozenset({line.sku}),
            category=categories.get(line.product_id, ""),
            quantity_milli=line.quantity_milli,
            total_minor=price_of(line.quantity_milli, line.price_minor),
        )
        for line in lines
    )
    return Basket(sum(line.total_minor for line in told), currency, told)


def hold_for_order(
    session: Session,
    store: StoreFacts,
    order_id: UUID,
    wanted: OrderReward,
    *,
    owner: Owner,
    basket: Basket,
    at: datetime,
) -> Reserved:
    """Hold the points of an order's reward until the order ends.

    Raises what forbids it, so that nothing of the order is placed.
    """
    if owner.member_id is None:
        raise RewardNotOfferedError(reason="no_card")
    wish = Wish(
        program_id=store.program_id,
        hold_id=hold_id_of(order_id),
        reward_id=wanted.reward_id,
        member_id=owner.member_id,
        card_id=owner.card_id,
        basket=basket,
        channel="web",
        purpose="order",
        subject=hold_id_of(order_id),
        proof=wanted.proof,
        time_zone=store.time_zone,
        points=wanted.points,
        store_id=store.store_id,
    )
    found = reserve_reward(session, wish, at=at)
    if isinstance(found, LoyaltyError):
        raise found
    return found


def reward_name(session: Session, order: OrderFacts) -> str | None:
    """Name the reward of an order; none when it has none."""
    if order.hold_id is None:
        return None
    facts = redemption_by_hold(session, order.program_id, order.hold_id)
    reward = None if facts is None else reward_by_id(session, order.program_id, facts.reward_id)
    return None if reward is None else reward.name


def follow_with_reward(session: Session, program_id: int, change: Change, *, at: datetime) -> None:
    """Let an order's reward follow its lines: less when less was found, none when it ended.

    What is handed over is taken by `take_with_handoff`, not here. Wallets come after the shelf.
    """
    order = change.order
    if order.hold_id is None or not change.is_new or change.given or change.given_uncounted:
        return
    if taken_by_hold(session, program_id, order.hold_id) is not None:
        return
    if order.state not in OPEN:
        act_id = f"void:{order.hold_id}"
        void_hold(session, program_id, order.hold_id, act_id=act_id, at=at)
        note_discount(session, program_id, order.order_id, left_minor=0)
        return
    worth = _worth(session, program_id, order.hold_id, change.lines)
    if worth.minor != order.discount_minor:
        note_discount(session, program_id, order.order_id, left_minor=worth.minor)


@dataclass(frozen=True, slots=True)
class Handing:
    """What is handed over now: its goods' price, by which handoff, when, and who did it."""

    total_minor: int
    sale_id: str
    handed_at: datetime
    till_id: UUID | None


def take_with_handoff(
    session: Session,
    order: OrderFacts,
    lines: Mapping[int, LineFacts],
    handing: Handing,
    *,
    at: datetime,
) -> int:
    """Take an order's reward with a handoff and say what comes off; the same when told again.

    It comes off at the first handoff that it fits into whole, and at the last one as far as it
    goes; what then buys nothing is free again. A parcel that was given before the order ended
    and is told after it takes its points all the same: what was spent meanwhile is owed.
    """
    hold_id, program_id = order.hold_id, order.program_id
    if hold_id is None:
        return 0
    taken = taken_by_hold(session, program_id, hold_id)
    if taken is not None:
        return taken.discount_minor if taken.act_id == _act_id(handing) else 0
    worth = _worth(session, program_id, hold_id, lines)
    is_last = order.state not in OPEN
    if not is_last and worth.minor > handing.total_minor:
        return 0
    minor = min(worth.minor, handing.total_minor)
    return _take(session, order, _less(worth, minor), handing, at=at)


def hold_of_handoff(session: Session, order: OrderFacts, sale_id: str) -> str | None:
    """Name the hold that a handoff took, for its sale; none when it took nothing."""
    if order.hold_id is None:
        return None
    taken = taken_by_hold(session, order.program_id, order.hold_id)
    is_ours = taken is not None and taken.act_id == f"redeem:{sale_id}"
    return order.hold_id if is_ours else None


def _take(
    session: Session, order: OrderFacts, worth: Held, handing: Handing, *, at: datetime
) -> int:
    hold_id, program_id = order.hold_id, order.program_id
    assert hold_id is not None, "an order without a reward takes none"

    def look() -> dict[str, UUID]:
        now = current_hold(session, program_id, hold_id)
        assert now is not None, "an order with a reward has a hold"
        pays = member_of_wallet(session, program_id, now.wallet_id)
        card_id = order.card_id
        earns = None if card_id is None else open_member_of_card(session, program_id, card_id)
        return {"pays": pays, "earns": earns or pays}

    # The handoff's sale earns after this, and may stamp: all it will touch, at once.
    take_wallets(session, program_id, look, at=at)
    note_discount(session, program_id, order.order_id, left_minor=0, taken_minor=worth.minor)
    if worth.points == 0:
        void_hold(session, program_id, hold_id, act_id=f"void:{hold_id}", at=at)
        return 0
    act = Act(
        act_id=_act_id(handing),
        occurred_at=handing.handed_at,
        subject=f"hold:{hold_id}",
        store_id=order.store_id,
        till_id=handing.till_id,
    )
    now = current_hold(session, program_id, hold_id)
    assert now is not None, "an order with a reward has a hold"
    if now.outcome_at(at) is None:
        posted = post_hold(session, program_id, hold_id, act=act, points=worth.points, at=at)
        assert posted.refused is None, "an order's hold reserves what it is worth"
    else:
        redeem_late(session, program_id, now.wallet_id, act=act, points=worth.points, at=at)
    facts = TakenFacts(hold_id, act.act_id, worth.points, worth.times, worth.minor, (), at)
    note_taken(session, program_id, facts)
    return worth.minor


def _act_id(handing: Handing) -> str:
    return f"redeem:{handing.sale_id}"


def _less(worth: Held, minor: int) -> Held:
    """Let less come off than it is worth, because the last parcel is small."""
    if minor == worth.minor:
        return worth
    return shrunk(worth, (), total_minor=minor)


def _worth(session: Session, program_id: int, hold_id: str, lines: Mapping[int, LineFacts]) -> Held:
    """Say what an order's reward is worth for what of it is still bought or was given."""
    facts: RedemptionFacts | None = redemption_by_hold(session, program_id, hold_id)
    hold = hold_by_id(session, program_id, hold_id)
    assert facts is not None, "an order's hold is for a reward"
    assert hold is not None, "a redemption has a hold"
    reward = reward_by_id(session, program_id, facts.reward_id)
    assert reward is not None, "a reward that was redeemed stays"
    held = Held(reward.kind, hold.points, facts.times, facts.discount_minor, facts.lines)
    in_order = [lines[number] for number in sorted(lines)]
    kept = [line.quantities.held + line.quantities.completed for line in in_order]
    parts = [Part(milli, line.ordered_milli) for milli, line in zip(kept, in_order, strict=True)]
    total = sum(line_total(line, milli) for milli, line in zip(kept, in_order, strict=True))
    return shrunk(held, parts, total_minor=total)
