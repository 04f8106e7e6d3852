"""A card of stamps as it is drawn: a knot for each stamp, the last one a gift."""

from dataclasses import dataclass
from typing import Final

from app.language import gettext
from app.stamp_words import missing_text, spoken_text, waits_texts
from app.text import whole_text
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
    is_waiting: bool
    is_gift: bool


@dataclass(frozen=True, slots=True)
class Stamps:
    """A whole card: `spoken` for those who cannot see it; many stamps are only counted."""

    key: str
    name: str
    spoken: str
    why: str
    missing: str
    waits: tuple[str, ...]
    is_full: bool
    width: int
    height: int
    stamps: tuple[Stamp, ...]


def stamps_of(card: StampCard, *, zone: str) -> Stamps:
    """Draw a card of stamps; what waits until returns are over stands beside what is there."""
    full = card.reward.points
    there = min(card.stamps, full)
    coming = there + card.now.pending
    places = range(full) if full <= SHOWN_MAX else range(0)
    return Stamps(
        key=str(card.reward.reward_id),
        name=card.reward.name,
        why=gettext("¿Por qué %(figure)s?", figure=whole_text(card.stamps))
        if card.stamps or card.waits
        else "",
        spoken=spoken_text(card.stamps, full),
        missing=missing_text(card),
        waits=waits_texts(card, zone),
        is_full=card.is_full,
        width=STEP * min(full, PER_ROW),
        height=STEP * -(-full // PER_ROW),
        stamps=tuple(
            Stamp(
                x=place % PER_ROW * STEP + MIDDLE,
                y=place // PER_ROW * STEP + MIDDLE,
                is_there=place < there,
                is_waiting=there <= place < coming,
                is_gift=place == full - 1,
            )
            for place in places
        ),
    )
