"""The shopper's card: code, points, history; made to be open at the counter."""

from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as Redirect

from app.auth import ShopperPrincipal, drop_cookie, shopper
from app.language import gettext, language, prefer_language
from app.pages.card_page import card_page, history_page, live_facts, orders_waiting, spaced
from app.pages.consent_words import consent_wordings
from app.pages.no_card_page import no_card_page
from app.pages.shop_frame import say, shop_frame, store_of
from app.pages.welcome_page import welcome_page
from app.wiring import services
from loyalty.codes.live import LiveBatch
from loyalty.codes.render import packed_modules
from loyalty.journeys.card_view import card_privacy, card_version, card_view
from loyalty.journeys.consents import answer_consents
from loyalty.journeys.join_memberships import undo_join
from loyalty.journeys.live_codes import held_codes, live_codes
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.kernel.errors import LoyaltyError

bp = Blueprint("card", __name__, url_prefix="/card")

WORKER: Final = Path(__file__).parents[1] / "static" / "js" / "card-worker.js"


class NoCardError(Exception):
    """This phone has no card (any more)."""


@bp.app_errorhandler(NoCardError)
def no_card(_: NoCardError) -> tuple[str, int]:
    """Say so, and what to do; a stale cookie does no harm."""
    return render_template("shop/no_card.html", page=no_card_page()), 404


def phone() -> ShopperPrincipal:
    """Say whose phone asks; its store's language speaks when the browser has none."""
    found = shopper()
    if found is None:
        raise NoCardError
    return found


@bp.get("")
def card() -> str:
    """Show the card; opening it goes on with the visit, or begins one."""
    mine, parts = phone(), services()
    batch = fresh_codes(mine)
    with parts.database.reading(mine.program_id) as session:
        store = store_of(session, mine)
        prefer_language(store.language)
        is_saved = bool(card_privacy(session, mine.browser).emails)
        page = card_page(session, mine, batch, is_saved=is_saved)
    return render_template("shop/card.html", page=page)


def fresh_codes(mine: ShopperPrincipal) -> LiveBatch | None:
    """Go on with the visit and give the phone its codes; none for a card that was voided."""
    parts = services()
    with parts.database.reading(mine.program_id) as session:
        store_id = store_of(session, mine).store_id
    arrival = Arrival(referrer=request.referrer, landing=request.path, own_host=request.host)
    try:
        with parts.database.unit_of_work(mine.program_id) as session:
            open_visit(
                session,
                mine.program_id,
                store_id,
                arrival=arrival,
                shopper=mine.browser,
                tools=parts.tools,
            )
            return live_codes(session, mine.browser, tools=parts.tools)
    except LoyaltyError as error:
        current_app.logger.info("no codes: %s", error.code)
        return None


@bp.get("/codes.json")
def codes() -> Response:
    """Give the phone the codes of the next two hours, each as it is drawn."""
    mine, parts = phone(), services()
    with parts.database.reading(mine.program_id) as session:
        batch = held_codes(session, mine.browser, tools=parts.tools)
    if batch is None:
        with parts.database.unit_of_work(mine.program_id) as session:
            batch = live_codes(session, mine.browser, tools=parts.tools)
    return jsonify(
        server_time=round(batch.server_time.timestamp() * 1000),
        codes=[
            {
                "text": code.text,
                "letters": spaced(code.letters),
                "modules": packed_modules(code.text),
                "expires": round(code.expires_at.timestamp() * 1000),
            }
            for code in batch.codes
        ],
    )


@bp.get("/state.json")
def state() -> Redirect:
    """Say whether anything changed: a look-up by key, answered 304 when nothing did."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        version = card_version(session, mine.browser)
    response = jsonify(version=version)
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


@bp.get("/live")
def live() -> str:
    """Give the part of the card that changed, for the page to take in."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        store = store_of(session, mine)
        prefer_language(store.language)
        view = card_view(session, mine.browser, at=services().tools.clock.now())
        told = live_facts(view, store, orders=orders_waiting(session, mine))
    return render_template("shop/live.html", live=told, version=view.version)


@bp.get("/history")
def history() -> str:
    """Show every act with its reason."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = history_page(session, mine)
    return render_template("shop/history.html", page=page)


@bp.post("/history/undo-join")
def separate_cards() -> Redirect:
    """Take two joined cards apart again: each gets its points back."""
    mine, parts = phone(), services()
    asked = request.form.get("link_id", "")
    with parts.database.reading(mine.program_id) as session:
        known = {each.link.link_id for each in card_privacy(session, mine.browser).linked}
    if asked in known:
        with parts.database.unit_of_work(mine.program_id) as session:
            undo_join(session, mine.program_id, asked, actor="shopper", tools=parts.tools)
        say(gettext("Las dos tarjetas vuelven a estar separadas, cada una con sus puntos."))
    return redirect(url_for("card.history"), 303)


@bp.get("/welcome")
def welcome() -> str:
    """The card is ready; then two questions, apart."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        store = store_of(session, mine)
        prefer_language(store.language)
        page = welcome_page(shop_frame(store))
    return render_template("shop/welcome.html", page=page)


@bp.post("/consents")
def consents() -> Redirect:
    """Keep each answer with its wording; saying no costs nothing."""
    mine, parts = phone(), services()
    later = "later" in request.form
    answers = {each: request.form.get(each) == "yes" and not later for each in consent_wordings()}
    with parts.database.unit_of_work(mine.program_id) as session:
        answer_consents(
            session,
            mine.browser,
            answers,
            wordings=consent_wordings(),
            language=language(),
            tools=parts.tools,
        )
    return redirect(url_for("card.card"), 303)


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """Let the card stand on the phone's home screen under the shop's name."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        store = store_of(session, mine)
    response = jsonify(
        name=store.name,
        short_name=store.name[:24],
        start_url=url_for("card.card"),
        scope=url_for("card.card"),
        display="standalone",
        background_color="#F5F5F1",
        theme_color=store.color,
        icons=[
            {"src": url_for("static", filename="mark.svg"), "sizes": "any", "type": "image/svg+xml"}
        ],
    )
    response.mimetype = "application/manifest+json"
    return response


@bp.get("/sw.js")
def worker() -> Response:
    """Serve the worker that keeps the card open without signal; its scope is the card."""
    response = make_response(send_file(WORKER, mimetype="text/javascript"))
    response.headers["Service-Worker-Allowed"] = url_for("card.card")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.post("/leave")
def leave() -> Redirect:
    """Forget a card that was voided, so that this phone can have another."""
    response = redirect("/", 303)
    drop_cookie(response, "card")
    return response
