"""How the program's points work: their end, returns, value, presents and limits."""

from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import (
    OWNER,
    Frame,
    Typed,
    frame_of,
    my_stores,
    owner,
    refuse_form,
    say,
    take_typed,
    to_the_door,
)
from app.pages.admin_points_tabs import PointsTab, points_tabs
from app.pages.admin_policy_form import NUMBERS, VALUE, form_of_policy, policy_from_form
from app.wiring import services
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.policy import PointsPolicy, policy_in_force
from loyalty.points.set_policy import set_policy

bp = Blueprint("admin_policy", __name__, url_prefix="/admin/points/policy")
bp.register_error_handler(SignInNeededError, to_the_door)

FORM = "points-policy"


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """Everything the page shows; `typed` holds each field as it stands or was typed."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    typed: Typed
    currency: str
    debts: tuple[tuple[str, str, bool], ...]
    is_carried: bool
    sentence: str


@bp.get("")
def policy() -> str:
    """Show how points work now."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        page = _page(session, principal)
    return render_template("admin/policy.html", page=page)


@bp.post("")
def save() -> Redirect:
    """Decide anew, as a version that holds from now on; undone by what was decided before."""
    principal, parts = owner(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            currency = my_stores(session, principal, OWNER)[0].currency
            now = parts.tools.clock.now()
            before = policy_in_force(session, principal.program_id, at=now)
            wanted = policy_from_form(request.form, before, currency=currency)
            made_by = f"staff:{principal.staff_id}"
            set_policy(session, principal.program_id, wanted, made_by=made_by, at=now)
    except SettingInvalidError as error:
        refuse_form(FORM, error)
        return _back()
    done = gettext("Guardado. Vale desde ahora; los puntos ya dados siguen como estaban.")
    say(done, undo=request.path, fields=form_of_policy(before, currency))
    return _back()


def _page(session: Session, principal: StaffPrincipal) -> PolicyPage:
    now = services().tools.clock.now()
    held = policy_in_force(session, principal.program_id, at=now)
    currency = my_stores(session, principal, OWNER)[0].currency
    typed = take_typed(FORM)
    if typed.field == "hold_minutes":
        typed = replace(typed, message=gettext("Pon de 1 a 1440 minutos."))
    stands = form_of_policy(held, currency)
    if typed.values:
        # An empty field was typed empty: what was refused is shown whole.
        stands = {name: typed.value(name) for name in (*NUMBERS, VALUE)} | dict(typed.values)
    chosen = stands.get("debt_policy", held.debt_policy)
    debts = {
        "owe": gettext("Se apuntan: los próximos puntos que gane los cubren."),
        "forgive": gettext("Se perdonan."),
        "block": gettext("Se apuntan, y no puede pedir premios hasta cubrirlos."),
    }
    return PolicyPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("policy"),
        typed=replace(typed, values=stands),
        currency=currency,
        debts=tuple((name, text, name == chosen) for name, text in debts.items()),
        is_carried=stands.get("carry_over") == "1",
        sentence=expiry_sentence(held),
    )


def expiry_sentence(held: PointsPolicy) -> str:
    """Say when points end, in the words people get."""
    if held.expiry_months is None:
        return gettext("Los puntos no caducan.")
    return ngettext(
        "Los puntos caducan %(num)s mes después de ganarlos.",
        "Los puntos caducan %(num)s meses después de ganarlos.",
        held.expiry_months,
    )


def _back() -> Redirect:
    return redirect(url_for("admin_policy.policy"), 303)
