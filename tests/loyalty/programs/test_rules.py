"""Names, addresses, codes and PINs in their one form."""

from datetime import UTC, date, datetime

import pytest

from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs import rules


@pytest.mark.parametrize(
    ("typed", "kept"), [("sol", "SOL"), (" Panaderia-Sol ", "PANADERIA-SOL"), ("24h", "24H")]
)
def test_a_stores_address_has_one_form(typed: str, kept: str) -> None:
    assert rules.slug_checked(typed) == kept


@pytest.mark.parametrize("typed", ["", "-", "A--B", "-A", "A-", "PANADERÍA", "A B", "A" * 41])
def test_what_cannot_be_printed_is_no_address(typed: str) -> None:
    with pytest.raises(SettingInvalidError):
        rules.slug_checked(typed)


def test_the_day_is_the_stores_own() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert rules.local_day(late, "Europe/Madrid") == date(2026, 3, 3)
    assert rules.local_day(late, "Atlantic/Canary") == date(2026, 3, 2)


@pytest.mark.parametrize("typed", ["bcde-fghi", " BCDE FGHI ", "b c d e f g h i"])
def test_a_pairing_code_is_read_as_people_type_it(typed: str) -> None:
    assert rules.read_pairing_code(typed) == "BCDEFGHI"


@pytest.mark.parametrize("typed", ["", "BCDEFGH", "BCDEFGHIJ", "ABCDEFGH", "BCDEFGH1"])
def test_other_letters_are_no_pairing_code(typed: str) -> None:
    assert rules.read_pairing_code(typed) is None


def test_codes_are_drawn_in_their_own_letters() -> None:
    assert all(rules.read_pairing_code(rules.new_pairing_code()) for _ in range(50))
    codes = {rules.new_challenge_code() for _ in range(50)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 40


def test_a_pin_is_kept_slowly_and_with_salt() -> None:
    kept, again = rules.pin_hash("4711"), rules.pin_hash("4711")
    assert kept != again
    assert "4711" not in kept
    assert rules.pin_matches("4711", kept)
    assert not rules.pin_matches("4712", kept)
    assert not rules.pin_matches("4711", None)
