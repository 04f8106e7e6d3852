"""An order's own page, behind a link nobody can guess: look, change, let others collect."""

from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.calendar_file import calendar_file
from app.language import gettext, prefer_language
from app.links import LinkPurpose
from app.order_mail import pickup_event
from app.pages.cart_typed import wanted_slot
from app.pages.order_page import order_page
from app.pages.shop_frame import say
from app.wiring import services
from loyalty.journeys.order_view import let_collect, order_view, take_back_collecting
from loyalty.journeys.prepare_order import SHOPPER, OrderStep, cancel_order, reschedule_order
from loyalty.kernel.errors import LoyaltyError
from loyalty.orders.errors import (
    ChangeTooLateError,
    OrderInvalidError,
    OrderStateError,
    SlotFullError,
    SlotUnavailableError,
)

bp = Blueprint("order", __name__, url_prefix="/order")


@bp.get("/<token>")
def order(token: str) -> str:
    """Show the order to whoever has its link."""
    parts, (program_id, order_id) = services(), read_order(token)
    with parts.database.reading(program_id) as session:
        view = order_view(session, program_id, order_id, tools=parts.tools)
        prefer_language(view.store.language)
        page = order_page(session, view, token=token)
    return render_template("shop/order.html", page=page)


@bp.get("/<token>/state.json")
def state(token: str) -> Redirect:
    """Say whether anything changed; answered 304 when nothing did."""
    parts, (program_id, order_id) = services(), read_order(token)
    with parts.database.reading(program_id) as session:
        view = order_view(session, program_id, order_id, tools=parts.tools)
    response = jsonify(version=view.version)
    response.set_etag(view.version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


@bp.get("/<token>/pickup.ics")
def calendar(token: str) -> Response:
    """Give the pickup for a calendar, in the store's zone."""
    parts, (program_id, order_id) = services(), read_order(token)
    with parts.database.reading(program_id) as session:
        view = order_view(session, program_id, order_id, tools=parts.tools)
    prefer_language(view.store.language)
    data = calendar_file(pickup_event(view, parts, language=view.order.language))
    answer = Response(data, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="pickup-{view.order.number}.ics"'
    return answer


@bp.post("/<token>/cancel")
def cancel(token: str) -> Redirect:
    """Call the order off, until its cut-off."""
    parts, (program_id, order_id) = services(), read_order(token)
    step = OrderStep(program_id, order_id, SHOPPER)
    try:
        with parts.database.unit_of_work(program_id) as session:
            cancel_order(session, step, tools=parts.tools)
    except (ChangeTooLateError, OrderStateError) as refusal:
        say(refused_words(refusal))
    return redirect(url_for("order.order", token=token), 303)


@bp.post("/<token>/time")
def move(token: str) -> Redirect:
    """Collect at another time that is free."""
    parts, (program_id, order_id) = services(), read_order(token)
    wanted, step = wanted_slot(), OrderStep(program_id, order_id, SHOPPER)
    try:
        if wanted is not None:
            with parts.database.unit_of_work(program_id) as session:
                reschedule_order(session, step, wanted, tools=parts.tools)
            say(gettext("Hora cambiada."))
    except (ChangeTooLateError, OrderStateError, SlotFullError, SlotUnavailableError) as refusal:
        say(refused_words(refusal))
    return redirect(url_for("order.order", token=token), 303)


@bp.post("/<token>/delegates")
def delegate(token: str) -> Redirect:
    """Let somebody else collect: they get a code of their own."""
    parts, (program_id, order_id) = services(), read_order(token)
    name = request.form.get("name", "")
    try:
        with parts.database.unit_of_work(program_id) as session:
            let_collect(session, program_id, order_id, name=name, tools=parts.tools)
    except (OrderInvalidError, OrderStateError) as refusal:
        say(refused_words(refusal))
    return redirect(url_for("order.order", token=token, _anchor="others"), 303)


@bp.post("/<token>/delegates/revoke")
def revoke(token: str) -> Redirect:
    """Take somebody's code back."""
    parts, (program_id, order_id) = services(), read_order(token)
    subject, now = request.form.get("subject", ""), parts.tools.clock.now()
    try:
        with parts.database.unit_of_work(program_id) as session:
            take_back_collecting(session, program_id, order_id, subject, at=now)
    except OrderStateError as refusal:
        say(refused_words(refusal))
    else:
        say(gettext("Su código ya no sirve."))
    return redirect(url_for("order.order", token=token, _anchor="others"), 303)


def read_order(token: str) -> tuple[int, UUID]:
    """Read which order a link is of.

    Errors: `LinkExpiredError`.
    """
    payload, _ = services().links.read(LinkPurpose.ORDER, token)
    program_id = payload["program_id"]
    assert isinstance(program_id, int), "it was signed with one"
    return program_id, UUID(str(payload["order_id"]))


def refused_words(refusal: LoyaltyError) -> str:
    """Say why something about an order cannot be changed."""
    if isinstance(refusal, ChangeTooLateError):
        return gettext("Ya no se puede cambiar desde aquí: el plazo pasó.")
    if isinstance(refusal, SlotFullError):
        return gettext("Esa hora se acaba de llenar. Tu pedido sigue en la de antes.")
    if isinstance(refusal, SlotUnavailableError):
        return gettext("Esa hora ya no se puede elegir. Tu pedido sigue en la de antes.")
    if isinstance(refusal, OrderInvalidError):
        if refusal.facts.get("reason") == "delegates":
            return gettext("Ya hiciste cinco códigos para otras personas.")
        return gettext("Escribe el nombre de quien lo recoge.")
    return gettext("Este pedido ya terminó.")
