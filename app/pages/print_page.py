"""What the poster and the sheet of cards show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.gain_words import earning_text
from app.language import gettext, ngettext
from app.pages.admin_people_page import card_letters
from app.text import whole_text
from app.wiring import Services
from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import card_address, issue_card_text, store_address
from loyalty.codes.models import Card
from loyalty.codes.render import qr_svg
from loyalty.kernel.errors import NotFoundError
from loyalty.points.earning.rulesets import earning_told
from loyalty.points.queries import rewards_of
from loyalty.points.rewards.terms import offered_for_points
from loyalty.programs.queries import StoreFacts

REWARDS_SHOWN: Final = 3
CARDS_ON_PAGE: Final = 5


@dataclass(frozen=True, slots=True)
class PosterReward:
    """One of the rewards on the poster."""

    points: str
    name: str


@dataclass(frozen=True, slots=True)
class PosterPage:
    """Everything the poster shows."""

    store: str
    street: str
    accent_url: str
    back_url: str
    code: Markup
    address: str
    rewards: tuple[PosterReward, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class SheetCard:
    """One card: its front in the shop's color, its back with the code."""

    store: str
    street: str
    accent: str
    rule: str
    letters: str
    code: Markup


@dataclass(frozen=True, slots=True)
class SheetPage:
    """Everything the sheet of cards shows; `accents` are the stylesheets of its stores."""

    title: str
    back_url: str
    accents: tuple[str, ...]
    pages: tuple[tuple[SheetCard, ...], ...]


def poster_page(session: Session, store: StoreFacts, *, parts: Services) -> PosterPage:
    """Lay out a store's poster: the promise, the code, the nearest rewards, three steps."""
    base_url = parts.settings.base_url
    now = parts.tools.clock.now()
    rewards = offered_for_points(rewards_of(session, store.program_id), at=now)[:REWARDS_SHOWN]
    return PosterPage(
        store=store.name,
        street=store.street,
        accent_url=_accent(store),
        back_url=url_for("admin_cards.cards"),
        code=_picture(
            store_address(base_url, store.slug),
            label=gettext("Código con la dirección de %(store)s", store=store.name),
        ),
        address=f"{base_url.partition('://')[2]}/S/{store.slug}",
        rewards=tuple(PosterReward(whole_text(one.points), one.name) for one in rewards),
        rule=_rule(session, store, parts=parts),
    )


def sheet_page(
    session: Session,
    stores: Sequence[StoreFacts],
    asked: Sequence[str],
    *,
    parts: Services,
    person_id: str,
) -> SheetPage:
    """Lay out the asked cards, as far as they are of these stores and still good.

    Errors: `NotFoundError` when none is.
    """
    mine = {one.store_id: one for one in stores}
    found = (card_by_id(session, stores[0].program_id, card_id) for card_id in asked)
    cards = [card for card in found if card and card.store_id in mine and card.state == "active"]
    if not cards:
        raise NotFoundError
    worn = {card.store_id: mine[card.store_id] for card in cards}
    laid = [_card(session, card, mine[card.store_id], parts=parts) for card in cards]
    back = url_for("admin_cards.cards")
    if person_id:
        back = url_for("admin_people.person", person_id=person_id)
    return SheetPage(
        title=ngettext("%(num)s tarjeta", "%(num)s tarjetas", len(cards)),
        back_url=back,
        accents=tuple(_accent(store) for store in worn.values()),
        pages=tuple(
            tuple(laid[first : first + CARDS_ON_PAGE])
            for first in range(0, len(laid), CARDS_ON_PAGE)
        ),
    )


def _card(session: Session, card: Card, store: StoreFacts, *, parts: Services) -> SheetCard:
    text = issue_card_text(session, card, keys=parts.tools.keys)
    letters = card_letters(card.card_id)
    return SheetCard(
        store=store.name,
        street=store.street,
        accent=f"accent-{store.store_id}",
        rule=_rule(session, store, parts=parts),
        letters=letters,
        code=_picture(
            card_address(parts.settings.base_url, text),
            label=gettext("Código de la tarjeta %(letters)s", letters=letters),
        ),
    )


def _rule(session: Session, store: StoreFacts, *, parts: Services) -> str:
    now = parts.tools.clock.now()
    return earning_text(earning_told(session, store.program_id, currency=store.currency, at=now))


def _picture(text: str, *, label: str) -> Markup:
    return Markup(qr_svg(text, label=label))  # noqa: S704  our own drawing: numbers and a label


def _accent(store: StoreFacts) -> str:
    return f"/accent/{store.program_id}-{store.store_id}.css"
