"""What the page of a card's settings shows."""

from dataclasses import dataclass

from babel.dates import get_month_names
from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal
from app.language import gettext, ngettext
from app.pages.friends import friend_href
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from app.text import locale_name, points_text
from app.wiring import services
from loyalty.codes.pins import TRIES, PinState
from loyalty.journeys.card_settings import CardSettings, card_settings
from loyalty.journeys.member_pin import own_pin


@dataclass(frozen=True, slots=True)
class Birthday:
    """The day as it is typed, and the months to choose from: number, name, whether it is it."""

    day: str
    months: tuple[tuple[str, str, bool], ...]
    is_set: bool


@dataclass(frozen=True, slots=True)
class CardSettingsPage:
    """How the PIN stands, the birthday, the link for friends; `wrong` names the wrong field."""

    frame: ShopFrame
    has_pin: bool
    pin_state: str
    wrong: str
    birthday: Birthday | None
    birthday_text: str
    friend_href: str
    friend_text: str
    friends_text: str


def card_settings_page(
    session: Session, shopper: ShopperPrincipal, *, wrong: str
) -> CardSettingsPage:
    """Gather what can be set for the card of this phone."""
    store, state = store_of(session, shopper), own_pin(session, shopper.browser)
    told = card_settings(session, shopper.browser, at=services().tools.clock.now())
    can_bring = told.referral_points > 0 and told.friends_left > 0
    gain = points_text(told.referral_points)
    return CardSettingsPage(
        frame=shop_frame(store, tab="card"),
        has_pin=state.is_set,
        pin_state=_pin_text(state),
        wrong=wrong,
        birthday=_birthday(told),
        birthday_text=gettext(
            "Si quieres, dinos el día: la tienda te regala %(points)s. El año no.",
            points=points_text(told.birthday_points),
        ),
        friend_href=friend_href(store, told.member_id) if can_bring else "",
        friend_text=gettext(
            "Comparte este enlace. Con su primera compra ganáis %(points)s cada uno.", points=gain
        ),
        friends_text=ngettext(
            "Has traído a %(num)s persona.", "Has traído a %(num)s personas.", told.friends
        )
        if told.friends
        else "",
    )


def _birthday(told: CardSettings) -> Birthday | None:
    """Offer the field where the shop gives something for it, or where it is filled in."""
    if told.birthday is None and told.birthday_points == 0:
        return None
    names = get_month_names("wide", context="stand-alone", locale=locale_name())
    at = told.birthday
    return Birthday(
        day=str(at.day) if at else "",
        months=tuple(
            (str(month), names[month], at is not None and at.month == month)
            for month in range(1, 13)
        ),
        is_set=at is not None,
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
