"""Why do I have so many points: one tap from the card."""

from flask import Blueprint, render_template

from app.language import prefer_language
from app.pages.card import phone
from app.pages.points_page import my_points_page
from app.pages.shop_frame import store_of
from app.wiring import services

bp = Blueprint("points", __name__, url_prefix="/card/points")


@bp.get("")
def points() -> str:
    """Tell each point of the card: where it came from, what it paid for, when it ends."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = my_points_page(session, mine)
    return render_template("shop/points.html", page=page)
