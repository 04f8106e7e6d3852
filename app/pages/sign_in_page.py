"""What the pages of the staff's door show."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import Frame, frame_of
from app.text import clock_text, short_date_text
from loyalty.programs.queries import stores_of
from loyalty.programs.sessions import BrowserFacts, sessions_of


@dataclass(frozen=True, slots=True)
class FindPage:
    """Which shop is it?"""

    slug: str
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The field for the e-mail address; `is_over` after a link that was used or too old."""

    shop: str
    program_id: int
    email: str
    is_wrong: bool
    is_over: bool
    is_demo: bool


@dataclass(frozen=True, slots=True)
class CodePage:
    """The field for the six digits; `message` is empty before the first try."""

    shop: str
    program_id: int
    email: str
    message: str
    is_over: bool
    is_demo: bool


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The one button behind the link of the mail."""

    shop: str
    program_id: int
    token: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is signed in."""

    title: str
    detail: str
    is_this: bool
    revoke_url: str


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Everything the page of signed-in browsers shows."""

    frame: Frame
    name: str
    rows: tuple[SessionRow, ...]


def tries_message(tries_left: int) -> str:
    """Say what a wrong code means and how many tries are left."""
    if tries_left == 0:
        return gettext("Este código ya no vale. Pide otro.")
    return ngettext(
        "Ese no es el código. Queda %(num)s intento.",
        "Ese no es el código. Quedan %(num)s intentos.",
        tries_left,
    )


def sessions_page(session: Session, principal: StaffPrincipal, *, now: datetime) -> SessionsPage:
    """List where this person is signed in, this browser marked."""
    rows = sessions_of(
        session, principal.program_id, kind="staff", subject=str(principal.staff_id), at=now
    )
    zone = stores_of(session, principal.program_id)[0].time_zone
    return SessionsPage(
        frame=frame_of(session, principal, section="sessions"),
        name=principal.display_name,
        rows=tuple(_row(one, principal, zone=zone, now=now) for one in rows),
    )


def _row(one: BrowserFacts, principal: StaffPrincipal, *, zone: str, now: datetime) -> SessionRow:
    is_this = one.session_id == principal.session_id
    seen = gettext(
        "Usado por última vez el %(day)s a las %(time)s",
        day=short_date_text(one.last_seen_at, zone),
        time=clock_text(one.last_seen_at, zone),
    )
    today = (
        one.last_seen_at.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    )
    if today:
        seen = gettext("Usado hoy a las %(time)s", time=clock_text(one.last_seen_at, zone))
    return SessionRow(
        title=gettext("Entraste el %(day)s", day=short_date_text(one.created_at, zone)),
        detail=seen,
        is_this=is_this,
        revoke_url=url_for("sign_in.revoke", session_id=one.session_id),
    )
