"""Sales stamp cards, and refunds take the stamps back: those that the rest would not earn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.reward_basket import basket_of
from loyalty.journeys.sale_back import free_pieces
from loyalty.journeys.sale_goods import SaleGoods, goods_of_sale
from loyalty.journeys.sale_points import Sold
from loyalty.points.create_wallet import create_wallet
from loyalty.points.credit import credit
from loyalty.points.policy import lot_beginning, lot_end, policy_in_force
from loyalty.points.posting import Act
from loyalty.points.rewards.base import PIECE_MILLI, Basket
from loyalty.points.rewards.stamps import StampTerms, read_terms, terms_for
from loyalty.points.rewards.terms import was_offered
from loyalty.points.rules import STAMPS, RewardFacts
from loyalty.points.stamped import (
    Stamped,
    stamp_cards_of,
    stamped,
    stamping_act,
    stamps_subject,
    unstamping_act,
)
from loyalty.points.take_back import take_back
from loyalty.sales.queries import SaleFacts, refunded_minor, sale_by_id


@dataclass(frozen=True, slots=True)
class StampedSale:
    """A sale and the act that stamps cards for it, or takes stamps back.

    `act` is the one that moves its points, "sale:…", "refund:…" or "reassign:…:to";
    `occurred_at` is when it happened by the till's clock.
    """

    program_id: int
    sale_id: str
    store_id: UUID
    till_id: UUID | None
    act: str
    occurred_at: datetime


def stamp(
    session: Session,
    sold: Sold,
    member_id: UUID,
    rewards: Sequence[RewardFacts],
    *,
    till_id: UUID | None,
    has_hold: bool,
    at: datetime,
) -> int:
    """Stamp the cards on offer for a sale, once, and say how many stamps it gave.

    Without stamp cards nothing is asked. What a free product or a full card gave
    (`has_hold`) was not bought, and stamps nothing.
    """
    cards = [reward for reward in rewards if reward.kind == STAMPS]
    if not cards:
        return 0
    basket = basket_of(
        session,
        sold.program_id,
        sold.store_id,
        sold.lines,
        total_minor=sold.total_minor,
        currency=sold.currency,
    )
    goods = SaleGoods(sold.lines)
    free = free_pieces(session, sold.program_id, sold.sale_id, goods) if has_hold else {}
    quantities = quantities_left(goods, free)
    act = f"sale:{sold.sale_id}"
    sale = StampedSale(sold.program_id, sold.sale_id, sold.store_id, till_id, act, sold.sold_at)
    given = 0
    for reward in sorted(cards, key=lambda each: each.reward_id.int):
        terms = terms_for(reward, basket)
        stamps = terms.stamps(quantities, total_minor=sold.total_minor) if terms else 0
        if terms is not None and stamps > 0:
            _give(session, sale, member_id, reward, terms, stamps, at=at)
            given += stamps
    return given


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

    Judged by what the sale was stamped by, whatever the card asks for today. What is left has to
    reach the amount of a visit; stamps for pieces go with the pieces that came back. Stamps
    that wait go first of all; those that were used already are owed. Says how many were taken.
    """
    cards = stamp_cards_of(session, sale.program_id)
    had = _had(session, sale, cards)
    kept = sale_by_id(session, sale.program_id, sale.sale_id) if had else None
    if kept is None:
        return 0
    rest = _rest_of(session, kept, goods, left_minor=left_minor)
    taken = 0
    for reward in cards:
        on = had.get(reward.reward_id)
        if on is not None:
            keep = min(on.had, rest.stamps(reward, on))
            taken += _take(session, sale, card_id, reward, on, points=on.had - keep, at=at)
    return taken


def take_stamps(
    session: Session, sale: StampedSale, card_id: str | None, *, at: datetime
) -> Mapping[UUID, Stamped]:
    """Take all back that a sale stamped for a card, if it has one; says what it had, by reward."""
    cards = stamp_cards_of(session, sale.program_id)
    had = _had(session, sale, cards)
    for reward in cards:
        on = had.get(reward.reward_id)
        if on is not None:
            _take(session, sale, card_id, reward, on, points=on.had, at=at)
    return had


def stamp_rest(
    session: Session,
    sale: StampedSale,
    card_id: str,
    had: Mapping[UUID, Stamped],
    *,
    at: datetime,
) -> None:
    """Stamp a card afresh for what is left of a sale that came to it from other hands.

    On the cards that were on offer when the sale was told, by what it was stamped by before.
    `had` is what stood on cards for it until now (`take_stamps`).
    """
    cards = [each for each in stamp_cards_of(session, sale.program_id) if not each.retired_at]
    kept = sale_by_id(session, sale.program_id, sale.sale_id) if cards else None
    member_id = _member(session, sale.program_id, card_id)
    if kept is None or member_id is None:
        return
    left_minor = kept.total_minor - refunded_minor(session, sale.program_id, sale.sale_id)
    goods = goods_of_sale(session, sale.program_id, sale.sale_id)
    rest = _rest_of(session, kept, goods, left_minor=left_minor)
    for reward in cards:
        before = had.get(reward.reward_id)
        if before is None and not was_offered(reward, at=kept.recorded_at):
            continue
        terms = rest.terms(reward, before)
        stamps = rest.stamps(reward, before)
        if terms is not None and stamps > 0:
            _give(session, sale, member_id, reward, terms, stamps, at=at)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A sale as it was told, and what refunds left of it: goods in thousandths, money in minor."""

    whole: Basket
    quantities_milli: tuple[int, ...]
    left_minor: int

    def terms(self, reward: RewardFacts, before: Stamped | None) -> StampTerms | None:
        """Say by what the sale is judged: as it was before, if it was."""
        kept = None if before is None else read_terms(before.basis)
        return kept or terms_for(reward, self.whole)

    def stamps(self, reward: RewardFacts, before: Stamped | None) -> int:
        """Say how many stamps the rest earns."""
        terms = self.terms(reward, before)
        if terms is None:
            return 0
        return terms.stamps(self.quantities_milli, total_minor=self.left_minor)


def _rest_of(session: Session, sale: SaleFacts, goods: SaleGoods, *, left_minor: int) -> _Rest:
    whole = basket_of(
        session,
        sale.program_id,
        sale.store_id,
        goods.lines,
        total_minor=sale.total_minor,
        currency=sale.currency,
    )
    free = free_pieces(session, sale.program_id, sale.sale_id, goods)
    return _Rest(whole, quantities_left(goods, free), left_minor)


def quantities_left(goods: SaleGoods, free: Mapping[int, int]) -> tuple[int, ...]:
    """Say what is left of each line and was bought, in whole pieces, in thousandths.

    `free` are the pieces of a line that somebody still has for nothing.
    """
    left = (
        pieces_left(line.quantity_milli, kept.quantity_milli)
        for line, kept in zip(goods.lines, goods.kept, strict=True)
    )
    return tuple(_bought(milli, free.get(number, 0)) for number, milli in enumerate(left, start=1))


def _bought(left_milli: int, free: int) -> int:
    """Take free pieces off; something sold by weight is one."""
    if left_milli % PIECE_MILLI:
        return 0 if free else left_milli
    return max(0, left_milli - free * PIECE_MILLI)


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
    terms: StampTerms,
    stamps: int,
    *,
    at: datetime,
) -> None:
    policy = policy_in_force(session, sale.program_id, at=at)
    credit(
        session,
        sale.program_id,
        create_wallet(session, sale.program_id, member_id, at=at, unit=reward.unit),
        act=_act(sale, stamping_act(reward.reward_id, sale.act), reward, basis=terms.basis()),
        points=stamps,
        kind="earn",
        expires_at=lot_end(policy, earned_at=sale.occurred_at, at=at),
        available_at=lot_beginning(policy, at=at),
        at=at,
    )


def _had(session: Session, sale: StampedSale, cards: Sequence[RewardFacts]) -> dict[UUID, Stamped]:
    """Say what a sale has on each card that it ever stamped."""
    if not cards:
        return {}
    of = {stamps_subject(reward.reward_id, sale.sale_id): reward.reward_id for reward in cards}
    return {of[name]: on for name, on in stamped(session, sale.program_id, of.keys()).items()}


def _take(
    session: Session,
    sale: StampedSale,
    card_id: str | None,
    reward: RewardFacts,
    on: Stamped,
    *,
    points: int,
    at: datetime,
) -> int:
    """Take back so many of the stamps that a sale gave a card, its own first; says how many."""
    member_id = _member(session, sale.program_id, card_id)
    if points <= 0 or member_id is None:
        return 0
    wallet_id = create_wallet(session, sale.program_id, member_id, at=at, unit=reward.unit)
    own = on.given if points <= on.left else None
    act = _act(sale, unstamping_act(reward.reward_id, sale.act), reward, reverses=own)
    return take_back(session, sale.program_id, wallet_id, act=act, points=points, at=at).points


def _member(session: Session, program_id: int, card_id: str | None) -> UUID | None:
    return None if card_id is None else open_member_of_card(session, program_id, card_id)


def _act(
    sale: StampedSale,
    act_id: str,
    reward: RewardFacts,
    *,
    basis: str | None = None,
    reverses: UUID | None = None,
) -> Act:
    return Act(
        act_id=act_id,
        occurred_at=sale.occurred_at,
        subject=stamps_subject(reward.reward_id, sale.sale_id),
        store_id=sale.store_id,
        till_id=sale.till_id,
        basis=basis,
        reverses=reverses,
    )
