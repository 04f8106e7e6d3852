"""The board of a store's orders: accepted, picked, told ready, handed over; by buttons and keys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask import session as form_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal, staff
from app.language import gettext
from app.looks import leave_looks, persons_of_members
from app.pages.admin_amounts import milli_from_text
from app.pages.admin_frame import my_store, my_stores, say, to_the_door
from app.pages.admin_order_acts import (
    answer_conflict,
    cancel_reason,
    handoff_request,
    handoff_words,
    seen_line,
)
from app.pages.admin_order_page import order_page, time_page
from app.pages.admin_order_slip import slip_page
from app.pages.admin_order_tickets import SHORT_ID
from app.pages.admin_order_words import window_text
from app.pages.admin_orders_page import WORKERS, live_board, orders_page
from app.wiring import services
from loyalty.catalog.rules import QUANTITY_MILLI_MAX
from loyalty.codes.errors import CodeRefusedError
from loyalty.journeys.hand_off_order import hand_off_order
from loyalty.journeys.order_board import last_said
from loyalty.journeys.prepare_order import (
    OrderStep,
    accept_order,
    cancel_order,
    pick_line,
    reschedule_order,
    tell_order_ready,
)
from loyalty.kernel.errors import LoyaltyError, MalformedRequestError, NotFoundError
from loyalty.orders.change import Change
from loyalty.orders.errors import (
    HandoffConflictError,
    OrderStateError,
    SlotFullError,
    SlotUnavailableError,
)
from loyalty.orders.queries import OrderFacts, order_by_id, policy_of
from loyalty.orders.rules import OrderState
from loyalty.orders.slots import set_policy
from loyalty.programs.queries import StoreFacts

bp = Blueprint("admin_orders", __name__, url_prefix="/admin/orders")
bp.register_error_handler(SignInNeededError, to_the_door)

SEEN_MAX = 40
Act = Callable[[Session, OrderStep], Change]


@bp.get("")
def first() -> Redirect:
    """Lead to the board of the first store."""
    principal = staff(*WORKERS)
    with services().database.reading(principal.program_id) as session:
        store = my_stores(session, principal, *WORKERS)[0]
    return redirect(url_for("admin_orders.board", store_id=store.store_id), 303)


@bp.get("/<uuid:store_id>")
def board(store_id: UUID) -> str:
    """Show the board of a store."""
    principal, parts = staff(*WORKERS), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *WORKERS)
        page = orders_page(session, principal, store, seen=_seen(), now=parts.tools.clock.now())
        whose = persons_of_members(session, principal.program_id, page.live.member_ids)
    leave_looks(principal, whose, seen="found")
    return render_template("admin/orders.html", page=page)


@bp.get("/<uuid:store_id>/live")
def live(store_id: UUID) -> Response:
    """Give what changes by itself; nothing while it is what the browser has."""
    principal, parts = staff(*WORKERS), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *WORKERS)
        part = live_board(session, store, seen=_seen(), now=parts.tools.clock.now())
        is_news = not request.if_none_match.contains(part.version)
        shown = part.member_ids if is_news else ()
        whose = persons_of_members(session, principal.program_id, shown)
    leave_looks(principal, whose, seen="found")
    return _part("admin/orders_live.html", part.version, part=part)


@bp.get("/<uuid:store_id>/<uuid:order_id>")
def order(store_id: UUID, order_id: UUID) -> str:
    """Show one order, line by line."""
    principal, parts = staff(*WORKERS), services()
    with parts.database.reading(principal.program_id) as session:
        store, facts = _my_order(session, principal, store_id, order_id)
        page = order_page(session, principal, store, facts, parts.tools.clock.now())
        whose = persons_of_members(session, principal.program_id, [facts.member_id])
    leave_looks(principal, whose, seen="short")
    return render_template("admin/order.html", page=page)


@bp.get("/<uuid:store_id>/<uuid:order_id>/live")
def order_live(store_id: UUID, order_id: UUID) -> Response:
    """Give what changes by itself of one order."""
    principal, parts = staff(*WORKERS), services()
    now = parts.tools.clock.now()
    with parts.database.reading(principal.program_id) as session:
        store, facts = _my_order(session, principal, store_id, order_id)
        page = order_page(session, principal, store, facts, now)
    return _part("admin/order_live.html", page.live.version, page=page, part=page.live)


@bp.get("/<uuid:store_id>/<uuid:order_id>/slip")
def slip(store_id: UUID, order_id: UUID) -> str:
    """Show the list to take along the shelves, for paper."""
    principal, parts = staff(*WORKERS), services()
    with parts.database.reading(principal.program_id) as session:
        store, facts = _my_order(session, principal, store_id, order_id)
        page = slip_page(session, store, facts, now=parts.tools.clock.now())
        whose = persons_of_members(session, principal.program_id, [facts.member_id])
    leave_looks(principal, whose, seen="short")
    return render_template("print/slip.html", page=page)


@bp.get("/<uuid:store_id>/<uuid:order_id>/time")
def time(store_id: UUID, order_id: UUID) -> str:
    """Show the times an order can be moved to."""
    principal, parts = staff(*WORKERS), services()
    now, day = parts.tools.clock.now(), request.args.get("day", "")
    with parts.database.reading(principal.program_id) as session:
        store, facts = _my_order(session, principal, store_id, order_id)
        page = time_page(session, principal, store, facts, day=day, now=now)
    return render_template("admin/order_time.html", page=page)


@bp.post("/<uuid:store_id>/<uuid:order_id>/accept")
def accept(store_id: UUID, order_id: UUID) -> Redirect:
    """Accept an order; of two who do, the second is told who did."""
    tools = services().tools

    def do(session: Session, step: OrderStep) -> Change:
        return accept_order(session, step, tools=tools)

    return _do(store_id, order_id, do, gettext("Pedido %(number)s aceptado."))


@bp.post("/<uuid:store_id>/<uuid:order_id>/ready")
def ready(store_id: UUID, order_id: UUID) -> Redirect:
    """Say that an order waits for its person."""
    tools = services().tools

    def do(session: Session, step: OrderStep) -> Change:
        return tell_order_ready(session, step, tools=tools)

    return _do(store_id, order_id, do, gettext("Pedido %(number)s listo."))


@bp.post("/<uuid:store_id>/<uuid:order_id>/pick")
def pick(store_id: UUID, order_id: UUID) -> Redirect:
    """Say how much of a line is in the bag, and whether the rest is not there at all."""
    staff(*WORKERS)  # before anything of the form is judged
    tools, form = services().tools, request.form
    line, seen = seen_line(form)
    typed = form.get("typed")
    picked = milli_from_text(typed) if typed is not None else _whole(form.get("picked_milli", ""))
    is_all = form.get("rest") == "gone"
    if picked is None:
        say(gettext("Escribe cuánto hay en la bolsa, por ejemplo 2 o 0,35."), tone="attention")
        return _back(store_id, order_id)

    def do(session: Session, step: OrderStep) -> Change:
        told = replace(step, reason=form.get("reason", "").strip()[:200])
        return pick_line(
            session, told, line, picked_milli=picked, is_all=is_all, seen=seen, tools=tools
        )

    return _do(store_id, order_id, do, "")


@bp.post("/<uuid:store_id>/<uuid:order_id>/cancel")
def cancel(store_id: UUID, order_id: UUID) -> Redirect:
    """Call an order off, with the reason that its person is told."""
    tools, form = services().tools, request.form

    def do(session: Session, step: OrderStep) -> Change:
        facts = order_by_id(session, step.program_id, step.order_id)
        language = "es" if facts is None else facts.language
        told = replace(step, reason=cancel_reason(form, language))
        return cancel_order(session, told, tools=tools)

    return _do(store_id, order_id, do, gettext("Pedido %(number)s cancelado."))


@bp.post("/<uuid:store_id>/<uuid:order_id>/time")
def move(store_id: UUID, order_id: UUID) -> Redirect:
    """Move an order to another time, on its person's behalf."""
    staff(*WORKERS)
    tools = services().tools
    try:
        starts_at = datetime.fromisoformat(request.form.get("slot", ""))
    except ValueError:
        starts_at = None
    if starts_at is None or starts_at.tzinfo is None:
        say(gettext("Elige una hora de las que se ofrecen."), tone="attention")
        return redirect(url_for("admin_orders.time", store_id=store_id, order_id=order_id), 303)
    chosen = starts_at

    def do(session: Session, step: OrderStep) -> Change:
        return reschedule_order(session, step, chosen, tools=tools)

    try:
        return _do(store_id, order_id, do, gettext("Pedido %(number)s, ahora para las %(time)s."))
    except SlotFullError:
        say(gettext("Esa hora se acaba de llenar. Elige otra."), tone="attention")
    except SlotUnavailableError:
        say(gettext("Esa hora ya no se ofrece. Elige otra."), tone="attention")
    return redirect(url_for("admin_orders.time", store_id=store_id, order_id=order_id), 303)


@bp.post("/<uuid:store_id>/<uuid:order_id>/hand-over")
def hand_over(store_id: UUID, order_id: UUID) -> Redirect:
    """Give an order to its person: on its code, or on the word of whoever gives it."""
    principal, parts = staff(*WORKERS), services()
    refused: LoyaltyError | None = None
    with parts.database.reading(principal.program_id) as session:
        store, _facts = _my_order(session, principal, store_id, order_id)
        asked = handoff_request(session, principal, store, order_id, now=parts.tools.clock.now())
    if isinstance(asked, str):
        say(asked, tone="attention")
        return _to_order(store_id, order_id, "hand-over")
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            answer = hand_off_order(session, asked, tools=parts.tools)
        refused = answer.refused
    except (OrderStateError, HandoffConflictError) as error:
        _tell_truth(principal, store_id, order_id, error)
        return _back(store_id, order_id)
    except CodeRefusedError as error:
        refused = error
    if refused is not None:
        say(handoff_words(refused), tone="attention")
        return _to_order(store_id, order_id, "hand-over")
    assert answer.order is not None, "what was not refused was handed over"
    say(gettext("Pedido %(number)s entregado.", number=answer.order.number))
    return redirect(url_for("admin_orders.board", store_id=store_id), 303)


@bp.post("/<uuid:store_id>/<uuid:order_id>/seen")
def seen(store_id: UUID, order_id: UUID) -> Redirect:
    """Put what fell away aside, on this device."""
    principal = staff(*WORKERS)
    with services().database.reading(principal.program_id) as session:
        _my_order(session, principal, store_id, order_id)
    kept = [*_seen(), str(order_id)[-SHORT_ID:]]
    form_session["seen_orders"] = kept[-SEEN_MAX:]
    return redirect(url_for("admin_orders.board", store_id=store_id), 303)


@bp.post("/<uuid:store_id>/pause")
def pause(store_id: UUID) -> Redirect:
    """Take no new orders for now, or take them again; undone by the opposite."""
    principal, parts = staff("owner", "manager"), services()
    is_open = request.form.get("on") == "1"
    with parts.database.unit_of_work(principal.program_id) as session:
        store = my_store(session, principal, store_id, "owner", "manager")
        policy = policy_of(session, store.program_id, store_id)
        if policy is None:
            raise NotFoundError
        changed = replace(policy, is_open=is_open)
        set_policy(session, store.program_id, store_id, changed, at=parts.tools.clock.now())
    told = (
        gettext("Se aceptan pedidos nuevos.")
        if is_open
        else gettext("Pedidos en pausa: nadie puede pedir hasta que los abras.")
    )
    say(told, undo=request.path, fields={"on": "0" if is_open else "1"})
    return redirect(url_for("admin_orders.board", store_id=store_id), 303)


def _do(store_id: UUID, order_id: UUID, act: Act, done: str) -> Redirect:
    """Let somebody act on an order; who comes second is told how it really stands."""
    principal, parts = staff(*WORKERS), services()
    step = OrderStep(principal.program_id, order_id, f"staff:{principal.staff_id}")
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store, before = _my_order(session, principal, store_id, order_id)
            change = act(session, step)
            said = None if change.is_new else last_said(session, step.program_id, order_id)
    except OrderStateError as error:
        _tell_truth(principal, store_id, order_id, error)
        return _back(store_id, order_id)
    now = parts.tools.clock.now()
    if said is not None and said.staff_id != principal.staff_id:
        say(answer_conflict(change.order, said, now=now), tone="attention")
    elif change.order.state is OrderState.CANCELED and before.state is not OrderState.CANCELED:
        say(gettext("Pedido %(number)s cancelado.", number=change.order.number))
    elif done:
        when = window_text(change.order, store.time_zone, now=now)
        say(done % {"number": change.order.number, "time": when})
    return _back(store_id, order_id)


def _tell_truth(
    principal: StaffPrincipal, store_id: UUID, order_id: UUID, error: LoyaltyError
) -> None:
    """Say how an order stands to somebody who was too late, or saw it otherwise."""
    parts = services()
    with parts.database.reading(principal.program_id) as session:
        _store, facts = _my_order(session, principal, store_id, order_id)
        said = last_said(session, principal.program_id, order_id)
    text = answer_conflict(facts, said, now=parts.tools.clock.now(), error=error)
    say(text, tone="attention")


def _my_order(
    session: Session, principal: StaffPrincipal, store_id: UUID, order_id: UUID
) -> tuple[StoreFacts, OrderFacts]:
    store = my_store(session, principal, store_id, *WORKERS)
    facts = order_by_id(session, principal.program_id, order_id)
    if facts is None or facts.store_id != store_id:
        raise NotFoundError
    return store, facts


def _part(template: str, version: str, **values: object) -> Response:
    """Answer with a part of a page, or that it has not changed."""
    if request.if_none_match.contains(version):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = make_response(render_template(template, **values))
    response.set_etag(version)
    return response


def _seen() -> list[str]:
    kept: list[str] = form_session.get("seen_orders", [])
    return kept


def _whole(text: str) -> int | None:
    """Read thousandths that a form of ours carries."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(QUANTITY_MILLI_MAX))):
        raise MalformedRequestError(field="picked_milli")
    return int(text)


def _back(store_id: UUID, order_id: UUID) -> Redirect:
    """Lead back to where the button was."""
    if request.form.get("back") == "order":
        return _to_order(store_id, order_id)
    return redirect(url_for("admin_orders.board", store_id=store_id), 303)


def _to_order(store_id: UUID, order_id: UUID, part: str | None = None) -> Redirect:
    address = url_for("admin_orders.order", store_id=store_id, order_id=order_id, _anchor=part)
    return redirect(address, 303)
