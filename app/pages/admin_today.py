"""Today: one sentence, four figures, the last days, and what is left to set up."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, staff
from app.looks import leave_looks
from app.pages.admin_frame import MANAGER, OWNER, my_store, to_the_door
from app.pages.admin_orders_page import WORKERS
from app.pages.admin_today_page import today_page
from app.wiring import services

bp = Blueprint("admin_today", __name__)
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("/admin")
def today() -> str | Redirect:
    """Show the day of one store, or of all of them; a cashier's day is the board of orders."""
    principal, parts = staff(*WORKERS), services()
    if not {OWNER, MANAGER} & set(principal.roles.values()):
        return redirect(url_for("admin_orders.first"), 303)
    asked = request.args.get("store", type=UUID)
    with parts.database.reading(principal.program_id) as session:
        store = asked and my_store(session, principal, asked, OWNER, MANAGER)
        page = today_page(session, principal, store or None, tools=parts.tools)
    leave_looks(principal, page.person_ids, seen="found")
    return render_template("admin/today.html", page=page)
