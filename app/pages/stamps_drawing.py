"""A card of stamps as it is drawn: a knot for each stamp, the last one a gift."""

from dataclasses import dataclass
from typing import Final

from app.language import gettext, ngettext
from loyalty.journeys.stamp_cards import StampCard

PER_ROW: Final = 10
STEP: Final = 32
MIDDLE: Final = 16
SHOWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Stamp:
    """One place of the card, in the drawing's units."""

    x: int
    y: int
    is_there: bool
    is_gift: bool


@dataclass(frozen=True, slots=True)
class Stamps:
    """A whole card: `spoken` for those who cannot see it; many stamps are only counted."""

    name: str
    spoken: str
    missing: str
    is_full: bool
    width: int
    height: int
    stamps: tuple[Stamp, ...]


def stamps_of(card: StampCard) -> Stamps:
    """Draw a card of stamps."""
    full = card.reward.points
    there = min(card.stamps, full)
    left = full - there
    places = range(full) if full <= SHOWN_MAX else range(0)
    return Stamps(
        name=card.reward.name,
        spoken=gettext("%(there)s de %(full)s sellos", there=there, full=full),
        missing=ngettext("Te falta %(num)s sello", "Te faltan %(num)s sellos", left)
        if left
        else gettext("Cartilla llena: pídelo en la caja."),
        is_full=not left,
        width=STEP * min(full, PER_ROW),
        height=STEP * -(-full // PER_ROW),
        stamps=tuple(
            Stamp(
                x=place % PER_ROW * STEP + MIDDLE,
                y=place // PER_ROW * STEP + MIDDLE,
                is_there=place < there,
                is_gift=place == full - 1,
            )
            for place in places
        ),
    )
