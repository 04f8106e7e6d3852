"""The code on a receipt, opened by whoever bought: one tap, and the purchase counts."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import set_cookie, shopper
from app.language import gettext, language, prefer_language
from app.pages.card import phone
from app.pages.shop_frame import ShopFrame, say, shop_frame
from app.text import clock_text, date_text, money_text, points_text
from app.wiring import services
from loyalty.journeys.claim_receipt import (
    ReceiptClaimed,
    ReceiptPeek,
    claim_receipt,
    peek_receipt,
    unclaim_receipt,
)
from loyalty.journeys.join_program import join_program
from loyalty.programs.queries import StoreFacts, store_by_id, stores_of
from loyalty.programs.sessions import BrowserFacts, cookie_text, find_session
from loyalty.wire.codes import CodeKind, CodeOutcome, take_apart

bp = Blueprint("receipt", __name__)

CAN_CLAIM: Final = frozenset({"free", "waiting"})


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What whoever opened a receipt's code may see; `purchase` only of what they may claim."""

    frame: ShopFrame
    state: str
    title: str
    detail: str
    purchase: str
    button: str
    text: str
    home_href: str


def show_receipt(text: str, program_id: int) -> Response:
    """Show what a receipt's code is worth to this phone."""
    parts, mine = services(), _mine(program_id)
    with parts.database.reading(program_id) as session:
        seen = peek_receipt(session, program_id, text, shopper=mine, tools=parts.tools)
        store = _store(session, program_id, seen)
    return _page(seen, store, text, has_card=mine is not None)


@bp.post("/Q/receipt")
def claim() -> Response:
    """Let the purchase count for the card on this phone; without one, make a card first."""
    text, program_id = _read(request.form.get("text", ""))
    parts, mine, secret = services(), _mine(program_id), None
    with parts.database.unit_of_work(program_id) as session:
        holder = mine
        if holder is None:
            seen = peek_receipt(session, program_id, text, shopper=None, tools=parts.tools)
            if seen.state in CAN_CLAIM:
                holder, secret = _new_card(session, program_id, seen)
        done = (
            ReceiptClaimed(seen)
            if holder is None
            else claim_receipt(session, program_id, text, shopper=holder, tools=parts.tools)
        )
        store = _store(session, program_id, done.peek)
    if not done.is_new and done.peek.state != "own":
        return _page(done.peek, store, text, has_card=mine is not None)
    _tell(done)
    response = redirect(url_for("card.welcome" if secret else "card.card"), 303)
    if secret:
        set_cookie(response, "card", cookie_text(program_id, secret))
    return response


@bp.post("/card/receipt/undo")
def undo() -> Response:
    """Take a claim made a moment ago back: the purchase is nobody's again."""
    mine, parts = phone(), services()
    with parts.database.unit_of_work(mine.program_id) as session:
        unclaim_receipt(session, mine.browser, request.form.get("claim_id", ""), tools=parts.tools)
    say(gettext("Deshecho. La compra vuelve a no ser de nadie."))
    return redirect(url_for("card.card"), 303)


def _mine(program_id: int) -> BrowserFacts | None:
    mine = shopper()
    return mine.browser if mine and mine.program_id == program_id else None


def _read(text: str) -> tuple[str, int]:
    code = take_apart(text)
    if isinstance(code, CodeOutcome) or code.header.kind is not CodeKind.CLAIM:
        abort(404)
    return code.text, code.header.program_id


def _new_card(
    session: Session, program_id: int, seen: ReceiptPeek
) -> tuple[BrowserFacts | None, str | None]:
    if seen.store_id is None:
        return None, None
    tools = services().tools
    joined = join_program(
        session, program_id, seen.store_id, visit_id=None, language=language(), tools=tools
    )
    found = find_session(session, program_id, joined.secret, kind="shopper", at=tools.clock.now())
    return found, joined.secret


def _store(session: Session, program_id: int, seen: ReceiptPeek) -> StoreFacts:
    found = store_by_id(session, program_id, seen.store_id) if seen.store_id else None
    if found is not None:
        return found
    stores = stores_of(session, program_id)
    if not stores:
        abort(404)
    return stores[0]


def _tell(done: ReceiptClaimed) -> None:
    """Say what happened, on the card's page, with the way back beside it."""
    if not done.is_new:
        say(gettext("Esa compra ya estaba en tu tarjeta. No suma dos veces."))
        return
    words = gettext("Compra sumada a tu tarjeta: +%(points)s.", points=points_text(done.points))
    if done.peek.state == "waiting":
        words = gettext("Apuntado. Suma en cuanto la caja nos mande la compra.")
    say(
        words,
        undo_url=url_for("receipt.undo"),
        undo_fields={"claim_id": done.peek.claim_id or ""},
    )


def _page(seen: ReceiptPeek, store: StoreFacts, text: str, *, has_card: bool) -> Response:
    prefer_language(store.language)
    title, detail = _words(seen.state)
    can = seen.state in CAN_CLAIM
    with_card = gettext("Sumar a mi tarjeta")
    page = ReceiptPage(
        frame=shop_frame(store),
        state=seen.state,
        title=title,
        detail=detail,
        purchase=_purchase(seen, store),
        button=(with_card if has_card else gettext("Quiero mi tarjeta y sumarla")) if can else "",
        text=text,
        home_href=url_for("card.card") if has_card else url_for("store.shop", slug=store.slug),
    )
    response = make_response(render_template("shop/receipt.html", page=page))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _purchase(seen: ReceiptPeek, store: StoreFacts) -> str:
    if seen.total_minor is None or seen.currency is None or seen.sold_at is None:
        return ""
    return gettext(
        "%(amount)s en %(store)s, el %(date)s a las %(time)s.",
        amount=money_text(seen.total_minor, seen.currency),
        store=store.name,
        date=date_text(seen.sold_at, store.time_zone),
        time=clock_text(seen.sold_at, store.time_zone),
    )


def _words(state: str) -> tuple[str, str]:
    """Say how a receipt stands: what, why, and what to do."""
    return {
        "free": (
            gettext("¿Es tuya esta compra?"),
            gettext("Súmala a tu tarjeta. Solo cuenta una vez."),
        ),
        "waiting": (
            gettext("¿Es tuya esta compra?"),
            gettext("La caja aún no nos la ha mandado. Súmala ya y contará cuando llegue."),
        ),
        "own": (
            gettext("Esta compra ya está en tu tarjeta"),
            gettext("No hace falta hacer nada más."),
        ),
        "taken": (
            gettext("Esta compra ya está en otra tarjeta"),
            gettext("Cada recibo vale una vez. Si es tuya, dilo en la tienda con el recibo."),
        ),
        "late": (
            gettext("Este recibo ya no suma"),
            gettext("Pasó el plazo para sumarlo. La próxima vez, enseña tu tarjeta."),
        ),
        "refunded": (
            gettext("Esta compra se devolvió"),
            gettext("No queda nada que sumar."),
        ),
    }.get(
        state,
        (
            gettext("Este código ya no vale"),
            gettext("Caducó o no es de esta tienda. Pregunta en caja con tu recibo."),
        ),
    )
