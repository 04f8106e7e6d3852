"""What baskets earn: the best single rule, exact shares, one rounding, nothing by a refund."""

from collections import defaultdict
from datetime import UTC, date, datetime, time
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from loyalty.points.earning.document import (
    Caps,
    Document,
    Goods,
    HoursTimes,
    Rule,
    TierTimes,
    WeekdayTimes,
    simple_document,
)
from loyalty.points.earning.evaluate import (
    POINTS_PER_RECEIPT_MAX,
    Earning,
    Moment,
    Standing,
    evaluate,
    preview,
)
from loyalty.points.earning.goods import (
    Basket,
    GivenBack,
    Known,
    Returned,
    Told,
    basket_of,
    whole_basket,
)
from tests.support.sizes import SIZE

MADRID = "Europe/Madrid"
MONDAY = Moment(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), MADRID)
KNOWN = {
    "B1": Known(frozenset({"B1", "8411"}), "Pan", 400),
    "M1": Known(frozenset({"M1"}), "Lácteos", 400),
    "T1": Known(frozenset({"T1"}), "Tabaco", 2100),
}


def per_euro(rule_id: str = "base", **fields: Any) -> Rule:  # noqa: ANN401
    return Rule(rule_id, "per_money", fields.pop("points", 1), per_minor=100, **fields)


def earned(
    document: Document | Rule,
    basket: Basket,
    *,
    moment: Moment = MONDAY,
    standing: Standing | None = None,
) -> Earning:
    if isinstance(document, Rule):
        document = Document((document,))
    return evaluate(document, basket, moment=moment, standing=standing or Standing())


def bought(
    *lines: tuple[str, int], total: int | None = None, returned: Returned | None = None
) -> Basket:
    told = tuple(
        Told(number, reference, 1000, minor)
        for number, (reference, minor) in enumerate(lines, start=1)
    )
    paid = sum(one.total_minor for one in told) if total is None else total
    return basket_of(told, total_minor=paid, known=KNOWN, tax_bp=0, returned=returned)


@pytest.mark.parametrize(("minor", "points"), [(0, 0), (99, 0), (100, 1), (1299, 12)])
def test_every_full_amount_earns(minor: int, points: int) -> None:
    assert earned(simple_document(1, 100), whole_basket(minor)).points == points


def test_a_visit_earns_once_and_only_when_something_was_paid() -> None:
    visit = Rule("visit", "per_visit", 5)
    assert earned(visit, whole_basket(1)).points == 5
    assert earned(visit, whole_basket(0)).points == 0


def test_units_earn_by_the_piece_and_free_pieces_do_not() -> None:
    coffee = Rule("coffee", "per_unit", 1, per_units=2, include=Goods(("B1",)))
    assert earned(coffee, bought(("B1", 150), ("B1", 150), ("B1", 150))).points == 1
    assert earned(coffee, bought(("B1", 150), ("B1", 0), ("M1", 90))).points == 0


def test_goods_are_named_by_reference_barcode_or_category() -> None:
    for goods in (Goods(("B1",)), Goods(("8411",)), Goods(categories=(" pan ",))):
        assert earned(per_euro(include=goods), bought(("B1", 300), ("M1", 500))).points == 3
        assert earned(per_euro(exclude=goods), bought(("B1", 300), ("M1", 500))).points == 5


def test_a_total_without_lines_counts_unless_the_rule_counts_named_goods_only() -> None:
    assert earned(per_euro(exclude=Goods(categories=("Tabaco",))), whole_basket(800)).points == 8
    assert earned(per_euro(include=Goods(categories=("Pan",))), whole_basket(800)).points == 0


def test_the_minimum_is_what_counts_and_its_edge_is_in() -> None:
    rule = per_euro(minimum_minor=1000, exclude=Goods(categories=("Tabaco",)))
    assert earned(rule, bought(("B1", 1000), ("T1", 500))).points == 10
    short = earned(rule, bought(("B1", 999), ("T1", 500)))
    assert (short.points, short.results[0].why_not) == (0, "below_minimum")


def test_tax_out_counts_each_line_at_its_own_rate_and_rounds_once() -> None:
    rule = per_euro(tax="out")
    assert earned(rule, bought(("B1", 104), ("T1", 121))).points == 2
    assert earned(rule, bought(("B1", 103), ("T1", 121))).points == 1
    plain = Basket(Fraction(121), unnamed_minor=Fraction(121), tax_bp=2100)
    assert earned(rule, plain).points == 1


def test_a_discount_or_a_reward_earns_nothing() -> None:
    basket = bought(("B1", 600), ("M1", 600), ("", -200))
    assert earned(per_euro(), basket).points == 10
    assert earned(per_euro(include=Goods(("B1",))), basket).points == 5
    free = bought(("B1", 150), ("", -150))
    assert earned(per_euro(), free).points == 0


def test_something_brought_back_on_the_same_ticket_lowers_its_own_goods() -> None:
    basket = bought(("B1", 600), ("M1", 600), ("B1", -300))
    assert earned(per_euro(include=Goods(("B1",))), basket).points == 3
    assert earned(per_euro(include=Goods(("M1",))), basket).points == 6


def test_weekday_hour_and_tier_multiply() -> None:
    rule = per_euro(
        weekdays=(WeekdayTimes((1,), Fraction(2)),),
        hours=(HoursTimes(time(12), time(13), Fraction(3, 2)),),
        tiers=(TierTimes("gold", Fraction(3)),),
    )
    assert earned(rule, whole_basket(1000)).points == 30
    gold = Standing(tier_id="gold", tier_times=Fraction(5))
    assert earned(rule, whole_basket(1000), standing=gold).points == 90
    silver = Standing(tier_id="silver", tier_times=Fraction(5, 4))
    assert earned(rule, whole_basket(1000), standing=silver).points == 37
    sunday = Moment(datetime(2026, 11, 22, 22, 59, tzinfo=UTC), MADRID)
    assert earned(rule, whole_basket(1000), moment=sunday).points == 10


def test_the_day_is_the_stores_and_not_greenwichs() -> None:
    rule = per_euro(weekdays=(WeekdayTimes((1,), Fraction(2)),))
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert earned(rule, whole_basket(100), moment=Moment(at, MADRID)).points == 2
    assert earned(rule, whole_basket(100), moment=Moment(at, "Atlantic/Canary")).points == 1


def test_hours_over_midnight_belong_together() -> None:
    rule = per_euro(hours=(HoursTimes(time(22), time(2), Fraction(2)),))
    for hour, points in ((20, 1), (21, 2), (0, 2), (1, 1)):
        at = datetime(2026, 11, 22, hour, 0, tzinfo=UTC)
        assert earned(rule, whole_basket(100), moment=Moment(at, MADRID)).points == points


def test_a_rule_holds_on_its_first_and_its_last_day() -> None:
    rule = per_euro(valid_from=date(2026, 11, 23), valid_until=date(2026, 11, 24))
    for day, points, why in ((22, 0, "not_yet"), (23, 1, ""), (24, 1, ""), (25, 0, "over")):
        at = datetime(2026, 11, day, 12, tzinfo=UTC)
        earning = earned(rule, whole_basket(100), moment=Moment(at, MADRID))
        assert (earning.points, earning.results[0].why_not) == (points, why)


def test_the_rule_that_gives_the_most_wins_and_is_named() -> None:
    document = Document(
        (per_euro(), per_euro("bread", points=3, include=Goods(categories=("Pan",))))
    )
    one = earned(document, bought(("B1", 500), ("M1", 500)))
    other = earned(document, bought(("B1", 100), ("M1", 900)))
    assert one.best is not None
    assert other.best is not None
    assert (one.points, one.best.rule_id) == (15, "bread")
    assert (other.points, other.best.rule_id) == (10, "base")
    assert [each.rule_id for each in preview(
        document, bought(("B1", 500)), moment=MONDAY, standing=Standing()
    )] == ["bread", "base"]  # fmt: skip


def test_of_equal_rules_the_first_wins() -> None:
    document = Document((per_euro("a"), per_euro("b", minimum_minor=1)))
    best = earned(document, whole_basket(500)).best
    assert best is not None
    assert best.rule_id == "a"


def test_a_cap_cuts_and_another_rule_may_then_give_more() -> None:
    document = Document((per_euro("double", points=2, caps=Caps(member_day=5)), per_euro("base")))
    capped = earned(document, whole_basket(1000), standing=Standing(room={"double": 5}))
    assert capped.best is not None
    assert (capped.best.rule_id, capped.points) == ("base", 10)
    first = earned(document, whole_basket(400), standing=Standing(room={"double": 5}))
    assert first.best is not None
    assert (first.best.rule_id, first.points, first.results[0].cut) == ("double", 5, 3)
    none = earned(document, whole_basket(400), standing=Standing(room={"double": 0}, room_all=0))
    assert (none.points, none.results[0].why_not) == (0, "capped")


def test_no_receipt_gives_more_points_than_the_ledger_counts() -> None:
    rule = Rule("much", "per_money", 1000, per_minor=1)
    assert earned(rule, whole_basket(10**9)).points == POINTS_PER_RECEIPT_MAX


def test_thirty_and_twenty_make_a_fifty_euro_star_with_carry_over() -> None:
    star = Rule("star", "per_money", 1, per_minor=5000)
    first = earned(star, whole_basket(3000), standing=Standing(carried={}))
    assert (first.points, first.carry) == (0, Fraction(3, 5))
    carried = Standing(carried={star.meter: Fraction(3, 5)})
    second = earned(star, whole_basket(2000), standing=carried)
    assert (second.points, second.carry) == (1, Fraction(0))
    assert earned(star, whole_basket(2000)).points == 0


def random_rule(random: Random, rule_id: str = "any") -> Rule:
    goods = random.choice([Goods(), Goods(("B1",)), Goods(categories=("Pan", "Lácteos"))])
    is_in = random.random() < 0.5
    times = Fraction(random.randint(1, 30), random.randint(10, 20))
    per_money = random.random() < 0.5
    return Rule(
        rule_id,
        "per_money" if per_money else "per_unit",
        random.randint(1, 9),
        per_minor=random.choice([1, 7, 100, 250, 1000]) if per_money else None,
        per_units=None if per_money else random.randint(1, 4),
        include=goods if is_in else Goods(),
        exclude=Goods() if is_in else goods,
        tax="in" if random.random() < 0.5 else "out",
        weekdays=random.choice([(), (WeekdayTimes((1,), times),)]),
    )


def random_goods(random: Random) -> list[list[tuple[str, int]]]:
    """Draw what somebody buys; a coupon for some goods lies beside them."""
    names = ["B1", "M1", "T1", "unknown", ""]
    goods: list[list[tuple[str, int]]] = []
    for _ in range(random.randint(1, 8)):
        name, minor = random.choice(names), random.randint(2, 3000)
        coupon = [(name, -random.randint(1, minor - 1))] if name and random.random() < 0.3 else []
        goods.append([(name, minor), *coupon])
    return goods


def random_lines(random: Random) -> list[tuple[str, int]]:
    """Draw what a till tells: goods, their coupons anywhere, sometimes money off the whole."""
    lines = flat(random_goods(random))
    random.shuffle(lines)
    worth = sum(minor for _, minor in lines)
    return [*lines, ("", -random.randint(1, worth - 1))] if random.random() < 0.3 else lines


def flat(goods: list[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    return [line for lines in goods for line in lines]


def as_ordered(lines: list[tuple[str, int]]) -> Basket:
    """Tell the same goods as an order does: each once, at its net price, and the total paid."""
    minors: dict[str, int] = defaultdict(int)
    pieces: dict[str, int] = defaultdict(int)
    for reference, minor in lines:
        if minor > 0 or reference:
            minors[reference] += minor
            pieces[reference] += minor > 0
    told = tuple(
        Told(number, reference, 1000 * pieces[reference], minor)
        for number, (reference, minor) in enumerate(minors.items(), start=1)
    )
    paid = sum(minor for _, minor in lines)
    return basket_of(told, total_minor=paid, known=KNOWN, tax_bp=0)


def test_random_baskets_earn_the_same_at_the_till_and_as_an_order() -> None:
    random = Random(20261124)
    for _ in range(20 * SIZE.examples):
        rules = [random_rule(random, f"r{number}") for number in range(random.randint(1, 3))]
        lines = random_lines(random)
        document = Document(tuple(rules))
        till, web = earned(document, bought(*lines)), earned(document, as_ordered(lines))
        assert till.points == web.points
        assert till.best == web.best
        assert till.weight == web.weight, "remainders and tiers go by it"


def test_random_baskets_earn_joined_what_they_earn_split_with_carry_over() -> None:
    random = Random(20261122)
    for _ in range(40 * SIZE.examples):
        rule, goods = random_rule(random), random_goods(random)
        start = Fraction(random.randint(0, 99), 100)
        whole = earned(rule, bought(*flat(goods)), standing=Standing(carried={rule.meter: start}))
        cut = random.randint(0, len(goods))
        carry, points = start, 0
        for part in (flat(goods[:cut]), flat(goods[cut:])):
            piece = earned(rule, bought(*part), standing=Standing(carried={rule.meter: carry}))
            points += piece.points
            carry = carry if piece.carry is None else piece.carry
        assert points == whole.points
        assert carry == (start if whole.carry is None else whole.carry)


def test_random_refunds_never_raise_what_a_basket_earns_and_their_order_is_nothing() -> None:
    random = Random(7)
    for _ in range(10 * SIZE.examples):
        rule, lines = random_rule(random), random_lines(random)
        total = random.randint(1, sum(minor for _, minor in lines))
        before = earned(rule, bought(*lines, total=total)).points
        backs: dict[int, GivenBack] = {}
        loose, left = 0, total
        while left > 0:
            part = random.randint(1, left)
            line = random.randint(1, len(lines))
            known = backs.get(line, GivenBack())
            if random.random() < 0.5 and known.minor + part <= lines[line - 1][1]:
                backs[line] = GivenBack(
                    known.minor + part, known.quantity_milli + Fraction(1000 * part, total)
                )
            else:
                loose += part
            left -= part
            after = earned(rule, bought(*lines, total=total, returned=Returned(backs, loose)))
            assert after.points <= before
            before = after.points
        assert before == 0
