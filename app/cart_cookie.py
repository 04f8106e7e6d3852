"""Which cart a browser has: one cookie a program, signed, gone when the browser is closed."""

from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from app.links import LinkExpiredError, LinkPurpose
from app.wiring import is_https, services
from loyalty.kernel.ids import new_id
from loyalty.orders.carts import CartPlace
from loyalty.programs.queries import StoreFacts


def cart_of_browser(store: StoreFacts) -> CartPlace | None:
    """Say which cart the browser has in this store; None when it never put anything in one."""
    return _read(store, request.cookies.get(_name(store.program_id), ""))


def cart_token(store: StoreFacts, place: CartPlace | None) -> str:
    """Sign which cart a page puts things into: the browser's, or one that it will get.

    It stands in the page, so that the first two taps, sent at once, meet in one cart; and
    nothing is kept in the browser before something was put in.
    """
    made = place or _new_cart(store)
    payload = {"program_id": made.program_id, "cart_id": str(made.cart_id)}
    return services().links.sign(LinkPurpose.CART, payload)


def cart_of_form(store: StoreFacts) -> CartPlace:
    """Say which cart a form is about: the browser's, else the one its page was made with."""
    found = cart_of_browser(store) or _read(store, request.form.get("cart", ""))
    return found or _new_cart(store)


def _new_cart(store: StoreFacts) -> CartPlace:
    cart_id = new_id(services().tools.clock.now())
    return CartPlace(store.program_id, cart_id, store.store_id)


def _read(store: StoreFacts, token: str) -> CartPlace | None:
    try:
        payload, _ = services().links.read(LinkPurpose.CART, token)
    except LinkExpiredError:
        return None
    if payload["program_id"] != store.program_id:
        return None
    return CartPlace(store.program_id, UUID(str(payload["cart_id"])), store.store_id)


def set_cart_cookie(response: Response, place: CartPlace) -> None:
    """Hand the cart's place to the browser; nothing is kept before something was put in."""
    payload = {"program_id": place.program_id, "cart_id": str(place.cart_id)}
    response.set_cookie(
        _name(place.program_id),
        services().links.sign(LinkPurpose.CART, payload),
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )


def _name(program_id: int) -> str:
    """Name the cookie; `__Host-` binds it to this host where there is https."""
    return f"__Host-enlaza-cart-{program_id}" if is_https() else f"enlaza-cart-{program_id}"
