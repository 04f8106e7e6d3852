"""What the page of printed cards shows."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import MANAGER, OWNER, Frame, Typed, frame_of, my_stores, take_typed
from app.pages.admin_people_page import card_letters
from app.pages.admin_team_page import Choice
from app.text import short_date_text
from loyalty.codes.models import Card
from loyalty.codes.printed import printed_cards, waiting_cards
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A card that was printed."""

    name: str
    detail: str
    state: str
    tone: str
    sheet_url: str


@dataclass(frozen=True, slots=True)
class PosterLink:
    """A store's poster."""

    store: str
    href: str


@dataclass(frozen=True, slots=True)
class CardsPage:
    """Everything the page of printed cards shows."""

    frame: Frame
    stores: tuple[Choice, ...]
    posters: tuple[PosterLink, ...]
    typed: Typed
    waiting: str
    rows: tuple[PrintedRow, ...]


def cards_page(session: Session, principal: StaffPrincipal) -> CardsPage:
    """List the printed cards of this person's stores, newest first."""
    stores = {one.store_id: one for one in my_stores(session, principal, OWNER, MANAGER)}
    typed = take_typed("cards")
    waiting = waiting_cards(session, principal.program_id, tuple(stores))
    return CardsPage(
        frame=frame_of(session, principal, section="cards"),
        stores=tuple(
            Choice(str(one.store_id), one.name, is_chosen=False) for one in stores.values()
        ),
        posters=tuple(
            PosterLink(one.name, url_for("print.poster", store_id=one.store_id))
            for one in stores.values()
        ),
        typed=typed,
        waiting=ngettext(
            "%(num)s tarjeta impresa sin recoger", "%(num)s tarjetas impresas sin recoger", waiting
        ),
        rows=tuple(
            _row(card, stores[card.store_id])
            for card in printed_cards(session, principal.program_id, tuple(stores))
        ),
    )


def _row(card: Card, store: StoreFacts) -> PrintedRow:
    state, tone = gettext("sin recoger"), "quiet"
    if card.claimed_at is not None:
        state, tone = gettext("pasada a un móvil"), "success"
    if card.state == "void":
        state, tone = gettext("anulada"), "refusal"
    return PrintedRow(
        name=gettext("Tarjeta %(letters)s", letters=card_letters(card.card_id)),
        detail=f"{store.name} · {short_date_text(card.created_at, store.time_zone)}",
        state=state,
        tone=tone,
        sheet_url="" if card.state == "void" else url_for("print.sheet", cards=card.card_id),
    )
