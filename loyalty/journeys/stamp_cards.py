"""Stamp cards: each is a wallet of its own; sales stamp them, refunds take the stamps back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.reward_basket import basket_of
from loyalty.journeys.sale_goods import SaleGoods, goods_of_sale
from loyalty.journeys.sale_points import Sold
from loyalty.points.create_wallet import create_wallet
from loyalty.points.credit import credit
from loyalty.points.figures import issued_of_subject
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of_member, rewards_of
from loyalty.points.rewards.base import PIECE_MILLI, Basket, number
from loyalty.points.rewards.stamps import stamps_earned
from loyalty.points.rewards.terms import was_offered
from loyalty.points.rules import STAMPS, RewardFacts
from loyalty.points.spendable import spendable
from loyalty.points.take_back import take_back
from loyalty.sales.queries import SaleFacts, refunded_minor, sale_by_id


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
) -> None:
    """Stamp the cards on offer for a sale, once; without stamp cards nothing is asked."""
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
        sold.program_id, sold.sale_id, sold.store_id, None, sold.sale_id, sold.sold_at
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
    cards = _all_cards(session, sale.program_id)
    kept = sale_by_id(session, sale.program_id, sale.sale_id) if cards else None
    if kept is None:
        return 0
    rest = _rest_of(session, kept, goods, left_minor=left_minor)
    taken = 0
    for reward in _in_order(cards):
        had = _has(session, sale, reward)
        keep = rest.stamps(reward, had=had)
        taken += _take(session, sale, card_id, reward, points=had - keep, at=at)
    return taken


def take_stamps(
    session: Session, sale: StampedSale, card_id: str | None, *, at: datetime
) -> dict[UUID, int]:
    """Take all back that a sale stamped for a card; says how many by stamp card."""
    had: dict[UUID, int] = {}
    if card_id is None:
        return had
    for reward in _in_order(_all_cards(session, sale.program_id)):
        stamps = _has(session, sale, reward)
        had[reward.reward_id] = _take(session, sale, card_id, reward, points=stamps, at=at)
    return had


def stamp_rest(
    session: Session,
    sale: StampedSale,
    card_id: str,
    had: Mapping[UUID, int],
    *,
    at: datetime,
) -> None:
    """Stamp a card afresh for what is left of a sale that came to it from other hands.

    On the cards that were on offer when the sale was told. `had` are the stamps that were
    taken for it just now (`take_stamps`).
    """
    cards = _all_cards(session, sale.program_id)
    kept = sale_by_id(session, sale.program_id, sale.sale_id) if cards else None
    member_id = _member(session, sale.program_id, card_id)
    if kept is None or member_id is None:
        return
    left_minor = kept.total_minor - refunded_minor(session, sale.program_id, sale.sale_id)
    goods = goods_of_sale(session, sale.program_id, sale.sale_id)
    rest = _rest_of(session, kept, goods, left_minor=left_minor)
    for reward in _in_order(cards):
        stamped = had.get(reward.reward_id, 0)
        if stamped == 0 and not was_offered(reward, at=kept.recorded_at):
            continue
        stamps = rest.stamps(reward, had=stamped)
        if stamps > 0:
            _give(session, sale, member_id, reward, stamps, at=at)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A sale as it was told, and what refunds left of it."""

    whole: Basket
    left: Basket

    def stamps(self, reward: RewardFacts, *, had: int) -> int:
        """Say how many stamps the rest earns.

        What it `had` as long as all of it is left, and of goods that the list knows no more.
        """
        if had > 0 and self.left == self.whole:
            return had
        if self.left.total_minor == 0 or self.left.total_minor < number(reward, "from_minor"):
            return 0
        is_known = stamps_earned(reward, self.whole) > 0
        return stamps_earned(reward, self.left) if is_known else had


def _rest_of(session: Session, sale: SaleFacts, goods: SaleGoods, *, left_minor: int) -> _Rest:
    whole = basket_of(
        session,
        sale.program_id,
        sale.store_id,
        goods.lines,
        total_minor=sale.total_minor,
        currency=sale.currency,
    )
    lines = tuple(
        replace(line, quantity_milli=pieces_left(line.quantity_milli, kept.quantity_milli))
        for line, kept in zip(whole.lines, goods.kept, strict=True)
    )
    return _Rest(whole, replace(whole, total_minor=left_minor, lines=lines))


def pieces_left(sold_milli: int, kept_milli: int) -> int:
    """Say what is left of a line in whole pieces, in thousandths; pure.

    Something sold by weight is one piece as long as any of it is left.
    """
    if sold_milli % PIECE_MILLI:
        return sold_milli if kept_milli > 0 else 0
    return kept_milli // PIECE_MILLI * PIECE_MILLI


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


def _has(session: Session, sale: StampedSale, reward: RewardFacts) -> int:
    """Say how many stamps a sale has given and not taken back."""
    return issued_of_subject(session, sale.program_id, _subject(sale, reward))


def _take(
    session: Session,
    sale: StampedSale,
    card_id: str | None,
    reward: RewardFacts,
    *,
    points: int,
    at: datetime,
) -> int:
    """Take back so many of the stamps that a sale gave a card; says how many."""
    member_id = _member(session, sale.program_id, card_id)
    if points <= 0 or member_id is None:
        return 0
    wallet_id = create_wallet(session, sale.program_id, member_id, at=at, unit=reward.unit)
    act = _act(sale, reward, "unstamp")
    return take_back(session, sale.program_id, wallet_id, act=act, points=points, at=at).points


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
