"""Pages made for paper: the poster of a counter, and cards to cut out."""

from uuid import UUID

from flask import Blueprint, render_template, request

from app.auth import SignInNeededError
from app.pages.admin_frame import MANAGER, OWNER, my_store, my_stores, owner_or_manager, to_the_door
from app.pages.print_page import poster_page, sheet_page
from app.wiring import services

bp = Blueprint("print", __name__, url_prefix="/admin")
bp.register_error_handler(SignInNeededError, to_the_door)

CARDS_MAX = 200


@bp.get("/poster/<uuid:store_id>")
def poster(store_id: UUID) -> str:
    """Show the A4 poster of a store."""
    principal, parts = owner_or_manager(), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, OWNER, MANAGER)
        page = poster_page(session, store, parts=parts)
    return render_template("print/poster.html", page=page)


@bp.get("/cards/print")
def sheet() -> str:
    """Show cards with front and back side by side, five on a page."""
    principal, parts = owner_or_manager(), services()
    asked = request.args.get("cards", "").split(",")[:CARDS_MAX]
    with parts.database.reading(principal.program_id) as session:
        stores = my_stores(session, principal, OWNER, MANAGER)
        page = sheet_page(
            session, stores, asked, parts=parts, person_id=request.args.get("person", "")
        )
    return render_template("print/sheet.html", page=page)
