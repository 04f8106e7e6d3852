"""What a sale may be, and how payment card numbers are struck out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.sales import rules
from loyalty.sales.errors import AmountInvalidError, CurrencyMismatchError
from loyalty.sales.rules import SaleLineReport


@pytest.mark.parametrize(("total", "lines"), [(1, 0), (0, 1), (TOTAL_MINOR_MAX, 0)])
def test_amounts_that_can_be(total: int, lines: int) -> None:
    rules.check_total(total, lines=lines)


@pytest.mark.parametrize(("total", "lines"), [(0, 0), (-1, 0), (-1, 3), (TOTAL_MINOR_MAX + 1, 1)])
def test_amounts_that_cannot_be(total: int, lines: int) -> None:
    with pytest.raises(AmountInvalidError):
        rules.check_total(total, lines=lines)


def test_a_store_takes_its_own_currency() -> None:
    rules.check_currency("EUR", store_currency="EUR")
    with pytest.raises(CurrencyMismatchError):
        rules.check_currency("USD", store_currency="EUR")


@pytest.mark.parametrize(
    "line",
    [
        SaleLineReport("", "", 1000, TOTAL_MINOR_MAX + 1),
        SaleLineReport("", "", -rules.QUANTITY_MILLI_MAX - 1, 100),
    ],
)
def test_lines_no_till_means_are_refused(line: SaleLineReport) -> None:
    with pytest.raises(AmountInvalidError):
        rules.check_lines([line])


def test_more_lines_than_any_basket_are_refused() -> None:
    with pytest.raises(AmountInvalidError):
        rules.check_lines([SaleLineReport("", "", 1000, 1)] * (rules.LINES_MAX + 1))


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5500005555555559",
        "2223003122003222",
        "371449635398431",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6200000000000005",
        "6759649826438453",
    ],
)
def test_card_numbers_keep_their_last_four_digits(number: str) -> None:
    masked, found = rules.mask_card_numbers(f"tarjeta {number}, gracias")
    assert found == 1
    assert number not in masked
    assert masked.endswith(f"{number[-4:]}, gracias")
    assert sum(char.isdigit() for char in masked) == 4


@pytest.mark.parametrize(
    "text",
    [
        "8410297112345",  # EAN-13
        "4222222222222",  # as long as an EAN-13, and no card has been for decades
        "20260302091500123",  # a time
        "4111111111111112",  # the last digit does not fit
        "9111111111111111",  # no brand begins so
        "ES9121000418450200051332",  # an IBAN
        "4111",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert rules.mask_card_numbers(text) == (text, 0)


def test_two_numbers_in_one_text_are_both_struck_out() -> None:
    text = "4111111111111111 / 371449635398431"
    masked, found = rules.mask_card_numbers(text)
    assert found == 2
    assert masked == "••••••••••••1111 / •••••••••••8431"


@given(st.text(max_size=60))
def test_masking_never_changes_what_is_no_digit(text: str) -> None:
    masked, found = rules.mask_card_numbers(text)
    if not found:
        assert masked == text
    again, more = rules.mask_card_numbers(masked)
    assert (again, more) == (masked, 0)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5))
def test_the_order_of_fields_does_not_matter_to_the_hash(fields: dict[str, object]) -> None:
    turned = dict(reversed(list(fields.items())))
    assert rules.request_hash(fields) == rules.request_hash(turned)
