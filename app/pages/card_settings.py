"""What a shopper sets for the card: the PIN of the printed one, a birthday; a link for friends."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.language import gettext, prefer_language
from app.pages.card import phone
from app.pages.card_settings_page import card_settings_page
from app.pages.shop_frame import say, store_of
from app.wiring import services
from loyalty.codes.pins import new_pin
from loyalty.journeys.card_settings import forget_own_birthday, set_own_birthday
from loyalty.journeys.member_pin import remove_own_pin, set_own_pin
from loyalty.kernel.errors import SettingInvalidError

bp = Blueprint("card_settings", __name__, url_prefix="/card/settings")


@bp.get("")
def settings() -> str:
    """Show what can be set for this card, and how it stands."""
    return _page()


@bp.post("/pin")
def pin() -> str | Redirect | tuple[str, int]:
    """Set or change the PIN of the printed card; one that is too easy is said so."""
    mine, parts = phone(), services()
    typed = request.form.get("pin", "").strip()
    try:
        # Slow, so before the unit of work.
        hashed = new_pin(typed, program_id=mine.program_id, keys=parts.tools.keys)
    except SettingInvalidError:
        return _page(wrong="pin"), 422
    with parts.database.unit_of_work(mine.program_id) as session:
        set_own_pin(session, mine.browser, hashed, tools=parts.tools)
    say(gettext("PIN guardado. Tu tarjeta impresa ya puede usar puntos."))
    return _back()


@bp.post("/pin/remove")
def remove_pin() -> Redirect:
    """Take the PIN away: the printed card identifies and earns, and spends no more."""
    mine, parts = phone(), services()
    with parts.database.unit_of_work(mine.program_id) as session:
        remove_own_pin(session, mine.browser)
    say(gettext("PIN quitado. La tarjeta impresa sigue sumando, y ya no usa puntos."))
    return _back()


@bp.post("/birthday")
def birthday() -> str | Redirect | tuple[str, int]:
    """Keep the day and month of a birthday, or forget it."""
    mine, parts = phone(), services()
    if "forget" in request.form:
        with parts.database.unit_of_work(mine.program_id) as session:
            forget_own_birthday(session, mine.browser)
        say(gettext("Cumpleaños olvidado."))
        return _back()
    month = request.form.get("month", 0, type=int)
    day = request.form.get("day", 0, type=int)
    try:
        with parts.database.unit_of_work(mine.program_id) as session:
            set_own_birthday(session, mine.browser, month=month, day=day, tools=parts.tools)
    except SettingInvalidError:
        return _page(wrong="birthday"), 422
    say(gettext("Cumpleaños guardado. Cuenta desde el próximo."))
    return _back()


def _page(*, wrong: str = "") -> str:
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = card_settings_page(session, mine, wrong=wrong)
    return render_template("shop/card_settings.html", page=page)


def _back() -> Redirect:
    return redirect(url_for("card_settings.settings"), 303)
