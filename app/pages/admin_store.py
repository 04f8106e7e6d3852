"""The shop as its owner sets it: name and color, hours, contact."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError
from app.language import gettext
from app.pages.admin_accent import accent_preview
from app.pages.admin_frame import my_store, owner, refuse_form, say, to_the_door
from app.pages.admin_hours import hours_from_form
from app.pages.admin_store_page import store_page
from app.wiring import services
from loyalty.journeys.create_program import add_store
from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.create import StoreDraft
from loyalty.programs.errors import StoreAddressTakenError
from loyalty.programs.queries import StoreFacts
from loyalty.programs.update_store import StoreSettings, update_store

bp = Blueprint("admin_store", __name__, url_prefix="/admin/store")
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("/<uuid:store_id>")
def store(store_id: UUID) -> str:
    """Show everything an owner can set about a store."""
    principal, parts = owner(), services()
    with parts.database.reading(principal.program_id) as session:
        facts = my_store(session, principal, store_id, "owner")
        page = store_page(session, principal, facts, parts=parts)
    return render_template("admin/store.html", page=page)


@bp.post("/<uuid:store_id>/look")
def look(store_id: UUID) -> Redirect:
    """Set the name, the street and the color."""
    chosen = {name: request.form.get(name, "") for name in ("name", "street", "color")}
    return _save(store_id, "look", chosen, gettext("Guardado. Tu página ya se ve así."))


@bp.post("/<uuid:store_id>/hours")
def hours(store_id: UUID) -> Redirect:
    """Set the hours, from the rows of the week or from a free text."""
    try:
        chosen = {"hours": hours_from_form(request.form)}
    except SettingInvalidError as error:
        refuse_form("hours", error)
        return _to_hours(store_id)
    return _save(store_id, "hours", chosen, gettext("Horario guardado."))


@bp.post("/<uuid:store_id>/contact")
def contact(store_id: UUID) -> Redirect:
    """Set the one way to reach the shop."""
    chosen = {name: request.form.get(name, "") for name in ("contact_kind", "contact_value")}
    return _save(store_id, "contact", chosen, gettext("Contacto guardado."))


@bp.post("/<uuid:store_id>/more")
def more(store_id: UUID) -> Redirect:
    """Open another store of the program, with the money and the clock of this one."""
    principal, parts, form = owner(), services(), request.form
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            like = my_store(session, principal, store_id, "owner")
            draft = StoreDraft(
                name=form.get("name", ""),
                slug=form.get("slug", ""),
                language=like.language,
                time_zone=like.time_zone,
                currency=like.currency,
                country=like.country,
                color=like.color,
            )
            opened = add_store(session, principal.program_id, draft, tools=parts.tools)
    except (SettingInvalidError, StoreAddressTakenError) as error:
        refuse_form("more", error)
        return _back(store_id, "more")
    say(gettext("Tienda abierta. Ponle color, horario y contacto."))
    return _back(opened, "look")


@bp.get("/accent")
def accent() -> str:
    """Show how a color will look, in light and dark, before it is saved."""
    owner()
    page = accent_preview(request.args.get("color", ""))
    return render_template("admin/accent.html", preview=page)


def _save(store_id: UUID, form: str, chosen: Mapping[str, str], done: str) -> Redirect:
    """Change some settings of a store; undone by the same form with what stood there."""
    principal, parts = owner(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            facts = my_store(session, principal, store_id, "owner")
            wanted = replace(_settings_of(facts), **chosen)
            update_store(
                session, principal.program_id, store_id, settings=wanted, country=facts.country
            )
    except SettingInvalidError as error:
        refuse_form(form, error)
        return _to_hours(store_id) if form == "hours" else _back(store_id, form)
    before = asdict(_settings_of(facts))
    undo = {("hours_text" if name == "hours" else name): before[name] for name in chosen}
    say(done, undo=request.path, fields=undo)
    return _to_hours(store_id) if form == "hours" else _back(store_id, form)


def _settings_of(facts: StoreFacts) -> StoreSettings:
    return StoreSettings(
        name=facts.name,
        street=facts.street,
        color=facts.color,
        hours=facts.hours,
        contact_kind=facts.contact_kind,
        contact_value=facts.contact_value,
    )


def _back(store_id: UUID, part: str) -> Redirect:
    return redirect(url_for("admin_store.store", store_id=store_id, _anchor=part), 303)


def _to_hours(store_id: UUID) -> Redirect:
    return redirect(url_for("admin_pickup.pickup", store_id=store_id, _anchor="hours"), 303)
