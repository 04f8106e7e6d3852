"""What a reward took off a sale, laid beside its lines and what refunds gave back of each."""

from sqlalchemy.orm import Session

from loyalty.journeys.sale_goods import SaleGoods
from loyalty.points.queries import reward_by_id
from loyalty.points.redemption_rules import PIECES
from loyalty.points.redemptions import (
    RedemptionFacts,
    TakenFacts,
    hold_of_sale,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.refund_rules import LineBack, SaleBack


def sale_back(
    kind: str,
    facts: RedemptionFacts,
    taken: TakenFacts,
    goods: SaleGoods,
    *,
    paid_minor: int,
    left_minor: int,
) -> SaleBack:
    """Lay what a reward took off beside the lines of its sale, and what came back of each.

    A till tells lines before the reward or after it, and may add its discount as a line of its
    own. Where they do not fit what the reward was held for, no line knows its share.
    """
    told, shares = goods.lines, _shares(facts, taken)
    basket = [line.total_minor for line in told[: len(shares)]]
    is_before = sum(basket) == facts.basket_minor
    is_after = sum(basket) == facts.basket_minor - taken.discount_minor
    fits = len(basket) == len(shares) > 0 and (is_before or is_after) and sum(shares) > 0
    if is_before:
        fits = fits and all(a <= b for a, b in zip(shares, basket, strict=True) if a > 0)
    if not fits:
        shares = ()
    lines: list[LineBack] = []
    for place, line in enumerate(told):
        share = shares[place] if place < len(shares) else 0
        listed = line.total_minor if is_before or not fits else line.total_minor + share
        if line.quantity_milli <= 0 or listed < 0 or (fits and place >= len(shares)):
            continue  # a discount of the till's own
        lines.append(goods.line_back(place + 1, listed, share))
    return SaleBack(
        kind=kind,
        paid_minor=paid_minor,
        refunded_minor=paid_minor - left_minor,
        lines=lines,
        is_exact=fits,
    )


def _shares(facts: RedemptionFacts, taken: TakenFacts) -> tuple[int, ...]:
    """Say what came off each line; an order that found everything has what it was placed with."""
    is_whole = taken.discount_minor == facts.discount_minor
    return taken.lines or (facts.lines if is_whole else ())


def free_pieces(
    session: Session, program_id: int, sale_id: str, goods: SaleGoods
) -> dict[int, int]:
    """Say how many pieces of each line somebody has for nothing, by a free product or full card.

    By line, from 1; lines without any are left out, and so are those where the till told
    nothing that says it.
    """
    hold_id = hold_of_sale(session, program_id, sale_id) if goods.lines else None
    facts = None if hold_id is None else redemption_by_hold(session, program_id, hold_id)
    taken = None if hold_id is None else taken_by_hold(session, program_id, hold_id)
    if facts is None or taken is None:
        return {}
    reward = reward_by_id(session, program_id, facts.reward_id)
    if reward is None or reward.kind not in PIECES:
        return {}
    told = sale_back(reward.kind, facts, taken, goods, paid_minor=0, left_minor=0)
    if not told.is_exact:
        return {}
    return {line.line: line.free_left for line in told.lines if line.free_left > 0}
