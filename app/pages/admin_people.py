"""Persons: find one, read the whole story, separate what does not belong together."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal, staff
from app.language import gettext
from app.looks import leave_looks
from app.pages.admin_frame import may_see_all, owner_or_manager, say, to_the_door
from app.pages.admin_orders_page import WORKERS
from app.pages.admin_people_page import FILTERS, people_page, person_page
from app.pages.admin_short import short_page
from app.pages.admin_why import why_page
from app.pages.points_page import person_points_page
from app.wiring import services
from loyalty.identity.looks import Seen, note_look
from loyalty.identity.members import rename_member
from loyalty.journeys.explain import explain, leaving_without
from loyalty.journeys.tell_person import tell_person
from loyalty.kernel.errors import NotFoundError

bp = Blueprint("admin_people", __name__, url_prefix="/admin/people")
bp.register_error_handler(SignInNeededError, to_the_door)

ROWS = 15
ROWS_MAX = 1000
NAME_LENGTH_MAX = 80


@bp.get("")
def people() -> str:
    """List persons, or those a search finds."""
    principal, asked = owner_or_manager(), request.args.get("q", "").strip()
    with services().database.reading(principal.program_id) as session:
        page = people_page(session, principal, asked)
    leave_looks(principal, page.person_ids, seen="found")
    return render_template("admin/people.html", page=page)


@bp.get("/<person_id>")
def person(person_id: str) -> str | Redirect:
    """Tell one person's story, a cashier in short; an id from before a merge leads on.

    Whoever looks leaves a line.
    """
    principal, asked = staff(*WORKERS), request.args.get("show", "")
    sees_all = may_see_all(principal)
    show = asked if asked in FILTERS else FILTERS[0]
    rows = min(max(request.args.get("rows", ROWS, type=int), ROWS), ROWS_MAX)
    with services().database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        if story.person_id != person_id:
            return redirect(url_for("admin_people.person", person_id=story.person_id), 303)
        page = (
            person_page(session, principal, story, show=show, rows=rows)
            if sees_all
            else short_page(session, principal, story)
        )
    _note(principal, story.person_id, "whole" if sees_all else "short")
    template = "admin/person.html" if sees_all else "admin/person_short.html"
    return render_template(template, page=page)


@bp.get("/<person_id>/points")
def points(person_id: str) -> str | Redirect:
    """Say why this person has so many points: each lot, what it paid for, when it ends."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        if story.person_id != person_id:
            return redirect(url_for("admin_people.points", person_id=story.person_id), 303)
        page = person_points_page(session, principal, story)
    _note(principal, story.person_id, "points")
    return render_template("admin/points.html", page=page)


@bp.get("/<person_id>/why/<uuid:identifier_id>")
def why(person_id: str, identifier_id: UUID) -> str:
    """Say why something belongs to a person, proof by proof, and what would leave without each."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        told = explain(session, principal.program_id, person_id, identifier_id)
        leaving = leaving_without(session, principal.program_id, told)
        page = why_page(session, principal, (story, told, leaving))
    _note(principal, story.person_id, "why")
    return render_template("admin/why.html", page=page)


@bp.post("/<person_id>/name")
def name(person_id: str) -> Redirect:
    """Call a person by name; the till shows it from now on."""
    principal = owner_or_manager()
    given = " ".join(request.form.get("display_name", "").split())[:NAME_LENGTH_MAX]
    with services().database.unit_of_work(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        if story.open_member_id is None:
            raise NotFoundError
        rename_member(
            session, principal.program_id, story.open_member_id, display_name=given or None
        )
    say(
        gettext("Nombre guardado. La caja ya lo enseña."),
        undo=request.path,
        fields={"display_name": story.display_name or ""},
    )
    return _back(person_id)


def _note(principal: StaffPrincipal, person_id: str, seen: Seen) -> None:
    parts = services()
    with parts.database.unit_of_work(principal.program_id) as session:
        note_look(
            session,
            principal.program_id,
            person_id,
            actor=f"staff:{principal.staff_id}",
            seen=seen,
            at=parts.tools.clock.now(),
        )


def _back(person_id: str) -> Redirect:
    return redirect(url_for("admin_people.person", person_id=person_id), 303)
