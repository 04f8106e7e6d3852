"""The shop's own page: one tap and there is a card; its hours, one way to reach it, a note."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import ShopperPrincipal, set_cookie, shopper
from app.language import gettext, language
from app.links import LinkPurpose
from app.pages.shop_frame import say, store_at
from app.pages.store_page import store_page
from app.wiring import services
from loyalty.journeys.join_program import join_program
from loyalty.journeys.leave_note import WrittenNote, leave_note
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.kernel.errors import LoyaltyError, StorageUnavailableError
from loyalty.programs.queries import StoreFacts
from loyalty.programs.sessions import cookie_text
from loyalty.visits.errors import NoteEmptyError

bp = Blueprint("store", __name__)


@bp.get("/S/<slug>")
def shop(slug: str) -> str:
    """Show the shop; opening it is a web session, nobody's until consent links it."""
    store, parts = store_at(slug), services()
    phone = shopper()
    mine = phone if phone and phone.program_id == store.program_id else None
    visit = _visited(store, mine)
    with parts.database.reading(store.program_id) as session:
        page = store_page(session, store, visit=visit, has_card=mine is not None)
    return render_template("shop/store.html", page=page)


@bp.post("/S/<slug>/join")
def join(slug: str) -> Redirect:
    """Give this phone a card; a phone that has one keeps it."""
    store, parts = store_at(slug), services()
    phone = shopper()
    if phone and phone.program_id == store.program_id:
        return redirect(url_for("card.card"), 303)
    with parts.database.unit_of_work(store.program_id) as session:
        joined = join_program(
            session,
            store.program_id,
            store.store_id,
            visit_id=_visit(store),
            language=language(),
            tools=parts.tools,
        )
    response = redirect(url_for("card.welcome"), 303)
    set_cookie(response, "card", cookie_text(store.program_id, joined.secret))
    return response


@bp.post("/S/<slug>/note")
def note(slug: str) -> Redirect:
    """Keep a note for the owner, under this phone's person when it has a card."""
    store, parts = store_at(slug), services()
    phone = shopper()
    mine = phone if phone and phone.program_id == store.program_id else None
    written = WrittenNote(
        text=request.form.get("text", ""),
        reply_to=request.form.get("reply_to", ""),
        note_id=_note_id(),
    )
    try:
        with parts.database.unit_of_work(store.program_id) as session:
            leave_note(
                session,
                store.program_id,
                store.store_id,
                written=written,
                shopper=mine.browser if mine else None,
                tools=parts.tools,
            )
    except NoteEmptyError:
        say(gettext("Escribe algo antes de enviar."))
    else:
        say(gettext("Tu nota está en la tienda."))
    return redirect(url_for("store.shop", slug=store.slug), 303)


def _visited(store: StoreFacts, mine: ShopperPrincipal | None) -> str:
    """Write the visit down and sign its name.

    "" when the database cannot be written to just now: the shop has its page all the same.
    """
    parts = services()
    arrival = Arrival(
        referrer=request.referrer,
        query=request.args.to_dict(),
        landing=request.path,
        own_host=urlsplit(parts.settings.base_url).hostname or "",
    )
    try:
        with parts.database.unit_of_work(store.program_id) as session:
            visit_id = open_visit(
                session,
                store.program_id,
                store.store_id,
                arrival=arrival,
                shopper=mine.browser if mine else None,
                tools=parts.tools,
            )
    except StorageUnavailableError:
        return ""
    payload = {"program_id": store.program_id, "visit_id": str(visit_id)}
    return parts.links.sign(LinkPurpose.VISIT, payload)


def _visit(store: StoreFacts) -> UUID | None:
    """Read the visit the page was opened in; a page that is too old has none."""
    try:
        payload, _ = services().links.read(LinkPurpose.VISIT, request.form.get("visit", ""))
    except LoyaltyError:
        return None
    return UUID(str(payload["visit_id"])) if payload["program_id"] == store.program_id else None


def _note_id() -> UUID | None:
    try:
        return UUID(request.form.get("note_id", ""))
    except ValueError:
        return None
