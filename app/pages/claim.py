"""The address on a printed card: the first phone may take the card, every later one sees a shop."""

from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.auth import set_cookie, shopper
from app.language import gettext, prefer_language
from app.pages.receipt import show_receipt
from app.pages.shop_frame import ShopFrame, say_joined, shop_frame
from app.wiring import services
from loyalty.journeys.claim_card import CardPeek, Claimed, claim_card, peek_card
from loyalty.programs.queries import StoreFacts, store_by_id
from loyalty.programs.sessions import cookie_text
from loyalty.wire.codes import CodeKind, CodeOutcome, take_apart

bp = Blueprint("claim", __name__)


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """What anybody may see behind the address: whose shop, and whether the card is free."""

    frame: ShopFrame
    state: str
    text: str
    slug: str


@bp.get("/Q/<text>")
def peek(text: str) -> Response:
    """Show what this phone may do with the card: never points, history or a live code.

    A receipt carries such an address too, and has a page of its own.
    """
    code, program_id, kind = _read(text)
    if kind is CodeKind.CLAIM:
        return show_receipt(code, program_id)
    parts, mine = services(), shopper()
    with parts.database.reading(program_id) as session:
        seen = peek_card(
            session, program_id, code, shopper=mine.browser if mine else None, tools=parts.tools
        )
    if seen.state == "own":
        return redirect(url_for("card.card"), 303)
    return _show(seen, program_id, code)


@bp.post("/Q/claim")
def claim() -> Response:
    """Let the first phone take the card, once."""
    code, program_id, _ = _read(request.form.get("text", ""))
    parts, mine = services(), shopper()
    own = mine.browser if mine and mine.program_id == program_id else None
    with parts.database.unit_of_work(program_id) as session:
        done = claim_card(session, program_id, code, shopper=own, tools=parts.tools)
    if not isinstance(done, Claimed):
        return _show(CardPeek("taken", done.outcome, done.store_id), program_id, code)
    response = redirect(url_for("card.welcome"), 303)
    if done.secret:
        set_cookie(response, "card", cookie_text(program_id, done.secret))
    else:
        words = gettext("La tarjeta impresa y la de este móvil ya son una.")
        if done.join is not None:
            say_joined(done.join, words)
        response = redirect(url_for("card.card"), 303)
    return response


def _read(text: str) -> tuple[str, int, CodeKind]:
    """Read a code's letters, program and kind; anything else is no page of ours."""
    code = take_apart(text)
    if isinstance(code, CodeOutcome):
        abort(404)
    return code.text, code.header.program_id, code.header.kind


def _show(seen: CardPeek, program_id: int, code: str) -> Response:
    if seen.store_id is None:
        abort(404)
    with services().database.reading(program_id) as session:
        store: StoreFacts | None = store_by_id(session, program_id, seen.store_id)
    if store is None:
        abort(404)
    prefer_language(store.language)
    page = ClaimPage(shop_frame(store), seen.state, code, store.slug)
    response = make_response(render_template("shop/claim.html", page=page))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
