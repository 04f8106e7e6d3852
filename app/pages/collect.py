"""The page of somebody who collects an order for another: where, when, and a code."""

from flask import Blueprint, render_template

from app.language import prefer_language
from app.links import LinkPurpose
from app.pages.order_page import collect_page
from app.wiring import services
from loyalty.journeys.order_view import collect_view

bp = Blueprint("collect", __name__, url_prefix="/collect")


@bp.get("/<token>")
def collect(token: str) -> str:
    """Show the code; nothing of what was ordered, by whom, or for how much."""
    parts = services()
    payload, _ = parts.links.read(LinkPurpose.COLLECT, token)
    program_id = payload["program_id"]
    assert isinstance(program_id, int), "it was signed with one"
    with parts.database.reading(program_id) as session:
        view = collect_view(session, program_id, str(payload["code_subject"]), tools=parts.tools)
    prefer_language(view.store.language)
    return render_template("shop/collect.html", page=collect_page(view))
