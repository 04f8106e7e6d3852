"""What somebody's points can take off a cart, before it is ordered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.fill_cart import CartView
from loyalty.journeys.hold_reward import MONEY
from loyalty.points.queries import balance_of_member, rewards_of
from loyalty.points.rewards.base import Basket, BasketLine, Discount, discount_of
from loyalty.points.rewards.terms import offered
from loyalty.points.rules import RewardFacts
from loyalty.points.spendable import spendable
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class CartReward:
    """A reward within reach, and what it takes off; of points as money, as many as pay."""

    reward: RewardFacts
    discount: Discount

    @property
    def is_money(self) -> bool:
        """Whether the shopper chooses how many points."""
        return self.reward.kind == MONEY


def rewards_for_cart(
    session: Session, store: StoreFacts, member_id: UUID, cart: CartView, *, at: datetime
) -> tuple[CartReward, ...]:
    """List what can be used for a cart now; limits and stock are judged when it is ordered."""
    basket = _basket(cart, currency=store.currency)
    found: list[CartReward] = []
    for reward in offered(rewards_of(session, store.program_id), at=at, channel="web"):
        balance = balance_of_member(session, store.program_id, member_id, unit=reward.unit)
        if balance is None:
            continue
        free = spendable(session, store.program_id, balance, at=at).free
        if free < reward.points:
            continue
        discount = discount_of(reward, basket, free if reward.kind == MONEY else None)
        if discount.times > 0:
            found.append(CartReward(reward, discount))
    return tuple(found)


def _basket(cart: CartView, *, currency: str) -> Basket:
    lines = tuple(
        BasketLine(
            references=frozenset({item.product.sku}),
            category=item.product.category,
            quantity_milli=item.quantity_milli,
            total_minor=item.total_minor,
        )
        for item in cart.items
    )
    return Basket(cart.total_minor, currency, lines)
