"""Money is whole minor units of one currency."""

import pytest

from loyalty.kernel.money import Money, minor_digits


def test_currencies_know_their_decimals() -> None:
    assert [minor_digits(code) for code in ("EUR", "CLP", "KWD")] == [2, 0, 3]


def test_amounts_of_one_currency_subtract() -> None:
    assert Money(1240, "EUR").minus(Money(240, "EUR")) == Money(1000, "EUR")


def test_amounts_of_two_currencies_do_not() -> None:
    with pytest.raises(AssertionError, match="two currencies"):
        Money(1, "EUR").minus(Money(1, "USD"))
