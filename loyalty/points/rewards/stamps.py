"""The tenth one free: stamps are earned with purchases, and a full card gives a product."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.rewards import product
from loyalty.points.rewards.base import (
    PIECE_MILLI,
    Basket,
    Discount,
    chosen,
    names_checked,
    nothing_else,
    number,
    number_checked,
)
from loyalty.points.rules import RewardFacts

PER_SALE_MAX = 100
_FREE = ("pieces", "worth_minor")
_BASIS: Final = "stamps"


def check(parameters: Mapping[str, object]) -> dict[str, object]:
    """Take what earns a stamp and what a full card gives.

    `per` is "visit" (one stamp a sale from `from_minor` on) or "product" (one for each piece of
    `products` and `categories`), `per_sale_most` the most of one sale. The product it gives is
    told as for a free product: `free_products`, `free_categories`, `pieces`, `worth_minor`; by
    default it is one of those that earn.
    """
    lists = ("products", "categories", "free_products", "free_categories")
    nothing_else(parameters, {"per", "from_minor", "per_sale_most", *lists, *_FREE})
    per = parameters.get("per")
    if per not in {"visit", "product"}:
        raise SettingInvalidError(field="per")
    checked: dict[str, object] = {"per": per}
    for field in lists:
        names = names_checked(parameters, field)
        if names:
            checked[field] = names
    if per == "product" and not checked.keys() & {"products", "categories"}:
        raise SettingInvalidError(field="products")
    if parameters.get("from_minor") is not None:
        checked["from_minor"] = number_checked(parameters, "from_minor", low=0)
    if parameters.get("per_sale_most") is not None:
        checked["per_sale_most"] = number_checked(parameters, "per_sale_most", high=PER_SALE_MAX)
    free = {field: parameters[field] for field in _FREE if parameters.get(field) is not None}
    return {**checked, **product.check(free)}


def discount(reward: RewardFacts, basket: Basket, points: int) -> Discount:
    """Give the free product, as often as `points` (stamps) fill a card."""
    return product.discount(_gift(reward), basket, points)


@dataclass(frozen=True, slots=True)
class StampTerms:
    """What a sale was stamped by, so that what is left of it is judged as all of it was.

    `per` "visit" from `from_minor` on (in minor units of the sale), or "product": one for each
    piece of the lines that count, by their place from 1; `most` of one sale.
    """

    per: Literal["visit", "product"]
    from_minor: int
    most: int
    lines: tuple[int, ...] = ()

    def stamps(self, quantities_milli: Sequence[int], *, total_minor: int) -> int:
        """Say how many stamps so much of the sale earns; what was given back earns none."""
        if total_minor <= 0 or total_minor < self.from_minor:
            return 0
        if self.per == "visit":
            return 1
        told = range(1, len(quantities_milli) + 1)
        counted = [quantities_milli[line - 1] for line in self.lines if line in told]
        return min(sum(_pieces(milli) for milli in counted), self.most)

    def basis(self) -> str:
        """Write them as a posting keeps them: numbers only."""
        told = {"per": self.per, "from": self.from_minor, "most": self.most, "lines": self.lines}
        return json.dumps({_BASIS: told}, sort_keys=True, separators=(",", ":"))


def terms_for(reward: RewardFacts, basket: Basket) -> StampTerms | None:
    """Say by what a card stamps a basket; none when its amounts are of another currency."""
    if reward.currency is not None and reward.currency != basket.currency:
        return None
    by_piece = reward.parameters.get("per") == "product"
    fits = chosen(reward.parameters)
    counting = (place for place, line in enumerate(basket.lines, 1) if fits(line))
    return StampTerms(
        "product" if by_piece else "visit",
        from_minor=number(reward, "from_minor"),
        most=number(reward, "per_sale_most", default=PER_SALE_MAX),
        lines=tuple(counting) if by_piece else (),
    )


def read_terms(text: str | None) -> StampTerms | None:
    """Read what a posting was stamped by; none for one of before, or of another kind."""
    told = None if text is None else json.loads(text).get(_BASIS)
    if told is None:
        return None
    return StampTerms(told["per"], told["from"], told["most"], tuple(told["lines"]))


def stamps_earned(reward: RewardFacts, basket: Basket) -> int:
    """Say how many stamps a sale earns; a part that was given back earns none."""
    terms = terms_for(reward, basket)
    if terms is None:
        return 0
    return terms.stamps(quantities_of(basket), total_minor=basket.total_minor)


def quantities_of(basket: Basket) -> tuple[int, ...]:
    """Say how much there is of each line, in thousandths."""
    return tuple(line.quantity_milli for line in basket.lines)


def _pieces(quantity_milli: int) -> int:
    """Count pieces; what is sold by weight is one."""
    if quantity_milli <= 0:
        return 0
    return quantity_milli // PIECE_MILLI if quantity_milli % PIECE_MILLI == 0 else 1


def _gift(reward: RewardFacts) -> RewardFacts:
    """Read a full card as the free product it gives."""
    told = reward.parameters
    gift: dict[str, object] = {field: told[field] for field in _FREE if field in told}
    for field in ("products", "categories"):
        names = cast("Sequence[str]", told.get(f"free_{field}", ()))
        if names:
            gift[field] = names
    if not gift.keys() & {"products", "categories"}:
        gift |= {field: told[field] for field in ("products", "categories") if field in told}
    return RewardFacts(
        reward_id=reward.reward_id,
        name=reward.name,
        points=reward.points,
        kind="product",
        parameters=gift,
    )
