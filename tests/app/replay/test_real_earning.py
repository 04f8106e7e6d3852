"""Real baskets with their coupons earn the same told either way, joined or split, to the point."""

from collections import defaultdict
from datetime import UTC
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any, Final

from app.replay.baskets import Basket as Bought
from app.replay.baskets import Choice, read_baskets
from app.replay.tickets import ticket_lines
from loyalty.points.earning.document import Document, Goods, Rule, WeekdayTimes
from loyalty.points.earning.evaluate import Moment, Standing, evaluate
from loyalty.points.earning.goods import Basket, Known, Told, basket_of
from tests.support.baskets import need_real_baskets
from tests.support.sizes import SIZE_NAME

BASKETS: Final = None if SIZE_NAME == "prove" else 150
RULES: Final = (
    Rule("euro", "per_money", 1, per_minor=100),
    Rule("step", "per_money", 3, per_minor=700, tax="out"),
    Rule("some", "per_money", 2, per_minor=100, include=Goods(categories=("even",)), tax="out"),
    Rule(
        "rest",
        "per_money",
        1,
        per_minor=50,
        exclude=Goods(categories=("even",)),
        weekdays=(WeekdayTimes((1, 3, 6), Fraction(3, 2)),),
    ),
)


@cache
def read() -> tuple[Bought, ...]:
    chosen = read_baskets(Choice(baskets=BASKETS))
    assert any(item.coupon_minor for one in chosen for item in one.items)
    return chosen


def told_of(lines: list[dict[str, Any]]) -> tuple[Told, ...]:
    return tuple(
        Told(number, line["product_ref"], line["quantity_milli"], line["total_minor"])
        for number, line in enumerate(lines, start=1)
    )


def basket(told: tuple[Told, ...]) -> Basket:
    known = {
        one.reference: Known(
            frozenset({one.reference}),
            "even" if int(one.reference) % 2 == 0 else "odd",
            (400, 1000, 2100)[int(one.reference) % 3],
        )
        for one in told
        if one.reference.isdigit()
    }
    total = sum(one.total_minor for one in told)
    return basket_of(told, total_minor=max(0, total), known=known, tax_bp=2100)


def moment(bought: Bought) -> Moment:
    return Moment(bought.bought_at.replace(tzinfo=UTC), "Europe/Madrid")


def net_lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tell each product once, at what was paid for it, as an order handed over does."""
    paid: dict[str, int] = defaultdict(int)
    for line in lines:
        paid[line["product_ref"]] += line["total_minor"]
    return [
        {"product_ref": product, "quantity_milli": 1000, "total_minor": minor}
        for product, minor in paid.items()
    ]


def test_a_real_basket_earns_the_same_at_the_till_and_on_the_web() -> None:
    need_real_baskets()
    document = Document(RULES)
    for one in read():
        lines = ticket_lines(one)
        till, web = (
            evaluate(document, basket(told_of(way)), moment=moment(one), standing=Standing())
            for way in (lines, net_lines(lines))
        )
        assert till.points == web.points
        assert till.best == web.best


def test_real_baskets_split_at_the_counter_earn_what_they_earn_whole() -> None:
    need_real_baskets()
    random = Random(1)
    for rule in RULES:
        document = Document((rule,))
        joined: dict[int, Fraction] = defaultdict(Fraction)
        split: dict[int, Fraction] = defaultdict(Fraction)
        whole_points: dict[int, int] = defaultdict(int)
        split_points: dict[int, int] = defaultdict(int)
        for one in read():
            # A coupon's money goes with whoever pays for the goods: only what is fully told.
            lines = [line for line in net_lines(ticket_lines(one)) if line["total_minor"] > 0]
            cut = random.randint(0, len(lines))
            for parts, carried, points in (
                ([lines], joined, whole_points),
                ([lines[:cut], lines[cut:]], split, split_points),
            ):
                for part in parts:
                    standing = Standing(carried={rule.meter: carried[one.household_id]})
                    earning = evaluate(
                        document, basket(told_of(part)), moment=moment(one), standing=standing
                    )
                    points[one.household_id] += earning.points
                    if earning.carry is not None:
                        carried[one.household_id] = earning.carry
        assert whole_points == split_points
        assert joined == split
