"""Money is whole minor units with a currency; there are no floats in the house."""

from dataclasses import dataclass

# ISO 4217: the currencies whose minor unit is not a hundredth.
MINOR_DIGITS = {"CLP": 0, "JPY": 0, "KRW": 0, "PYG": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}
MINOR_DIGITS_USUAL = 2
# Ten million euros on one ticket is a slip of the finger, not a sale.
TOTAL_MINOR_MAX = 1_000_000_000


def minor_digits(currency: str) -> int:
    """Say how many decimals a currency is written with (EUR 2, CLP 0)."""
    return MINOR_DIGITS.get(currency, MINOR_DIGITS_USUAL)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in whole minor units (cents) of one currency."""

    minor: int
    currency: str

    def minus(self, other: "Money") -> "Money":
        """Take `other` away; both must be of one currency."""
        assert self.currency == other.currency, "amounts of two currencies do not subtract"
        return Money(self.minor - other.minor, self.currency)
