"""A member's tier, in words: where they stand and what is missing."""

from dataclasses import dataclass

from app.gain_words import times_text
from app.language import gettext
from app.text import money_text, points_text
from loyalty.journeys.card_tier import CardTier
from loyalty.points.earning.document import ONE


@dataclass(frozen=True, slots=True)
class TierWords:
    """A title, what it brings, and what is missing for the next; "" where there is nothing."""

    title: str
    brings: str
    missing: str


def tier_words(tier: CardTier, *, currency: str) -> TierWords:
    """Write a tier for its member."""
    held = tier.held
    return TierWords(
        title=gettext("Nivel %(name)s", name=held.name) if held else gettext("Tu nivel"),
        brings=gettext("Tus compras suman %(times)s.", times=times_text(held.times))
        if held and held.times != ONE
        else "",
        missing=_missing(tier, currency),
    )


def _missing(tier: CardTier, currency: str) -> str:
    if tier.ahead is None:
        return ""
    amount = points_text(tier.missing)
    if tier.by != "points":
        amount = gettext("%(amount)s de compras", amount=money_text(tier.missing, currency))
    return gettext(
        "Para %(name)s: %(amount)s más. Cuenta lo de %(months)s meses.",
        name=tier.ahead.name,
        amount=amount,
        months=tier.months,
    )
