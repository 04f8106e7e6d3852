"""What the page of a card's settings shows."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal
from app.language import gettext, ngettext
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from loyalty.codes.pins import TRIES, PinState
from loyalty.journeys.member_pin import own_pin


@dataclass(frozen=True, slots=True)
class CardSettingsPage:
    """How the PIN stands, and what was wrong with the one that was typed."""

    frame: ShopFrame
    has_pin: bool
    pin_state: str
    pin_wrong: bool


def card_settings_page(
    session: Session, shopper: ShopperPrincipal, *, pin_wrong: bool
) -> CardSettingsPage:
    """Gather what can be set for the card of this phone."""
    state = own_pin(session, shopper.browser)
    return CardSettingsPage(
        frame=shop_frame(store_of(session, shopper), tab="card"),
        has_pin=state.is_set,
        pin_state=_pin_text(state),
        pin_wrong=pin_wrong,
    )


def _pin_text(state: PinState) -> str:
    if not state.is_set:
        return gettext("Sin PIN la tarjeta impresa suma puntos, y no los usa.")
    if state.tries_left == 0:
        return gettext("Bloqueado tras cinco intentos. Pon otro aquí y vuelve a valer.")
    if state.tries_left < TRIES:
        return ngettext(
            "Puesto. Alguien falló: queda %(num)s intento.",
            "Puesto. Alguien falló: quedan %(num)s intentos.",
            state.tries_left,
        )
    return gettext("Puesto. Lo tecleas en la caja cuando vas sin el móvil.")
