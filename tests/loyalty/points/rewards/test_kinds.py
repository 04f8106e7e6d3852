"""What each kind of reward takes off a basket: whole cents, never more than there is."""

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.rewards import stamps
from loyalty.points.rewards.base import (
    NOTHING,
    Basket,
    BasketLine,
    Discount,
    discount_of,
    kind_names,
    kind_of,
)
from loyalty.points.rules import RewardFacts

REWARD = UUID(int=7)
BREAD = BasketLine(frozenset({"pan"}), "Pan", 2_000, 300)
COFFEE = BasketLine(frozenset({"cafe", "8410001"}), "Bar", 3_000, 500)
CHEESE = BasketLine(frozenset({"queso"}), "Quesos", 350, 1_225)
BASKET = Basket(2_025, "EUR", (BREAD, COFFEE, CHEESE))
PARAMETERS: dict[str, dict[str, object]] = {
    "fixed": {"minor": 500},
    "percent": {"percent": 10, "cap_minor": 150},
    "product": {"categories": ["Bar"]},
    "money": {"per_points": 3, "minor": 1},
    "stamps": {"per": "product", "categories": ["Bar"]},
}


def reward(kind: str, points: int = 100, **parameters: object) -> RewardFacts:
    checked = kind_of(kind).check(parameters or PARAMETERS[kind])
    return RewardFacts(REWARD, "Premio", points, kind, checked, currency="EUR")


def basket(*lines: BasketLine) -> Basket:
    return Basket(sum(line.total_minor for line in lines), "EUR", lines)


def test_every_kind_is_a_file_and_every_file_is_tried_here() -> None:
    folder = Path(stamps.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "base", "terms"}
    assert set(kind_names()) == files == set(PARAMETERS)


def test_a_kind_without_a_file_is_refused() -> None:
    with pytest.raises(SettingInvalidError):
        kind_of("base")


def test_a_fixed_discount_takes_its_amount_or_the_whole_basket() -> None:
    assert discount_of(reward("fixed"), BASKET) == Discount(500, 100, 1, (74, 123, 303))
    assert discount_of(reward("fixed"), Basket(320, "EUR")) == Discount(320, 100, 1)


def test_a_percent_discount_is_rounded_down_once_and_capped() -> None:
    plain = reward("percent", percent=10)
    assert discount_of(plain, BASKET).minor == 202
    assert discount_of(reward("percent"), BASKET).minor == 150
    assert discount_of(plain, Basket(9, "EUR")) == NOTHING


def test_a_percent_of_some_products_leaves_the_others_alone() -> None:
    found = discount_of(reward("percent", percent=50, products=["queso"]), BASKET)
    assert found == Discount(612, 100, 1, (0, 0, 612))
    assert discount_of(reward("percent", percent=50, products=["queso"]), Basket(999, "EUR")) == (
        NOTHING
    )


def test_the_cheapest_piece_is_free() -> None:
    found = discount_of(reward("product", categories=["Bar", "Pan"]), BASKET)
    assert found == Discount(150, 100, 1, (150, 0, 0))
    assert discount_of(reward("product", products=["nada"]), BASKET) == NOTHING


def test_pieces_that_do_not_divide_cost_together_what_their_line_does() -> None:
    three = discount_of(reward("product", 10, products=["cafe"], pieces=3), BASKET, 10)
    one = discount_of(reward("product", 10, products=["cafe"]), BASKET, 10)
    assert (one.minor, three.minor) == (166, 500)


def test_a_product_is_found_by_its_barcode_and_a_category_however_it_is_spelled() -> None:
    by_code = discount_of(reward("product", products=["8410001"]), BASKET)
    by_name = discount_of(reward("product", categories=[" BAR "]), BASKET)
    assert by_code == by_name == Discount(166, 100, 1, (0, 166, 0))


def test_more_free_pieces_cost_more_points_and_missing_ones_cost_nothing() -> None:
    coffee = reward("product", 10, products=["cafe"])
    assert discount_of(coffee, BASKET, 20) == Discount(333, 20, 2, (0, 333, 0))
    assert discount_of(coffee, BASKET, 90) == Discount(500, 30, 3, (0, 500, 0))


def test_a_gift_beside_the_ticket_takes_nothing_off_and_costs_its_points() -> None:
    gift = RewardFacts(REWARD, "Café", 10)
    assert discount_of(gift, BASKET) == Discount(0, 10, 1, (0, 0, 0))


def test_a_free_product_has_a_worth_at_a_till_that_tells_no_lines() -> None:
    coffee = reward("product", 10, products=["cafe"], worth_minor=140)
    assert discount_of(coffee, Basket(1_000, "EUR")) == Discount(140, 10, 1)
    assert discount_of(coffee, Basket(100, "EUR")) == Discount(100, 10, 1)


def test_points_pay_the_whole_bill_to_the_last_cent() -> None:
    assert discount_of(reward("money", 1), Basket(101, "EUR"), 400) == Discount(101, 303, 1)
    ten_cents = reward("money", 1, per_points=1, minor=10)
    assert discount_of(ten_cents, Basket(1_237, "EUR"), 500) == Discount(1_237, 124, 1)


def test_points_that_would_buy_nothing_are_not_taken() -> None:
    assert discount_of(reward("money", 1), Basket(500, "EUR"), 302) == Discount(100, 300, 1)
    assert discount_of(reward("money", 1), Basket(500, "EUR"), 2) == NOTHING


def test_fewer_points_than_the_fewest_buy_nothing() -> None:
    assert discount_of(reward("money", 50), Basket(500, "EUR"), 49) == NOTHING


@given(st.sampled_from(sorted(PARAMETERS)), st.data())
def test_no_discount_exceeds_its_basket_or_its_lines(kind: str, data: st.DataObject) -> None:
    lines = data.draw(
        st.lists(
            st.builds(
                BasketLine,
                references=st.frozensets(st.sampled_from(["pan", "cafe"]), max_size=1),
                category=st.sampled_from(["Bar", "Pan", ""]),
                quantity_milli=st.integers(1, 20_000),
                total_minor=st.integers(1, 50_000),
            ),
            max_size=6,
        )
    )
    bought = basket(*lines)
    found = discount_of(reward(kind, 3), bought, data.draw(st.integers(3, 5_000)))
    assert found.minor <= bought.total_minor
    assert len(found.lines) in {0, len(lines)}
    assert all(
        part <= line.total_minor for part, line in zip(found.lines, lines, strict=bool(found.lines))
    )
    assert (found.points == 0) == (found.times == 0)


@given(per=st.integers(1, 500), minor=st.integers(1, 500), bill=st.integers(1, 100_000))
def test_enough_points_always_pay_exactly_the_bill(per: int, minor: int, bill: int) -> None:
    wallet = reward("money", 1, per_points=per, minor=minor)
    found = discount_of(wallet, Basket(bill, "EUR"), 100_000_000)
    assert found.minor == bill
    fewer = found.points - 1
    assert fewer == 0 or discount_of(wallet, Basket(bill, "EUR"), fewer).minor < bill


def test_a_reward_fits_no_smaller_basket_and_no_other_currency() -> None:
    from_twenty = RewardFacts(
        REWARD, "Cinco", 100, "fixed", {"minor": 500}, currency="EUR", minimum_minor=2_000
    )
    assert discount_of(from_twenty, Basket(1_999, "EUR")) == NOTHING
    assert discount_of(from_twenty, Basket(2_000, "EUR")).minor == 500
    assert discount_of(from_twenty, Basket(9_000, "USD")) == NOTHING


def test_a_discount_of_the_tills_own_carries_none_of_ours() -> None:
    own = BasketLine(frozenset(), "", 1_000, -200)
    found = discount_of(reward("fixed"), basket(BREAD, own))
    assert found == Discount(100, 100, 1, (100, 0))


def test_stamps_are_earned_by_visit_from_an_amount_on() -> None:
    card = reward("stamps", 9, per="visit", from_minor=500)
    assert stamps.stamps_earned(card, Basket(499, "EUR")) == 0
    assert stamps.stamps_earned(card, Basket(500, "EUR")) == 1
    assert stamps.stamps_earned(card, Basket(0, "EUR")) == 0


def test_stamps_are_earned_by_piece_up_to_the_most_of_a_sale() -> None:
    assert stamps.stamps_earned(reward("stamps", 9), BASKET) == 3
    most = reward("stamps", 9, per="product", categories=["Bar"], per_sale_most=2)
    assert stamps.stamps_earned(most, BASKET) == 2


def test_a_full_card_gives_one_of_what_it_was_stamped_for() -> None:
    assert discount_of(reward("stamps", 9), BASKET) == Discount(166, 9, 1, (0, 166, 0))
    bread = reward("stamps", 9, per="visit", free_products=["pan"])
    assert discount_of(bread, BASKET) == Discount(150, 9, 1, (150, 0, 0))


@pytest.mark.parametrize(
    ("kind", "parameters", "field"),
    [
        ("fixed", {}, "minor"),
        ("fixed", {"minor": 0}, "minor"),
        ("fixed", {"minor": -5}, "minor"),
        ("fixed", {"minor": 1.5}, "minor"),
        ("fixed", {"minor": True}, "minor"),
        ("fixed", {"minor": 10**12}, "minor"),
        ("fixed", {"minor": 5, "minr": 5}, "minr"),
        ("percent", {"percent": 101}, "percent"),
        ("percent", {"percent": 10, "cap_minor": 0}, "cap_minor"),
        ("percent", {"percent": 10, "products": "pan"}, "products"),
        ("product", {"pieces": 0}, "pieces"),
        ("product", {"products": [""]}, "products"),
        ("money", {"per_points": 0, "minor": 1}, "per_points"),
        ("money", {"per_points": 1}, "minor"),
        ("stamps", {"per": "day"}, "per"),
        ("stamps", {"per": "product"}, "products"),
    ],
)
def test_parameters_that_cannot_be_are_refused(
    kind: str, parameters: dict[str, object], field: str
) -> None:
    with pytest.raises(SettingInvalidError) as refused:
        kind_of(kind).check(parameters)
    assert refused.value.facts == {"field": field}
