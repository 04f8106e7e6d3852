"""A price list's numbers are read as their owner wrote them, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.decimal_marks import DecimalMark, guess_mark, read_number


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1,20", ",", "1.20"),
        ("1.234,50 €", ",", "1234.50"),
        ("€ 3", ",", "3"),
        ("1,234.50", ".", "1234.50"),
        ("12.345", ",", "12345"),
        ("12.345", ".", "12.345"),
        ("2 EUR", ".", "2"),
        ("10\u00a0%", ",", "10"),
        ("-3", ",", "-3"),
    ],
)
def test_a_number_is_read_under_its_mark(text: str, mark: DecimalMark, number: str) -> None:
    assert read_number(text, mark=mark) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "mark"),
    [("1,2,3", ","), ("12.34", ","), ("1.2345,0", ","), ("", "."), ("uno", "."), ("1e3", "."),
     ("٣", "."), ("1,23", "."), ("=1+1", ","), ("--1", ",")],
)  # fmt: skip
def test_what_is_no_number_under_the_mark_is_not_guessed(text: str, mark: DecimalMark) -> None:
    assert read_number(text, mark=mark) is None


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1", "2,5"], ","),
        (["1.5", "1,234.50"], "."),
        (["1,234", "2.500"], None),
        (["1,5", "1.5"], None),
        (["7", "8"], None),
        ([], None),
    ],
)
def test_the_mark_is_told_only_by_numbers_that_can_have_one_alone(
    texts: list[str], mark: DecimalMark | None
) -> None:
    assert guess_mark(texts) == mark


@given(st.integers(0, 10**9), st.sampled_from([",", "."]), st.booleans())
def test_what_a_spreadsheet_writes_is_read_back(
    cents: int,
    mark: DecimalMark,
    with_groups: bool,  # noqa: FBT001
) -> None:
    whole, part = divmod(cents, 100)
    group = {",": ".", ".": ","}[mark]
    written = f"{whole:,}".replace(",", group) if with_groups else str(whole)
    assert read_number(f"{written}{mark}{part:02d} €", mark=mark) == Decimal(cents) / 100
