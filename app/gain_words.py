"""What a rule of earning gives, in words: for owners, shoppers and tills alike."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal

from app.language import gettext, ngettext
from app.text import locale_name, money_text, points_text, rule_text
from loyalty.points.earning.document import Rule
from loyalty.points.earning.rulesets import EarningTold
from loyalty.points.rewards.stamps import PER_SALE_MAX, StampTerms


def gain_text(rule: Rule, currency: str) -> str:
    """Say what a rule gives, before its conditions."""
    if rule.kind == "per_visit":
        return gettext("%(points)s por cada compra", points=points_text(rule.points))
    if rule.kind == "per_unit":
        units = rule.per_units or 1
        each = ngettext(
            "por cada unidad o kilo", "por cada %(count)s unidades o kilos", units, count=units
        )
        return f"{points_text(rule.points)} {each}"
    return rule_text(rule.points, rule.per_minor or 1, currency)


def earning_text(told: EarningTold) -> str:
    """Tell whoever shops how points are earned: at which rate, that they are, or nothing."""
    if told.rate is not None:
        return rule_text(told.rate.points, told.rate.per_minor, told.rate.currency)
    return gettext("Ganas puntos con tus compras") if told.gives else ""


def times_text(times: Fraction) -> str:
    """Say a multiplier: el doble, el triple, por 1,5."""
    words = {
        Fraction(1, 2): gettext("la mitad"),
        Fraction(2): gettext("el doble"),
        Fraction(3): gettext("el triple"),
    }
    return words.get(times) or gettext("por %(number)s", number=times_number(times))


def times_number(times: Fraction) -> str:
    """Write a multiplier as a number: 1,5."""
    exact = Decimal(times.numerator) / Decimal(times.denominator)
    return format_decimal(exact, format="0.##", locale=locale_name())


def terms_text(terms: StampTerms, currency: str | None) -> str:
    """Say what a purchase is stamped for: uno por pieza, hasta 4 por compra."""
    told = gettext("uno por compra") if terms.per == "visit" else gettext("uno por pieza")
    if terms.from_minor and currency is not None:
        amount = money_text(terms.from_minor, currency)
        told = gettext("%(stamps)s desde %(amount)s", stamps=told, amount=amount)
    if terms.per == "product" and terms.most < PER_SALE_MAX:
        told = gettext("%(stamps)s, hasta %(most)s por compra", stamps=told, most=terms.most)
    return told
