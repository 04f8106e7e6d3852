"""One number is one text, however it was typed."""

import pytest

from loyalty.kernel.phones import PhoneInvalidError, phone_normalized


@pytest.mark.parametrize(
    "typed",
    ["612345678", "612 34 56 78", "+34 612-345-678", "0034612345678", "(612) 345 678", "٦١٢٣٤٥٦٧٨"],
)
def test_a_number_is_the_same_however_it_is_typed(typed: str) -> None:
    assert phone_normalized(typed, country="ES") == "+34612345678"


@pytest.mark.parametrize(
    "typed", ["", "12", "612345", "undefined", "+34 612345678 ext. 3", "6" * 5000, "+999 123"]
)
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    with pytest.raises(PhoneInvalidError):
        phone_normalized(typed, country="ES")


def test_without_a_country_only_whole_numbers_are_read() -> None:
    assert phone_normalized("+44 20 7946 0018") == "+442079460018"
    with pytest.raises(PhoneInvalidError):
        phone_normalized("612345678")
