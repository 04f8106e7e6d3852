"""Hours and pickup: the week, the days that differ, and how orders are collected."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError
from app.language import gettext, ngettext
from app.pages.admin_frame import (
    my_store,
    my_stores,
    owner_or_manager,
    refuse_form,
    say,
    to_the_door,
)
from app.pages.admin_pickup_form import (
    DaysForm,
    days_from_form,
    days_of_list,
    form_of_days,
    form_of_policy,
    list_of_days,
    policy_from_form,
)
from app.pages.admin_pickup_page import pickup_page, proposed_holidays
from app.text import whole_text
from app.wiring import services
from loyalty.journeys.pickup_settings import judge_policy, pause_today, save_policy, today_of
from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.closures import ClosureFacts, closure_days, drop_closure, set_closures
from loyalty.programs.queries import StoreFacts

bp = Blueprint("admin_pickup", __name__, url_prefix="/admin/pickup")
bp.register_error_handler(SignInNeededError, to_the_door)

ROLES = ("owner", "manager")
Done = TypeVar("Done")


@bp.get("")
def first() -> Redirect:
    """Lead to the hours of the first store."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_stores(session, principal, *ROLES)[0]
    return redirect(url_for("admin_pickup.pickup", store_id=store.store_id), 303)


@bp.get("/<uuid:store_id>")
def pickup(store_id: UUID) -> str:
    """Show hours, days that differ, pickup, and what a shopper sees of it."""
    principal, parts = owner_or_manager(), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        page = pickup_page(session, principal, store, region=request.args.get("region"))
    return render_template("admin/pickup.html", page=page)


@bp.post("/<uuid:store_id>/policy")
def policy(store_id: UUID) -> Redirect | str:
    """Keep how orders are collected, or only show what it would offer."""
    principal, parts = owner_or_manager(), services()
    now = parts.tools.clock.now()
    try:
        wanted = policy_from_form(request.form)
        if request.form.get("look") == "1":
            with parts.database.reading(principal.program_id) as session:
                store = my_store(session, principal, store_id, *ROLES)
                judge_policy(store, wanted, now=now)
                page = pickup_page(session, principal, store, draft=wanted)
            return render_template("admin/pickup.html", page=page)
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, store_id, *ROLES)
            before = save_policy(session, store, wanted, now=now)
    except SettingInvalidError as error:
        refuse_form("policy", error)
        return _back(store_id, "policy")
    undo = None if before is None else form_of_policy(before)
    say(gettext("Recogida guardada."), undo=request.path if undo else "", fields=undo)
    return _back(store_id, "preview")


@bp.post("/<uuid:store_id>/pause")
def pause(store_id: UUID) -> Redirect:
    """Take no more orders for today, or take them again."""
    principal, parts = owner_or_manager(), services()
    is_paused = request.form.get("paused") == "1"
    with parts.database.unit_of_work(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        pause_today(session, store, is_paused=is_paused, now=parts.tools.clock.now())
    done = (
        gettext("Hoy no entran más pedidos. Los que hay siguen en pie.")
        if is_paused
        else gettext("Hoy se puede pedir otra vez.")
    )
    say(done, undo=request.path, fields={"paused": "0" if is_paused else "1"})
    return _back(store_id, "preview")


@bp.post("/<uuid:store_id>/days")
def differ(store_id: UUID) -> Redirect:
    """Say of some days that the store is closed, or open although it would not be."""

    def say_so(session: Session, store: StoreFacts, today: date) -> DaysForm:
        told = days_from_form(request.form, today=today)
        set_closures(session, store.program_id, store_id, told.closures)
        return told

    try:
        told, before = _change_days(store_id, say_so)
    except SettingInvalidError as error:
        refuse_form("days", error)
        return _back(store_id, "add-day")
    address, fields = _undo_of(store_id, told, before)
    say(_days_text(len(told.days)), undo=address, fields=fields)
    return _back(store_id, "days")


@bp.post("/<uuid:store_id>/days/forget")
def forget(store_id: UUID) -> Redirect:
    """Let some days be as the week says."""

    def drop(session: Session, store: StoreFacts, _today: date) -> tuple[date, ...]:
        days = days_of_list(request.form.get("days", ""))
        for day in days:
            drop_closure(session, store.program_id, store_id, day)
        return days

    try:
        days, before = _change_days(store_id, drop)
    except SettingInvalidError:
        return _back(store_id, "days")
    stood = [one for one in before if one.day in days]
    fields = form_of_days(stood) if stood else None
    undo = url_for("admin_pickup.differ", store_id=store_id) if stood else ""
    say(gettext("Vuelve a su horario de siempre."), undo=undo, fields=fields)
    return _back(store_id, "days")


@bp.post("/<uuid:store_id>/holidays")
def holidays(store_id: UUID) -> Redirect:
    """Keep the holidays that were proposed: closed where ticked, open where not."""
    principal, parts = owner_or_manager(), services()
    closed, region = set(request.form.getlist("closed")), request.form.get("region", "")
    shown = set(request.form.getlist("shown"))
    with parts.database.unit_of_work(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        proposed = proposed_holidays(session, store, region, now=parts.tools.clock.now())
        kept = [
            ClosureFacts(one.day, one.name, is_closed=one.day.isoformat() in closed)
            for one in proposed
            if one.day.isoformat() in shown
        ]
        set_closures(session, principal.program_id, store_id, kept)
    undo = url_for("admin_pickup.forget", store_id=store_id) if kept else ""
    say(
        _days_text(len(kept)),
        undo=undo,
        fields={"days": list_of_days(tuple(one.day for one in kept))},
    )
    return _back(store_id, "days")


def _days_text(count: int) -> str:
    return ngettext(
        "%(count)s día guardado.", "%(count)s días guardados.", count, count=whole_text(count)
    )


def _change_days(
    store_id: UUID, act: Callable[[Session, StoreFacts, date], Done]
) -> tuple[Done, tuple[ClosureFacts, ...]]:
    """Change days of a store; gives what was done and how its days stood before."""
    principal, parts = owner_or_manager(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        today = today_of(store, parts.tools.clock.now())
        before = closure_days(session, principal.program_id, store_id, since=today)
        return act(session, store, today), before


def _undo_of(
    store_id: UUID, told: DaysForm, before: tuple[ClosureFacts, ...]
) -> tuple[str, dict[str, str]]:
    """Name the form that takes days back; none when they stood in several ways before."""
    stood = [one for one in before if one.day in told.days]
    if not stood:
        days = {"days": list_of_days(told.days)}
        return url_for("admin_pickup.forget", store_id=store_id), days
    if len(stood) == len(told.days) and len({(one.name, one.is_closed) for one in stood}) == 1:
        return url_for("admin_pickup.differ", store_id=store_id), form_of_days(stood)
    return "", {}


def _back(store_id: UUID, part: str) -> Redirect:
    return redirect(url_for("admin_pickup.pickup", store_id=store_id, _anchor=part), 303)
