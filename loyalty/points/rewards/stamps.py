"""The tenth one free: stamps are earned with purchases, and a full card gives a product."""

from collections.abc import Mapping, Sequence
from typing import cast

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


def stamps_earned(reward: RewardFacts, basket: Basket) -> int:
    """Say how many stamps a sale earns; a part that was given back earns none."""
    if basket.total_minor <= 0 or basket.total_minor < number(reward, "from_minor"):
        return 0
    if reward.currency is not None and reward.currency != basket.currency:
        return 0
    earned = 1 if reward.parameters.get("per") == "visit" else _pieces(reward, basket)
    return min(earned, number(reward, "per_sale_most", default=PER_SALE_MAX))


def _pieces(reward: RewardFacts, basket: Basket) -> int:
    fits = chosen(reward.parameters)
    return sum(
        line.quantity_milli // PIECE_MILLI if line.quantity_milli % PIECE_MILLI == 0 else 1
        for line in basket.lines
        if fits(line) and line.quantity_milli > 0
    )


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
