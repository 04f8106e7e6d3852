"""The demo's letter box: the mail that a real service would send, readable by everybody there."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template

from app.outbound import mail_text
from app.text import clock_text
from app.wiring import services
from loyalty.db.session import NO_PROGRAM
from loyalty.outbox.queries import Message, latest_messages
from loyalty.programs.queries import programs

bp = Blueprint("outbox", __name__)

ZONE = "Europe/Madrid"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as its reader would see it."""

    to: str
    at: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """The latest letters, newest first."""

    letters: tuple[Letter, ...]


@bp.get("/outbox")
def outbox() -> str:
    """Show the mail of the demo; outside the demo there is no such page."""
    parts = services()
    if not parts.settings.demo:
        abort(404)
    with parts.database.reading(NO_PROGRAM) as session:
        demos = [each.program_id for each in programs(session) if each.is_demo]
    messages: list[Message] = []
    for program_id in demos:
        with parts.database.reading(program_id) as session:
            messages += latest_messages(session, program_id)
    letters = [_letter(each) for each in messages if each.facts]
    return render_template("shop/outbox.html", page=OutboxPage(tuple(letters)))


def _letter(message: Message) -> Letter:
    subject, text = mail_text(message, services())
    return Letter(message.recipient, clock_text(message.created_at, ZONE), subject, text)
