"""How amounts are written in the language of whoever reads them; the till gets the same pattern."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol

from loyalty.kernel.money import minor_digits
from loyalty.wire.display import MoneyPattern

CURRENCY_SIGN = "¤"


@lru_cache(maxsize=64)
def money_pattern(currency: str, language: str, country: str = "") -> MoneyPattern:
    """Give the pattern of one currency in one language, as the country writes it if known."""
    locale = _locale(language, country)
    symbol = get_currency_symbol(currency, locale)
    form = locale.currency_formats["standard"]
    signs = locale.number_symbols["latn"]
    return MoneyPattern(
        decimals=minor_digits(currency),
        decimal=signs["decimal"],
        group=signs["group"],
        prefix=form.prefix[0].replace(CURRENCY_SIGN, symbol),
        suffix=form.suffix[0].replace(CURRENCY_SIGN, symbol),
    )


def _locale(language: str, country: str) -> Locale:
    # English readers expect English figures wherever the shop stands.
    places = (f"es_{country}", "es") if language == "es" else (language,)
    for text in places:
        try:
            return Locale.parse(text)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("es")
