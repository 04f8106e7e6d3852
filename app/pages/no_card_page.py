"""What a phone without a card is told; one whose card ended is told where to get it back."""

from dataclasses import dataclass

from flask import request, url_for

from app.auth import cookie_name, split_credential
from app.wiring import services
from loyalty.programs.queries import stores_of


@dataclass(frozen=True, slots=True)
class ShopDoor:
    """A shop of the card that ended: its page, and where the card is found again."""

    name: str
    shop_href: str
    save_href: str


@dataclass(frozen=True, slots=True)
class NoCardPage:
    """No card here: never had one, or it ended; then `doors` lead back."""

    doors: tuple[ShopDoor, ...]


def no_card_page() -> NoCardPage:
    """Gather the page from what is left of a card on this phone: its cookie."""
    left = split_credential(request.cookies.get(cookie_name("card")))
    if left is None:
        return NoCardPage(())
    with services().database.reading(left[0]) as session:
        stores = stores_of(session, left[0])
    return NoCardPage(
        tuple(
            ShopDoor(
                name=store.name,
                shop_href=url_for("store.shop", slug=store.slug),
                save_href=url_for("save.ask", slug=store.slug),
            )
            for store in stores
        )
    )
