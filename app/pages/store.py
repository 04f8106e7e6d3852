"""The shop's own page: one tap and there is a card; its hours, one way to reach it, a note."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import set_cookie
from app.language import gettext, language
from app.pages.friends import friend_behind
from app.pages.shop_frame import say, store_at
from app.pages.store_page import store_page
from app.pages.visited import begin_visit, phone_here, visit_of
from app.wiring import services
from loyalty.journeys.join_program import join_program
from loyalty.journeys.leave_note import WrittenNote, leave_note
from loyalty.programs.sessions import cookie_text
from loyalty.visits.errors import NoteEmptyError

bp = Blueprint("store", __name__)


@bp.get("/S/<slug>")
def shop(slug: str) -> str:
    """Show the shop; opening it is a web session, nobody's until consent links it."""
    store, parts = store_at(slug), services()
    mine = phone_here(store)
    visit = begin_visit(store, mine)
    with parts.database.reading(store.program_id) as session:
        page = store_page(
            session,
            store,
            visit=visit,
            friend=request.args.get("friend", ""),
            has_card=mine is not None,
        )
    return render_template("shop/store.html", page=page)


@bp.post("/S/<slug>/join")
def join(slug: str) -> Redirect:
    """Give this phone a card; a phone that has one keeps it."""
    store, parts = store_at(slug), services()
    if phone_here(store) is not None:
        return redirect(url_for("card.card"), 303)
    with parts.database.unit_of_work(store.program_id) as session:
        joined = join_program(
            session,
            store.program_id,
            store.store_id,
            visit_id=visit_of(store, request.form.get("visit", "")),
            language=language(),
            tools=parts.tools,
            by_member_id=friend_behind(store, request.form.get("friend", "")),
        )
    response = redirect(url_for("card.welcome"), 303)
    set_cookie(response, "card", cookie_text(store.program_id, joined.secret))
    return response


@bp.post("/S/<slug>/note")
def note(slug: str) -> Redirect:
    """Keep a note for the owner, under this phone's person when it has a card."""
    store, parts = store_at(slug), services()
    mine = phone_here(store)
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


def _note_id() -> UUID | None:
    try:
        return UUID(request.form.get("note_id", ""))
    except ValueError:
        return None
