"""Prices of quantities, in whole cents."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.catalog.rules import Unit, is_quantity, price_of, tax_within


@pytest.mark.parametrize(
    ("quantity_milli", "price_minor", "total"),
    [(1000, 120, 120), (2000, 120, 240), (350, 235, 82), (10, 50, 0), (30, 50, 2), (0, 120, 0)],
)
def test_a_weight_costs_its_share_of_the_kilogram(
    quantity_milli: int, price_minor: int, total: int
) -> None:
    assert price_of(quantity_milli, price_minor) == total


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_price_is_the_exact_one_rounded_once(quantity_milli: int, price_minor: int) -> None:
    assert price_of(quantity_milli, price_minor) == round(
        Fraction(quantity_milli * price_minor, 1000)
    )


@given(st.integers(0, 10**9), st.sampled_from([0, 400, 1000, 2100]))
def test_the_tax_within_a_total_leaves_the_net_price(total: int, tax_bp: int) -> None:
    tax = tax_within(total, tax_bp)
    assert tax == round(Fraction(total * tax_bp, 10_000 + tax_bp))
    assert 0 <= tax <= total


@pytest.mark.parametrize(
    ("quantity_milli", "unit", "allowed"),
    [(1000, "piece", True), (1500, "piece", False), (1500, "kg", True), (0, "kg", False)],
)
def test_pieces_are_whole_and_weights_are_not(
    quantity_milli: int, unit: Unit, *, allowed: bool
) -> None:
    assert is_quantity(quantity_milli, unit) is allowed
