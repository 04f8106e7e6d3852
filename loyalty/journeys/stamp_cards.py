"""Stamp cards: each is a wallet of its own; sales stamp them, refunds take the stamps back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.reward_basket import basket_of
from loyalty.journeys.sale_goods import SaleGoods
from loyalty.journeys.sale_points import Sold
from loyalty.points.create_wallet import create_wallet
from loyalty.points.credit import credit
from loyalty.points.figures import issued_of_subject
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of_member, rewards_of
from loyalty.points.rewards.base import number
from loyalty.points.rewards.stamps import stamps_earned
from loyalty.points.rules import STAMPS, RewardFacts
from loyalty.points.spendable import spendable
from loyalty.points.take_back import take_back
from loyalty.sales.queries import lines_of, sale_by_id


@dataclass(frozen=True, slots=True)
class StampCard:
    """How many stamps somebody has on one card; a full one gives its reward."""

    reward: RewardFacts
    stamps: int

    @property
    def is_full(self) -> bool:
        """Whether it can be redeemed."""
        return self.stamps >= self.reward.points


@dataclass(frozen=True, slots=True)
class StampedSale:
    """A sale and the act that stamps cards for it, or takes stamps back.

    `act` is the sale's id, or that of the refund or reassignment; `occurred_at` is when it
    happened by the till's clock.
    """

    program_id: int
    sale_id: str
    store_id: UUID
    till_id: UUID | None
    act: str
    occurred_at: datetime


def stamp_cards(
    session: Session,
    program_id: int,
    member_id: UUID,
    rewards: Sequence[RewardFacts],
    *,
    at: datetime,
) -> tuple[StampCard, ...]:
    """Tell the stamp cards that are on offer, and what somebody has on each."""
    return tuple(
        StampCard(reward, _stamps(session, program_id, member_id, reward, at=at))
        for reward in rewards
        if reward.kind == STAMPS
    )


def _stamps(
    session: Session, program_id: int, member_id: UUID, reward: RewardFacts, *, at: datetime
) -> int:
    balance = balance_of_member(session, program_id, member_id, unit=reward.unit)
    return 0 if balance is None else spendable(session, program_id, balance, at=at).free


def stamp(
    session: Session,
    sold: Sold,
    member_id: UUID,
    rewards: Sequence[RewardFacts],
    *,
    at: datetime,
    act: str = "",
) -> None:
    """Stamp the cards on offer for a sale, once; without stamp cards nothing is asked.

    `act` is the id of what brought the sale to this member, if that is not the sale itself.
    """
    cards = [reward for reward in rewards if reward.kind == STAMPS]
    if not cards:
        return
    basket = basket_of(
        session,
        sold.program_id,
        sold.store_id,
        sold.lines,
        total_minor=sold.total_minor,
        currency=sold.currency,
    )
    sale = StampedSale(
        sold.program_id, sold.sale_id, sold.store_id, None, act or sold.sale_id, sold.sold_at
    )
    for reward in _in_order(cards):
        stamps = stamps_earned(reward, basket)
        if stamps > 0:
            _give(session, sale, member_id, reward, stamps, at=at)


def unstamp(
    session: Session,
    sale: StampedSale,
    card_id: str | None,
    goods: SaleGoods,
    *,
    left_minor: int,
    at: datetime,
) -> int:
    """Take stamps back that the rest of a sale would not earn; of nothing left, all of them.

    What is left has to reach the amount of a visit; stamps for pieces go with the pieces that
    came back. Stamps that were used already are owed. Says how many were taken.
    """
    taken = 0
    for reward in _in_order(_all_cards(session, sale.program_id)):
        if left_minor == 0 or left_minor < number(reward, "from_minor"):
            taken += _take(session, sale, card_id, reward, at=at)
        elif reward.parameters.get("per") == "product" and goods.back:
            keep = _left_of_pieces(session, sale, reward, goods)
            if keep is not None:
                taken += _take(session, sale, card_id, reward, keep=keep, at=at)
    return taken


def _left_of_pieces(
    session: Session, sale: StampedSale, reward: RewardFacts, goods: SaleGoods
) -> int | None:
    """Say how many stamps the goods that stayed earn; none when the list knows them no more."""
    kept = sale_by_id(session, sale.program_id, sale.sale_id)
    assert kept is not None, "a refund has a sale"
    sold, left = (
        stamps_earned(
            reward,
            basket_of(
                session,
                sale.program_id,
                kept.store_id,
                lines,
                total_minor=kept.total_minor,
                currency=kept.currency,
            ),
        )
        for lines in (goods.lines, goods.kept)
    )
    return left if sold > 0 else None


def move_stamps(
    session: Session,
    sale: StampedSale,
    from_card: str | None,
    to_card: str | None,
    *,
    at: datetime,
) -> None:
    """Let the stamps of a sale follow it to another card, or go back for none.

    One that was nobody's had none yet: it is stamped as it would have been.
    """
    if from_card is None:
        _stamp_first(session, sale, to_card, at=at)
        return
    for reward in _in_order(_all_cards(session, sale.program_id)):
        had = _take(session, sale, from_card, reward, at=at)
        member_id = _member(session, sale.program_id, to_card)
        if had > 0 and member_id is not None:
            _give(session, sale, member_id, reward, had, at=at)


def _stamp_first(session: Session, sale: StampedSale, card_id: str | None, *, at: datetime) -> None:
    kept = sale_by_id(session, sale.program_id, sale.sale_id)
    member_id, cards = (
        _member(session, sale.program_id, card_id),
        _all_cards(session, sale.program_id),
    )
    if not cards or kept is None or member_id is None:
        return
    sold = Sold(
        program_id=sale.program_id,
        sale_id=sale.sale_id,
        store_id=sale.store_id,
        time_zone="",
        total_minor=kept.total_minor,
        currency=kept.currency,
        sold_at=kept.sold_at,
        lines=lines_of(session, sale.program_id, sale.sale_id),
    )
    stamp(session, sold, member_id, cards, at=at, act=sale.act)


def _give(
    session: Session,
    sale: StampedSale,
    member_id: UUID,
    reward: RewardFacts,
    stamps: int,
    *,
    at: datetime,
) -> None:
    policy = policy_in_force(session, sale.program_id, at=at)
    credit(
        session,
        sale.program_id,
        create_wallet(session, sale.program_id, member_id, at=at, unit=reward.unit),
        act=_act(sale, reward, "stamp"),
        points=stamps,
        kind="earn",
        expires_at=lot_end(policy, earned_at=sale.occurred_at, at=at),
        at=at,
    )


def _take(
    session: Session,
    sale: StampedSale,
    card_id: str | None,
    reward: RewardFacts,
    *,
    at: datetime,
    keep: int = 0,
) -> int:
    """Take back what a sale still has stamped on one card, but for some; says how many."""
    member_id = _member(session, sale.program_id, card_id)
    had = issued_of_subject(session, sale.program_id, _subject(sale, reward))
    if had <= keep or member_id is None:
        return 0
    wallet_id = create_wallet(session, sale.program_id, member_id, at=at, unit=reward.unit)
    act = _act(sale, reward, "unstamp")
    return take_back(session, sale.program_id, wallet_id, act=act, points=had - keep, at=at).points


def _member(session: Session, program_id: int, card_id: str | None) -> UUID | None:
    return None if card_id is None else open_member_of_card(session, program_id, card_id)


def _all_cards(session: Session, program_id: int) -> list[RewardFacts]:
    """List the stamp cards; a retired one is stamped no more, and keeps what it has."""
    return [reward for reward in rewards_of(session, program_id) if reward.kind == STAMPS]


def _in_order(cards: Sequence[RewardFacts]) -> list[RewardFacts]:
    """Order cards for everybody alike, so that two acts of one member never wait in a ring."""
    return sorted(cards, key=lambda each: each.reward_id.int)


def _subject(sale: StampedSale, reward: RewardFacts) -> str:
    return f"stamps:{reward.reward_id}:{sale.sale_id}"


def _act(sale: StampedSale, reward: RewardFacts, what: str) -> Act:
    return Act(
        act_id=f"{what}:{reward.reward_id}:{sale.act}",
        occurred_at=sale.occurred_at,
        subject=_subject(sale, reward),
        store_id=sale.store_id,
        till_id=sale.till_id,
    )
