"""Printed cards: make a stack, void a lost one, issue one again."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError
from app.forms import id_of, read_id
from app.language import gettext, ngettext
from app.pages.admin_amounts import count_from_text
from app.pages.admin_cards_page import cards_page
from app.pages.admin_frame import (
    MANAGER,
    OWNER,
    check_colleague,
    my_store,
    owner,
    owner_or_manager,
    refuse_form,
    say,
    to_the_door,
)
from app.wiring import services
from loyalty.codes.cards import card_by_id
from loyalty.journeys.carriers import print_cards, reissue_card, void_card
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.programs.staff_cards import change_staff_card, staff_of_cards

bp = Blueprint("admin_cards", __name__, url_prefix="/admin/cards")
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("")
def cards() -> str:
    """Show what can be printed and what was."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        page = cards_page(session, principal)
    return render_template("admin/cards.html", page=page)


@bp.post("")
def make() -> Redirect:
    """Make a stack of cards and lead to the sheet that prints them."""
    principal, parts, form = owner_or_manager(), services(), request.form
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, id_of("store_id"), OWNER, MANAGER)
            made = print_cards(
                session,
                principal.program_id,
                store.store_id,
                count_from_text(form.get("count", "")),
                language=store.language,
                actor=f"staff:{principal.staff_id}",
                tools=parts.tools,
            )
    except SettingInvalidError as error:
        refuse_form("cards", error)
        return redirect(url_for("admin_cards.cards"), 303)
    say(ngettext("%(num)s tarjeta hecha.", "%(num)s tarjetas hechas.", len(made)))
    return redirect(url_for("print.sheet", cards=",".join(one.card_id for one in made)), 303)


@bp.post("/<person_id>/<card_id>/void")
def void(person_id: str, card_id: str) -> Redirect:
    """Refuse a card from now on; its points stay with the person."""
    principal, parts = owner_or_manager(), services()
    reason = request.form.get("reason", "").strip() or gettext("la perdió")
    with parts.database.unit_of_work(principal.program_id) as session:
        void_card(session, principal.program_id, card_id, reason=reason, tools=parts.tools)
    say(gettext("Tarjeta anulada. Las cajas la rechazan; los puntos siguen en la persona."))
    return redirect(url_for("admin_people.person", person_id=person_id), 303)


@bp.post("/<person_id>/<card_id>/reissue")
def reissue(person_id: str, card_id: str) -> Redirect:
    """Issue a card again: what was printed or copied before is refused, with its reason."""
    principal, parts = owner_or_manager(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        reissue_card(session, principal.program_id, card_id, tools=parts.tools)
    say(gettext("Reemitida. El código de antes ya no vale; este es el nuevo."))
    return redirect(url_for("print.sheet", cards=card_id, person=person_id), 303)


@bp.post("/<person_id>/<card_id>/own")
def own(person_id: str, card_id: str) -> Redirect:
    """Say whose of the team a card is: it earns nothing at their till; nobody's earns again."""
    principal, parts, told = owner(), services(), request.form.get("staff_id", "")
    staff_id = read_id(told, field="staff_id") if told else None
    program_id = principal.program_id
    with parts.database.unit_of_work(program_id) as session:
        if card_by_id(session, program_id, card_id) is None:
            raise NotFoundError
        before = staff_of_cards(session, program_id, [card_id]).get(card_id)
        for each in filter(None, (before, staff_id)):
            check_colleague(session, principal, each)
        actor, at = f"staff:{principal.staff_id}", parts.tools.clock.now()
        change_staff_card(session, program_id, card_id, staff_id, marked_by=actor, at=at)
    text = (
        gettext("Marcada: en la caja de esa persona no suma puntos.")
        if staff_id
        else gettext("Ya no es de nadie del equipo: suma en cualquier caja.")
    )
    say(text, undo=request.path, fields={"staff_id": str(before or "")})
    return redirect(url_for("admin_people.person", person_id=person_id, _anchor="carriers"), 303)
