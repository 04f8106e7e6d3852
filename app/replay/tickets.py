"""Writes a basket as a till would report it, and chooses what is brought back; pure."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from random import Random
from typing import Any, Final

from app.replay.baskets import Basket, Item

CARD_PRICE: Final = "Card price"
COUPON: Final = "Manufacturer's coupon"
COUPON_MATCH: Final = "Coupon matched by the store"
COUPONS_OWED: Final = "Coupons, paid by their manufacturers"
ONE_MILLI: Final = 1000


def ticket_lines(basket: Basket) -> list[dict[str, Any]]:
    """Write the lines of a ticket; they add up to the total exactly.

    Each product stands at its price on the shelf, and under it what was let off: the card price,
    the coupon, the store's part of a coupon. A coupon of a manufacturer is money the store gets
    later from somebody else, so one last line gives all of them back to the total.
    """
    lines = [line for item in basket.items for line in _item_lines(item)]
    owed = [item.coupon_minor for item in basket.items if item.coupon_minor]
    if owed:
        lines.append(_line("coupons", COUPONS_OWED, sum(owed), quantity=len(owed)))
    assert sum(line["total_minor"] for line in lines) == basket.total_minor, "lines add up"
    return lines


def _item_lines(item: Item) -> Iterator[dict[str, Any]]:
    product = str(item.product_id)
    shelf = item.sales_minor + item.retail_disc_minor + item.coupon_match_minor
    yield _line(product, item.name, shelf, quantity=item.quantity)
    for description, off in (
        (CARD_PRICE, item.retail_disc_minor),
        (COUPON, item.coupon_minor),
        (COUPON_MATCH, item.coupon_match_minor),
    ):
        if off:
            yield _line(product, description, -off)


def _line(product: str, description: str, total_minor: int, *, quantity: int = 1) -> dict[str, Any]:
    return {
        "product_ref": product,
        "description": description,
        "quantity_milli": quantity * ONE_MILLI,
        "total_minor": total_minor,
    }


def choose_refunds(baskets: Sequence[Basket], *, every: int, seed: int) -> dict[int, int]:
    """Choose what is brought back: basket → cents given back; nothing when `every` is 0.

    Of the baskets that cost something, in the order they were bought, each `every`-th from a
    place that the seed draws. By turns the whole basket and its dearest product (of equally dear
    ones the one with the lowest number).
    """
    if every == 0:
        return {}
    paid = [one for one in baskets if one.total_minor > 0]
    first = Random(f"{seed}:refunds").randrange(every)  # noqa: S311  a sample, not a secret
    return {
        one.basket_id: one.total_minor if turn % 2 == 0 else _dearest(one).sales_minor
        for turn, one in enumerate(paid[first::every])
    }


def _dearest(basket: Basket) -> Item:
    # `items` stands in the order of product numbers, and `max` keeps the first of equals.
    return max(basket.items, key=attrgetter("sales_minor"))
