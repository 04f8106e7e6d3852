"""What is on a stamp card, in words: how far, what waits, what is reserved, what is owed."""

from app.language import gettext, ngettext
from app.points_words import debt_text, near_day, waiting_texts
from app.text import stamps_text
from loyalty.journeys.stamp_cards import StampCard


def spoken_text(there: int, full: int) -> str:
    """Say how far a card is: 3 de 9 sellos; of one that is more than full, how many there are."""
    if there > full:
        return stamps_text(there)
    return gettext("%(there)s de %(full)s sellos", there=there, full=full)


def missing_text(card: StampCard) -> str:
    """Say how many stamps are missing, or how often a card can be redeemed."""
    if not card.full:
        left = card.reward.points - card.stamps
        return ngettext("Te falta %(num)s sello", "Te faltan %(num)s sellos", left)
    over = card.stamps - card.full * card.reward.points
    told = ngettext(
        "Cartilla llena: pídelo en la caja.",
        "%(num)s cartillas llenas: pídelas en la caja.",
        card.full,
    )
    if not over:
        return told
    return " ".join((told, gettext("Y %(stamps)s de la siguiente.", stamps=stamps_text(over))))


def waits_texts(card: StampCard, zone: str) -> tuple[str, ...]:
    """Say which stamps cannot be used yet, which the next ones cover, and which end next."""
    told = [*waiting_texts(card.now, card.pending_until, zone, stamps_text)]
    if card.now.debt:
        told.append(debt_text(card.now.debt, stamps_text))
    if card.now.expiring_at is not None and card.now.expiring_points:
        told.append(
            ngettext(
                "%(count)s sello caduca el %(day)s.",
                "%(count)s sellos caducan el %(day)s.",
                card.now.expiring_points,
                count=card.now.expiring_points,
                day=near_day(card.now.expiring_at, zone),
            )
        )
    return tuple(told)
