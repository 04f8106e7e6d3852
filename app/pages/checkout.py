"""The cart, and ordering what is in it: once, whatever is tapped how often."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.cart_cookie import cart_of_browser
from app.forms import read_id
from app.guards import guard_ordering
from app.language import gettext, language
from app.links import LinkExpiredError, LinkPurpose
from app.pages.cart_typed import keep_typed, kept, typed, wanted_slot
from app.pages.checkout_page import CartPage, Trouble, TypedForm, cart_page, nearest
from app.pages.goods_words import span_text, window_text
from app.pages.shop import STEPS, refused_words
from app.pages.shop_frame import say, store_at
from app.pages.visited import phone_here
from app.problems import make_problem
from app.wiring import services
from loyalty.catalog.errors import StockShortError
from loyalty.identity.queries import member_by_id
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.cart_rewards import CartReward, rewards_for_cart
from loyalty.journeys.check_out import CheckedOut, CheckoutRequest, check_out
from loyalty.journeys.fill_cart import CartView, look_at_cart, set_in_cart, step_in_cart
from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.kernel.addresses import EmailInvalidError, email_normalized
from loyalty.kernel.errors import LoyaltyError, TooManyTriesError
from loyalty.orders.carts import CartPlace
from loyalty.orders.errors import OrderInvalidError, SlotFullError, SlotUnavailableError
from loyalty.orders.place import Contact
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import NAME_LENGTH_MAX
from loyalty.points.errors import PointsShortError, RedeemingBlockedError
from loyalty.points.reward_errors import (
    RewardLimitError,
    RewardMisfitError,
    RewardNotOfferedError,
    RewardSoldOutError,
)
from loyalty.programs.queries import StoreFacts

bp = Blueprint("checkout", __name__)

QUANTITY_DIGITS_MAX = 10
POINTS_DIGITS_MAX = 7
NOT_PLACED = (
    SlotFullError,
    SlotUnavailableError,
    StockShortError,
    OrderInvalidError,
    PointsShortError,
    RedeemingBlockedError,
    RewardLimitError,
    RewardMisfitError,
    RewardNotOfferedError,
    RewardSoldOutError,
)
PHONE_LENGTH_MAX = 30
NOTE_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """The cart as a page showed it, by the page's own signature."""

    place: CartPlace
    order_id: UUID
    seal: str


@bp.get("/S/<slug>/cart")
def cart(slug: str) -> str:
    """Show what is in the cart, when it can be collected, and ask who collects it."""
    store, parts = store_at(slug), services()
    mine, place = phone_here(store), cart_of_browser(store)
    with parts.database.reading(store.program_id) as session:
        name = ""
        if mine is not None:
            member = member_by_id(
                session, store.program_id, owner_of(session, mine.browser).member_id
            )
            name = (member.display_name if member else None) or ""
        before, wanted = kept()
        form = before or TypedForm({"name": name})
        there = look_at_cart(session, place)
        rewards = _rewards(session, store, there)
        page = cart_page(session, store, place, there, form=form, wanted=wanted, rewards=rewards)
    return render_template("shop/cart.html", page=page)


@bp.post("/S/<slug>/cart/line")
def change(slug: str) -> Redirect:
    """Change how much of a product is in the cart, by one step or to what is possible.

    The button says both, as "more/<product>"; what else was typed on the page is kept.
    """
    store, parts = store_at(slug), services()
    place = cart_of_browser(store)
    how, _, product = request.form.get("line", "").partition("/")
    product_id = read_id(product, field="line")
    keep_typed()
    try:
        if place is not None:
            with parts.database.unit_of_work(store.program_id) as session:
                _change_line(session, place, product_id, how)
    except OrderInvalidError as refusal:
        say(refused_words(refusal))
    return redirect(url_for("checkout.cart", slug=store.slug), 303)


def _change_line(session: Session, place: CartPlace, product_id: UUID, how: str) -> None:
    tools = services().tools
    if how in STEPS:
        step_in_cart(session, place, product_id, steps=STEPS[how], visit_id=None, tools=tools)
    elif how.isascii() and how.isdecimal() and len(how) <= QUANTITY_DIGITS_MAX:
        set_in_cart(session, place, product_id, quantity_milli=int(how), tools=tools)


@bp.post("/S/<slug>/cart")
def order(slug: str) -> Redirect | tuple[str, int]:
    """Order the cart as it was shown; whatever cannot be is said, and the cart is kept."""
    store = store_at(slug)
    shown, wanted = _shown(store), wanted_slot()
    if shown is None or wanted is None:
        return _again(store, TypedForm(typed()), wanted, _changed())
    contact, form = _contact()
    if contact is None:
        return _again(store, form, wanted, None)
    try:
        guard_ordering(store.program_id, contact.email)
        done = _checked_out(store, shown, wanted, contact)
    except TooManyTriesError:
        return _again(store, form, wanted, _too_many(), HTTPStatus.TOO_MANY_REQUESTS)
    except NOT_PLACED as refusal:
        return _again(store, form, wanted, _trouble(store, refusal, wanted))
    if done.order is None:
        return _again(store, form, wanted, _changed())
    return _to_order(done, done.order)


def _checked_out(store: StoreFacts, shown: Shown, wanted: datetime, contact: Contact) -> CheckedOut:
    mine, parts = phone_here(store), services()
    asked = CheckoutRequest(
        place=shown.place,
        order_id=shown.order_id,
        seal=shown.seal,
        slot_starts_at=wanted,
        contact=contact,
        shopper=mine.browser if mine else None,
        reward=_wanted_reward(),
    )
    with parts.database.unit_of_work(store.program_id) as session:
        return check_out(session, asked, tools=parts.tools)


def _to_order(done: CheckedOut, placed: OrderFacts) -> Redirect:
    if done.replayed:
        say(gettext("Este pedido ya estaba hecho. Es uno solo."))
    payload = {"program_id": placed.program_id, "order_id": str(placed.order_id)}
    token = services().links.sign(LinkPurpose.ORDER, payload)
    return redirect(url_for("order.order", token=token), 303)


def _again(
    store: StoreFacts,
    form: TypedForm,
    wanted: datetime | None,
    trouble: Trouble | None,
    status: HTTPStatus | None = None,
) -> tuple[str, int]:
    phone_here(store)  # looked up before the block that asks for it again
    place = cart_of_browser(store)
    with services().database.reading(store.program_id) as session:
        there = look_at_cart(session, place)
        page: CartPage = cart_page(
            session,
            store,
            place,
            there,
            form=form,
            wanted=wanted,
            trouble=trouble,
            rewards=_rewards(session, store, there),
        )
    status = status or (HTTPStatus.CONFLICT if trouble else HTTPStatus.UNPROCESSABLE_ENTITY)
    return render_template("shop/cart.html", page=page), status


def _shown(store: StoreFacts) -> Shown | None:
    """Read the cart that the page showed; None when it was not a page of this store."""
    try:
        told, _ = services().links.read(LinkPurpose.CHECKOUT, request.form.get("checkout", ""))
    except LinkExpiredError:
        return None
    if (told["program_id"], told["store_id"]) != (store.program_id, str(store.store_id)):
        return None
    place = CartPlace(store.program_id, UUID(str(told["cart_id"])), store.store_id)
    return Shown(place, UUID(str(told["order_id"])), str(told["seal"]))


def _contact() -> tuple[Contact | None, TypedForm]:
    """Read who collects; the form says what is wrong when nobody can be told from it."""
    told, wrong = typed(), {}
    if not told["name"] or len(told["name"]) > NAME_LENGTH_MAX:
        wrong["name"] = gettext("Escribe un nombre: con él te llaman en la tienda.")
    email = ""
    if told["email"]:
        try:
            email = email_normalized(told["email"])
        except EmailInvalidError:
            wrong["email"] = gettext("Así no llega a nadie. Revisa el correo, con su @ y su punto.")
    elif not told["phone"]:
        wrong["email"] = gettext(
            "Deja un correo o un teléfono, por si la tienda tiene que avisarte."
        )
    form = TypedForm(told, wrong)
    if wrong:
        return None, form
    contact = Contact(
        name=told["name"],
        email=email,
        phone=told["phone"][:PHONE_LENGTH_MAX],
        note=told["note"][:NOTE_LENGTH_MAX],
        language=language(),
    )
    return contact, form


def _rewards(session: Session, store: StoreFacts, there: CartView) -> tuple[CartReward, ...]:
    """List what the card on this phone can take off the cart."""
    mine = phone_here(store)
    if mine is None or not there.items:
        return ()
    member_id, now = owner_of(session, mine.browser).member_id, services().tools.clock.now()
    return rewards_for_cart(session, store, member_id, there, at=now)


def _wanted_reward() -> OrderReward | None:
    """Read which reward was chosen, and how many points where that was asked."""
    chosen = request.form.get("reward", "")
    if not chosen:
        return None
    told = request.form.get(f"points-{chosen}", "").strip()
    is_number = told.isascii() and told.isdecimal() and 0 < len(told) <= POINTS_DIGITS_MAX
    points = max(1, int(told)) if is_number else None
    return OrderReward(read_id(chosen, field="reward"), points)


def _changed() -> Trouble:
    return Trouble(
        gettext("Tu cesta ha cambiado"),
        gettext("Cambió en otra pestaña, o cambió un precio. Mírala y vuelve a pedir."),
    )


def _too_many() -> Trouble:
    return Trouble(
        gettext("Demasiados pedidos seguidos"),
        gettext("Espera diez minutos y vuelve a pedir. Tu cesta se guarda."),
    )


def _trouble(
    store: StoreFacts,
    refusal: LoyaltyError,
    wanted: datetime,
) -> Trouble:
    """Say why nothing was ordered and what is possible; the cart is as it was."""
    if isinstance(refusal, OrderInvalidError):
        return Trouble(gettext("Así no se puede pedir"), refused_words(refusal))
    if isinstance(refusal, StockShortError):
        return Trouble(
            gettext("Se acaba de vender"),
            gettext("No queda todo lo que pediste. Mira la línea marcada: dice qué es posible."),
        )
    if not isinstance(refusal, SlotFullError | SlotUnavailableError):
        problem = make_problem(refusal.code, refusal.facts)
        return Trouble(problem.title, problem.detail)
    with services().database.reading(store.program_id) as session:
        return _no_place(session, store, refusal, wanted)


def _no_place(
    session: Session, store: StoreFacts, refusal: LoyaltyError, wanted: datetime
) -> Trouble:
    now = services().tools.clock.now()
    is_full = isinstance(refusal, SlotFullError)
    title = (
        gettext("Esa hora se acaba de llenar")
        if is_full
        else gettext("Esa hora ya no se puede elegir")
    )
    free = nearest(pickup_slots(session, store, now=now), wanted)
    if free is None:
        return Trouble(title, gettext("No queda ninguna otra. Tu cesta se guarda."))
    slot = free.slot
    is_same_day = abs(slot.starts_at - wanted).days == 0
    when = (
        span_text(slot.starts_at, slot.ends_at, store.time_zone)
        if is_same_day
        else window_text(slot.starts_at, slot.ends_at, store.time_zone, now=now)
    )
    return Trouble(
        title,
        gettext("La más cercana es %(when)s, ya marcada abajo. Tu cesta sigue igual.", when=when),
    )
