"""Whether all is well, in plain words: the tills, the mail, the backups, the machine."""

from flask import Blueprint, render_template

from app.auth import SignInNeededError
from app.pages.admin_frame import owner, to_the_door
from app.pages.admin_health_page import health_page
from app.wiring import services

bp = Blueprint("admin_health", __name__, url_prefix="/admin/health")
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("")
def health() -> str:
    """Say whether all is well, and if not, what is not, since when, and what to do."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        page = health_page(session, principal)
    return render_template("admin/health.html", page=page)
