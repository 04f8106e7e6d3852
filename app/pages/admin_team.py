"""The team and the tills: who may do what, and which devices stand at the counter."""

from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.forms import id_of, read_id
from app.language import gettext
from app.pages.admin_frame import (
    check_colleague,
    check_till,
    my_store,
    owner,
    refuse_form,
    say,
    to_the_door,
)
from app.pages.admin_team_page import pairing_page, team_page
from app.wiring import services
from loyalty.journeys.cashier import set_pin
from loyalty.journeys.manage_team import change_role, hire_staff, remove_staff, take_back_staff
from loyalty.journeys.pair_till import offer_pairing, revoke_till
from loyalty.kernel.addresses import EmailInvalidError
from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.queries import tills_of
from loyalty.programs.restore_till import restore_till

bp = Blueprint("admin_team", __name__, url_prefix="/admin/team")
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("")
def team() -> str:
    """Show who works here and which tills are paired."""
    principal = owner()
    parts = services()
    with parts.database.reading(principal.program_id) as session:
        page = team_page(session, principal, now=parts.tools.clock.now())
    return render_template("admin/team.html", page=page)


@bp.post("/staff")
def hire() -> Redirect:
    """Take a person into the team."""
    principal, parts, form = owner(), services(), request.form
    email, pin = form.get("email", "").strip(), form.get("pin", "").strip()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, id_of("store_id"), "owner")
            hire_staff(
                session,
                principal.program_id,
                display_name=form.get("display_name", ""),
                email=email or None,
                language=store.language,
                store_id=store.store_id,
                role=form.get("role", ""),
                pin=pin or None,
                tools=parts.tools,
            )
    except (SettingInvalidError, EmailInvalidError) as error:
        refuse_form("hire", error)
        return _back("hire")
    say(gettext("%(name)s ya está en el equipo.", name=form["display_name"].strip()))
    return _back("staff")


@bp.post("/staff/<uuid:staff_id>/role")
def role(staff_id: UUID) -> Redirect:
    """Set what a person may do in a store; undone by setting what it was."""
    principal, parts, chosen = owner(), services(), request.form.get("role") or None
    store_id = id_of("store_id")
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            my_store(session, principal, store_id, "owner")
            before = change_role(
                session, principal.program_id, staff_id, store_id=store_id, role=chosen
            )
    except SettingInvalidError as error:
        refuse_form(f"role-{staff_id}", error)
        return _back("staff")
    if before != chosen:
        undo = {"store_id": str(store_id), "role": before or ""}
        here = url_for("admin_team.role", staff_id=staff_id)
        say(gettext("Cambio guardado. Vale desde ahora."), undo=here, fields=undo)
    return _back("staff")


@bp.post("/staff/<uuid:staff_id>/pin")
def pin(staff_id: UUID) -> Redirect:
    """Give a person a new PIN for the till; all tries are given back."""
    principal, parts = owner(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            check_colleague(session, principal, staff_id)
            set_pin(
                session,
                principal.program_id,
                staff_id,
                request.form.get("pin", "").strip(),
                tools=parts.tools,
            )
    except SettingInvalidError as error:
        refuse_form(f"pin-{staff_id}", error)
        return _back("staff")
    say(gettext("PIN guardado. Dáselo en persona."))
    return _back("staff")


@bp.post("/staff/<uuid:staff_id>/remove")
def remove(staff_id: UUID) -> Redirect:
    """Let a person go and sign them out everywhere."""
    principal, parts = owner(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            check_colleague(session, principal, staff_id)
            left = remove_staff(session, principal.program_id, staff_id, tools=parts.tools)
    except SettingInvalidError as error:
        refuse_form(f"role-{staff_id}", error)
        return _back("staff")
    fields = {f"role_{store_id}": held for store_id, held in left.roles.items()}
    say(
        gettext("%(name)s ya no está en el equipo.", name=left.display_name),
        undo=url_for("admin_team.take_back", staff_id=staff_id),
        fields={"email": left.email or "", **fields},
    )
    return _back("staff")


@bp.post("/staff/<uuid:staff_id>/take-back")
def take_back(staff_id: UUID) -> Redirect:
    """Undo a removal."""
    principal, parts, form = owner(), services(), request.form
    roles = {
        read_id(name.removeprefix("role_"), field="role"): held
        for name, held in form.items()
        if name.startswith("role_")
    }
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            for store_id in roles:
                my_store(session, principal, store_id, "owner")
            take_back_staff(
                session,
                principal.program_id,
                staff_id,
                email=form.get("email") or None,
                roles=roles,
            )
    except (SettingInvalidError, EmailInvalidError) as error:
        refuse_form("hire", error)
        return _back("hire")
    say(gettext("Vuelve a estar en el equipo. Si usaba PIN, ponle uno nuevo."))
    return _back("staff")


@bp.post("/pairings")
def offer() -> Redirect:
    """Make a pairing code for a new till and show it."""
    principal, parts, form = owner(), services(), request.form
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, id_of("store_id"), "owner")
            made = offer_pairing(
                session,
                principal.program_id,
                store.store_id,
                till_name=form.get("till_name", ""),
                staff_id=principal.staff_id,
                tools=parts.tools,
            )
    except SettingInvalidError as error:
        refuse_form("pair", error)
        return _back("tills")
    form_session["pairing"] = {
        "code": made.code,
        "expires_at": made.expires_at.isoformat(),
        "offered_at": parts.tools.clock.now().isoformat(),
        "till_name": form["till_name"].strip(),
        "store": store.name,
    }
    return redirect(url_for("admin_team.pairing"), 303)


@bp.get("/pairing")
def pairing() -> str | Redirect:
    """Show the pairing code large, with its time and what to do."""
    principal, parts = owner(), services()
    kept = form_session.get("pairing")
    if kept is None:
        return _back("tills")
    with parts.database.reading(principal.program_id) as session:
        page = pairing_page(session, principal, kept, now=parts.tools.clock.now())
    return render_template("admin/pairing.html", page=page)


@bp.get("/pairing/state")
def pairing_state() -> Response:
    """Say whether the offered till has been paired."""
    return jsonify(paired=_is_paired(owner()))


@bp.get("/pairing/done")
def paired() -> Redirect:
    """Go back to the tills and say that the new one is there."""
    principal = owner()
    if _is_paired(principal):
        kept = form_session.pop("pairing")
        say(gettext("%(till)s está emparejada y lista.", till=kept["till_name"]))
    return _back("tills")


@bp.post("/tills/<uuid:till_id>/revoke")
def revoke(till_id: UUID) -> Redirect:
    """Unpair a till; its key opens nothing from now on."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        check_till(session, principal, till_id)
        revoke_till(session, principal.program_id, till_id, tools=parts.tools)
    say(
        gettext("Caja desemparejada. Ya no puede leer tarjetas."),
        undo=url_for("admin_team.restore", till_id=till_id),
    )
    return _back("tills")


@bp.post("/tills/<uuid:till_id>/restore")
def restore(till_id: UUID) -> Redirect:
    """Undo an unpairing."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        check_till(session, principal, till_id)
        restore_till(session, principal.program_id, till_id, at=parts.tools.clock.now())
    say(gettext("La caja sigue emparejada."))
    return _back("tills")


def _is_paired(principal: StaffPrincipal) -> bool:
    kept = form_session.get("pairing")
    if kept is None:
        return False
    with services().database.reading(principal.program_id) as session:
        return any(
            till.name == kept["till_name"] and till.paired_at.isoformat() >= kept["offered_at"]
            for till in tills_of(session, principal.program_id)
        )


def _back(part: str) -> Redirect:
    return redirect(url_for("admin_team.team", _anchor=part), 303)
