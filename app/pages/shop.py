"""The shop's goods on a phone: look, search, put into the cart; all of it without scripts."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.cart_cookie import cart_of_browser, cart_of_form, cart_token, set_cart_cookie
from app.forms import id_of
from app.language import gettext
from app.pages.shop_frame import say, store_at
from app.pages.shop_page import Looked, shop_address, shop_page, takes_orders
from app.pages.visited import begin_visit, phone_here, visit_of
from app.wiring import services
from loyalty.journeys.fill_cart import look_at_cart, step_in_cart
from loyalty.orders.errors import OrderInvalidError

bp = Blueprint("shop", __name__)

STEPS = {"more": 1, "less": -1}
TEXT_MAX = 80
TOKEN_MAX = 400
PAGE_MAX = 10_000


@bp.get("/S/<slug>/shop")
def goods(slug: str) -> str:
    """Show what the store sells; opening it is a web session, as on the store's first page."""
    store, parts = store_at(slug), services()
    mine, looked = phone_here(store), _looked(request.args)
    if visit_of(store, looked.visit) is None:
        looked = replace(looked, visit=begin_visit(store, mine))
    place = cart_of_browser(store)
    with parts.database.reading(store.program_id) as session:
        cart = look_at_cart(session, place)
        page = shop_page(
            session,
            store,
            looked,
            cart=cart,
            cart_token=cart_token(store, place),
            has_card=mine is not None,
        )
    return render_template("shop/goods.html", page=page)


@bp.post("/S/<slug>/shop")
def put(slug: str) -> Redirect:
    """Put one more or one less of a product into the cart, and go back to where it stands."""
    store, parts = store_at(slug), services()
    place, product_id = cart_of_form(store), id_of("product_id")
    looked = _looked(request.form)
    visit_id = visit_of(store, looked.visit)
    try:
        with parts.database.unit_of_work(store.program_id) as session:
            if takes_orders(session, store):
                step_in_cart(
                    session,
                    place,
                    product_id,
                    steps=STEPS.get(request.form.get("step", ""), 0),
                    visit_id=visit_id,
                    tools=parts.tools,
                )
    except OrderInvalidError as refusal:
        say(refused_words(refusal))
    address = shop_address(store, looked, page=looked.page)
    response = redirect(f"{address}#p-{product_id.hex[-12:]}", 303)
    set_cart_cookie(response, place)
    return response


def refused_words(refusal: OrderInvalidError) -> str:
    """Say why something cannot be put into a cart."""
    words = {
        "product": gettext("Eso ya no está a la venta."),
        "too_many_lines": gettext("En un pedido caben 100 productos distintos."),
        "quantity": gettext("Esa cantidad no se puede pedir."),
    }
    return words.get(str(refusal.facts.get("reason")), words["quantity"])


def _looked(told: Mapping[str, str]) -> Looked:
    page = told.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) <= len(str(PAGE_MAX)) else 1
    return Looked(
        text=told.get("q", "")[:TEXT_MAX].strip(),
        category=told.get("category", "")[:TEXT_MAX],
        page=max(1, min(number, PAGE_MAX)),
        visit=told.get("visit", "")[:TOKEN_MAX],
    )
