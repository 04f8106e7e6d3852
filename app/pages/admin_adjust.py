"""Points put right by hand on a person's page: how many, why, within a role, with undo."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.forms import id_of
from app.language import gettext, ngettext
from app.pages.admin_amounts import count_from_text
from app.pages.admin_frame import (
    MANAGER,
    OWNER,
    Typed,
    my_stores,
    owner_or_manager,
    refuse_form,
    say,
    take_typed,
    to_the_door,
)
from app.text import points_text, signed_text, whole_text
from app.wiring import services
from loyalty.journeys.adjust_points import ByHand, adjust_points, forgive_debt, undo_adjustment
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.adjust import Adjusted, most_of_role
from loyalty.points.amounts import POINTS_MAX
from loyalty.points.policy import policy_in_force
from loyalty.points.refused import Refused
from loyalty.wire.refusals import Refusal

bp = Blueprint("admin_adjust", __name__, url_prefix="/admin/people")
bp.register_error_handler(SignInNeededError, to_the_door)

FORM: Final = "adjust"


@dataclass(frozen=True, slots=True)
class AdjustPart:
    """The form on a person's page; `most` says how much this role may change at once.

    `debt` is what the person owes, in words; empty when nothing.
    """

    url: str
    forgive_url: str
    debt: str
    change_id: str
    most: str
    typed: Typed


def adjust_part(
    session: Session, principal: StaffPrincipal, person_id: str, *, debt: int
) -> AdjustPart:
    """Lay the form out, with an id of its own: sent twice it changes once."""
    policy = policy_in_force(session, principal.program_id, at=services().tools.clock.now())
    most = most_of_role(policy, role_of(principal))
    limit = ngettext(
        "Hasta %(count)s punto de una vez.",
        "Hasta %(count)s puntos de una vez.",
        most,
        count=whole_text(most),
    )
    return AdjustPart(
        url=url_for("admin_adjust.adjust", person_id=person_id),
        forgive_url=url_for("admin_adjust.forgive", person_id=person_id),
        debt=points_text(debt) if debt else "",
        change_id=str(uuid4()),
        most="" if most >= POINTS_MAX else limit,
        typed=take_typed(FORM),
    )


@bp.post("/<person_id>/adjust")
def adjust(person_id: str) -> Redirect:
    """Add or take points by hand."""
    principal, parts, form = owner_or_manager(), services(), request.form
    change_id, sign = id_of("change_id"), -1 if form.get("way") == "take" else 1
    points = sign * count_from_text(form.get("points", ""))
    try:
        if not 0 < abs(points) <= POINTS_MAX:
            raise SettingInvalidError(field="adjust_points")  # noqa: TRY301  told like the others
        with parts.database.unit_of_work(principal.program_id) as session:
            done = adjust_points(
                session,
                principal.program_id,
                person_id,
                change_id=change_id,
                points=points,
                by=_by(session, principal, form.get("reason", "")),
                tools=parts.tools,
            )
    except SettingInvalidError as error:
        refuse_form(FORM, error)
        return _back(person_id)
    _say_done(done, person_id, change_id, points)
    return _back(person_id)


@bp.post("/<person_id>/adjust/undo")
def undo(person_id: str) -> Redirect:
    """Take a change back, as far as the points are still there."""
    principal, parts = owner_or_manager(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        done = undo_adjustment(
            session,
            principal.program_id,
            person_id,
            change_id=id_of("change_id"),
            by=_by(session, principal, gettext("Deshecho")),
            tools=parts.tools,
        )
    if done.refused is not None:
        say(_refused_text(done.refused), tone="attention")
    else:
        say(gettext("Deshecho. Los puntos están como antes."))
    return _back(person_id)


@bp.post("/<person_id>/forgive")
def forgive(person_id: str) -> Redirect:
    """Let go what somebody owes."""
    principal, parts, form = owner_or_manager(), services(), request.form
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            done = forgive_debt(
                session,
                principal.program_id,
                person_id,
                change_id=id_of("change_id"),
                by=_by(session, principal, form.get("reason", "")),
                tools=parts.tools,
            )
    except SettingInvalidError as error:
        refuse_form(FORM, error)
        return _back(person_id)
    if done.refused is not None:
        say(_refused_text(done.refused), tone="attention")
    else:
        told = points_text(done.points)
        say(gettext("Perdonado: %(points)s. Queda apuntado quién y por qué.", points=told))
    return _back(person_id)


def role_of(principal: StaffPrincipal) -> str:
    """Say the most that somebody is in any store."""
    return OWNER if OWNER in principal.roles.values() else MANAGER


def _by(session: Session, principal: StaffPrincipal, reason: str) -> ByHand:
    role = role_of(principal)
    store = my_stores(session, principal, role)[0]
    return ByHand(principal.staff_id, role, store.store_id, reason)


def _say_done(done: Adjusted, person_id: str, change_id: UUID, points: int) -> None:
    if done.refused is not None:
        say(_refused_text(done.refused), tone="attention")
        return
    say(
        gettext("%(points)s puntos. Queda apuntado quién y por qué.", points=signed_text(points)),
        undo=url_for("admin_adjust.undo", person_id=person_id),
        fields={"change_id": str(change_id)},
    )


def _refused_text(refused: Refused) -> str:
    facts = refused.facts
    if refused.code == Refusal.ADJUST_LIMIT:
        most = points_text(int(facts["most"] or 0))
        return gettext("De una vez puedes cambiar hasta %(most)s. Pídeselo al titular.", most=most)
    free = points_text(int(facts.get("free") or 0))
    return gettext("No se puede quitar tanto: ahora tiene %(free)s.", free=free)


def _back(person_id: str) -> Redirect:
    return redirect(url_for("admin_people.person", person_id=person_id), 303)
