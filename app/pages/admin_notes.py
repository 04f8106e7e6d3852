"""Notes from shoppers: read, mark, and find who wrote them."""

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext
from app.looks import leave_looks
from app.pages.admin_frame import (
    MANAGER,
    OWNER,
    Frame,
    frame_of,
    my_store,
    my_stores,
    owner_or_manager,
    say,
    to_the_door,
)
from app.pages.admin_people_page import person_name
from app.text import clock_text, short_date_text
from app.wiring import services
from loyalty.journeys.shop_notes import ShopNote, shop_notes
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import StoreFacts
from loyalty.visits.notes import mark_read, mark_unread
from loyalty.visits.queries import note_by_id

bp = Blueprint("admin_notes", __name__, url_prefix="/admin/notes")
bp.register_error_handler(SignInNeededError, to_the_door)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note: who, when, what, and the way the shopper asked to be answered."""

    text: str
    who: str
    who_url: str
    detail: str
    reply_to: str
    reply_url: str
    is_unread: bool
    read_url: str


@dataclass(frozen=True, slots=True)
class NotesPage:
    """Everything the page of notes shows."""

    frame: Frame
    rows: tuple[NoteRow, ...]
    person_ids: tuple[str, ...]


@bp.get("")
def notes() -> str:
    """List the notes of this person's stores, unread first."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        page = _notes_page(session, principal)
    leave_looks(principal, page.person_ids, seen="found")
    return render_template("admin/notes.html", page=page)


@bp.post("/<uuid:note_id>/read")
def read(note_id: UUID) -> Redirect:
    """Mark a note as read."""
    principal, parts = owner_or_manager(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        _check_mine(session, principal, note_id)
        mark_read(session, principal.program_id, note_id, at=parts.tools.clock.now())
    say(gettext("Nota leída."), undo=url_for("admin_notes.unread", note_id=note_id))
    return redirect(url_for("admin_notes.notes"), 303)


@bp.post("/<uuid:note_id>/unread")
def unread(note_id: UUID) -> Redirect:
    """Undo the mark: the note waits again."""
    principal, parts = owner_or_manager(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        _check_mine(session, principal, note_id)
        mark_unread(session, principal.program_id, note_id)
    say(gettext("La nota vuelve a estar sin leer."))
    return redirect(url_for("admin_notes.notes"), 303)


def reply_address(reply_to: str, *, country: str) -> str:
    """Make a link of what the shopper wrote: a mail, a call, or "" when it is neither."""
    text = reply_to.strip()
    try:
        return f"mailto:{quote(validate_email(text, check_deliverability=False).normalized, '@')}"
    except EmailNotValidError:
        pass
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return f"tel:{phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}"


def _check_mine(session: Session, principal: StaffPrincipal, note_id: UUID) -> None:
    note = note_by_id(session, principal.program_id, note_id)
    if note is None:
        raise NotFoundError
    my_store(session, principal, note.store_id, OWNER, MANAGER)


def _notes_page(session: Session, principal: StaffPrincipal) -> NotesPage:
    stores = {one.store_id: one for one in my_stores(session, principal, OWNER, MANAGER)}
    found = shop_notes(session, principal.program_id, tuple(stores))
    return NotesPage(
        frame=frame_of(session, principal, section="notes"),
        rows=tuple(_row(one, stores[one.note.store_id]) for one in found),
        person_ids=tuple(one.person_id for one in found if one.person_id),
    )


def _row(one: ShopNote, store: StoreFacts) -> NoteRow:
    note = one.note
    who = gettext("Alguien sin tarjeta")
    if one.person_id is not None and note.card_id is not None:
        who = person_name(one.display_name, [note.card_id])
    return NoteRow(
        text=note.text,
        who=who,
        who_url=url_for("admin_people.person", person_id=one.person_id) if one.person_id else "",
        detail=gettext(
            "%(store)s · %(day)s, %(time)s",
            store=store.name,
            day=short_date_text(note.left_at, store.time_zone),
            time=clock_text(note.left_at, store.time_zone),
        ),
        reply_to=note.reply_to,
        reply_url=reply_address(note.reply_to, country=store.country) if note.reply_to else "",
        is_unread=note.read_at is None,
        read_url=url_for("admin_notes.read", note_id=note.note_id),
    )
