"""How points are earned, as the owner writes it: rules in sentences, tried with a small basket."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext
from app.pages.admin_basket import TriedBasket, basket_from_form
from app.pages.admin_frame import owner, say, to_the_door
from app.pages.admin_rule_form import (
    TypedRule,
    form_of_rule,
    new_rule,
    raw_rule,
    rule_from_form,
    with_rule,
    without_rule,
    wrong_of,
)
from app.pages.admin_rulebook import Rulebook, rulebook_of
from app.pages.admin_rules_page import (
    rule_page,
    rules_page,
)
from app.pages.admin_tried import try_part
from app.wiring import services
from loyalty.kernel.errors import NotFoundError
from loyalty.points.earning.check import Checked, check_document
from loyalty.points.earning.document import Rule, to_json
from loyalty.points.earning.rulesets import rules_of_version, set_rules, versions_of

bp = Blueprint("admin_points", __name__, url_prefix="/admin/points")
bp.register_error_handler(SignInNeededError, to_the_door)

ID_BYTES = 6


@bp.get("")
def rules() -> str:
    """Show the rules, and what a basket would earn by them."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        book = rulebook_of(session, principal)
        page = rules_page(session, principal, book, _tried(request.args, book))
    return render_template("admin/rules.html", page=page)


@bp.get("/rules/new")
def new() -> Redirect:
    """Lead to an empty rule under an id of its own."""
    owner()
    return redirect(url_for("admin_points.edit", rule_id=token_hex(ID_BYTES)), 303)


@bp.get("/rules/<rule_id>")
def edit(rule_id: str) -> Response:
    """Show a rule, or an empty one."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        book = rulebook_of(session, principal)
        known = [rule for rule in _rules(book) if rule.rule_id == rule_id]
        form = form_of_rule(known[0], book.store.currency) if known else new_rule(rule_id)
        return _show(session, principal, book, form)


@bp.post("/rules/<rule_id>/try")
def try_rule(rule_id: str) -> Response:
    """Show what a basket would earn with the rule as it is typed; nothing is kept."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        book = rulebook_of(session, principal)
        form = rule_from_form(request.form, rule_id, book.shelf)
        return _show(session, principal, book, form)


@bp.post("/rules/<rule_id>")
def save(rule_id: str) -> Response | Redirect:
    """Keep a rule as a new version of the rules; undone by the version before it."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        book = rulebook_of(session, principal)
        form = rule_from_form(request.form, rule_id, book.shelf)
        raw, wrong = raw_rule(form, book.store.currency)
        document, place = with_rule(book.document, raw)
        if not wrong and not form.wrong:
            _, checked = _keep(session, principal, book, document, at=parts.tools.clock.now())
            wrong = wrong_of(checked.errors, place)
        if wrong or form.wrong:
            return _show(session, principal, book, form.with_wrong(wrong), status=422)
    _say_kept(gettext("Regla guardada. Vale desde la próxima compra."), book)
    return _back()


@bp.post("/rules/<rule_id>/remove")
def remove(rule_id: str) -> Redirect:
    """Take a rule out; the last one stays."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        book = rulebook_of(session, principal)
        if book.document is None or rule_id not in {one.rule_id for one in _rules(book)}:
            raise NotFoundError
        left = to_json(without_rule(book.document, rule_id))
        version, _ = _keep(session, principal, book, left, at=parts.tools.clock.now())
    if version is None:
        say(gettext("Tiene que quedar al menos una regla. Cámbiala."), tone="attention")
    else:
        _say_kept(gettext("Regla quitada. Los puntos ya dados no cambian."), book)
    return _back()


@bp.post("/versions/<int:version>/again")
def again(version: int) -> Redirect:
    """Let the rules of a version hold again, as a new one."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        book = rulebook_of(session, principal)
        known = versions_of(session, principal.program_id, book.store.currency)
        if version not in {one.version for one in known}:
            raise NotFoundError
        held = to_json(rules_of_version(session, principal.program_id, version).document)
        kept, _ = _keep(session, principal, book, held, at=parts.tools.clock.now())
    if kept is None:
        say(gettext("Esas reglas nombran algo que ya no existe."), tone="attention")
    else:
        _say_kept(gettext("Vuelven a valer esas reglas, desde la próxima compra."), book)
    return _back()


def _keep(
    session: Session,
    principal: StaffPrincipal,
    book: Rulebook,
    document: dict[str, Any],
    *,
    at: datetime,
) -> tuple[int | None, Checked]:
    return set_rules(
        session,
        principal.program_id,
        document,
        currency=book.store.currency,
        made_by=f"staff:{principal.staff_id}",
        at=at,
        tiers=set(book.tiers),
    )


def _show(
    session: Session,
    principal: StaffPrincipal,
    book: Rulebook,
    form: TypedRule,
    *,
    status: int = 200,
) -> Response:
    """Show a rule's form and what a basket would earn with it; what cannot be is told there."""
    raw, wrong = raw_rule(form, book.store.currency)
    told, place = with_rule(book.document, raw)
    checked = check_document(told, tiers=set(book.tiers))
    tried = try_part(book, checked.document, _tried(request.form, book))
    if request.method == "POST":
        form = form.with_wrong(wrong | wrong_of(checked.errors, place))
    page = rule_page(session, principal, book, form, tried)
    return make_response(render_template("admin/rule.html", page=page), status)


def _tried(form: Mapping[str, str], book: Rulebook) -> TriedBasket:
    return basket_from_form(
        form,
        book.shelf,
        currency=book.store.currency,
        zone=book.store.time_zone,
        now=services().tools.clock.now(),
        tax_bp=book.document.tax_bp if book.document else 0,
    )


def _rules(book: Rulebook) -> tuple[Rule, ...]:
    return book.document.rules if book.document else ()


def _say_kept(text: str, book: Rulebook) -> None:
    undo = url_for("admin_points.again", version=book.version) if book.version else ""
    say(text, undo=undo)


def _back() -> Redirect:
    return redirect(url_for("admin_points.rules"), 303)
