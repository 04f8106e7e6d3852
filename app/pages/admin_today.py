"""Today: one sentence, four figures, the last days, and what is left to set up."""

from uuid import UUID

from flask import Blueprint, render_template, request

from app.auth import SignInNeededError
from app.pages.admin_frame import MANAGER, OWNER, my_store, owner_or_manager, to_the_door
from app.pages.admin_today_page import today_page
from app.wiring import services

bp = Blueprint("admin_today", __name__)
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("/admin")
def today() -> str:
    """Show the day of one store, or of all of them."""
    principal, parts = owner_or_manager(), services()
    asked = request.args.get("store", type=UUID)
    with parts.database.reading(principal.program_id) as session:
        store = asked and my_store(session, principal, asked, OWNER, MANAGER)
        page = today_page(session, principal, store or None, tools=parts.tools)
    return render_template("admin/today.html", page=page)
