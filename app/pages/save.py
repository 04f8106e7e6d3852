"""Save a card by e-mail, find it again on another phone, put two cards together."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response as Redirect

from app.auth import set_cookie, shopper
from app.guards import guard_answering, guard_asking
from app.language import gettext, language, ngettext, prefer_language
from app.links import LinkPurpose
from app.pages.shop_frame import ShopFrame, say, say_joined, shop_frame, store_at, store_of
from app.text import points_text
from app.wiring import services
from loyalty.identity.errors import IdentifierBlockedError
from loyalty.journeys.save_card import (
    JoinAsked,
    Restored,
    Saved,
    WrongCode,
    answer_join,
    ask_to_save,
    confirm_save,
)
from loyalty.kernel.addresses import EmailInvalidError, email_normalized
from loyalty.programs.queries import StoreFacts, stores_of
from loyalty.programs.sessions import cookie_text

bp = Blueprint("save", __name__)

KEPT: Final = "save_card"  # what this browser asked for, between its pages


@dataclass(frozen=True, slots=True)
class SavePage:
    """A step of saving: the address, the code, or the question about two cards."""

    frame: ShopFrame
    slug: str
    email: str
    message: str
    has_card: bool
    token: str
    points_saved: str
    points_here: str


@bp.get("/S/<slug>/save")
def ask(slug: str) -> str:
    """Ask for the e-mail address."""
    return render_template("shop/save.html", page=_page(store_at(slug)))


@bp.post("/S/<slug>/save")
def asked(slug: str) -> str | Redirect:
    """Send a code and a link; the answer is the same whoever has the address."""
    store, parts, typed = store_at(slug), services(), request.form.get("email", "").strip()
    card_id = _card_here(store)  # read before the block: a look inside an act is refused
    try:
        guard_asking("save", store.program_id, email_normalized(typed))
        with parts.database.unit_of_work(store.program_id) as session:
            challenge_id = ask_to_save(
                session,
                store.program_id,
                typed,
                card_id=card_id,
                store_id=store.store_id,
                language=language(),
                tools=parts.tools,
            )
    except (EmailInvalidError, IdentifierBlockedError):
        wrong = gettext("Así no llega a nadie. Revisa el correo, con su @ y su punto.")
        page = _page(store, email=typed, message=wrong)
        return render_template("shop/save.html", page=page)
    form_session[KEPT] = {"challenge": str(challenge_id), "email": typed}
    return redirect(url_for("save.code", slug=store.slug), 303)


@bp.get("/S/<slug>/save/code")
def code(slug: str) -> str | Redirect:
    """Ask for the six digits of the mail."""
    kept = form_session.get(KEPT)
    if kept is None:
        return redirect(url_for("save.ask", slug=slug), 303)
    return render_template("shop/save_code.html", page=_page(store_at(slug), email=kept["email"]))


@bp.post("/S/<slug>/save/code")
def answer(slug: str) -> str | Redirect:
    """Take the code; a wrong one costs a try."""
    store, kept = store_at(slug), form_session.get(KEPT)
    if kept is None:
        return redirect(url_for("save.ask", slug=slug), 303)
    guard_answering("save")
    typed = "".join(request.form.get("code", "").split())
    return _confirm(store, UUID(kept["challenge"]), code=typed, email=kept["email"])


@bp.get("/card/save/link/<token>")
def link(token: str) -> str:
    """Show one button: mail programs open links by themselves, and must not use this one up."""
    store, _ = _linked(token)
    return render_template("shop/save_link.html", page=_page(store, token=token))


@bp.post("/card/save/link")
def follow() -> str | Redirect:
    """Save the card of whoever came by the signed link, once."""
    store, challenge_id = _linked(request.form.get("token", ""))
    return _confirm(store, challenge_id, code=None, email="")


@bp.post("/S/<slug>/save/join")
def join(slug: str) -> Redirect:
    """Put both cards together, as the shopper says; undoable from the history."""
    parts, mine, kept = services(), shopper(), form_session.pop(KEPT, None)
    if mine is None or kept is None:
        return redirect(url_for("save.ask", slug=slug), 303)
    with parts.database.unit_of_work(mine.program_id) as session:
        joined = answer_join(session, mine.browser, UUID(kept["challenge"]), tools=parts.tools)
    words = ngettext(
        "Ya son una sola tarjeta: ha pasado %(points)s. En Historial puedes separarlas.",
        "Ya son una sola tarjeta: han pasado %(points)s. En Historial puedes separarlas.",
        joined.points,
        points=points_text(joined.points),
    )
    say_joined(joined, words)
    return redirect(url_for("card.card"), 303)


def _confirm(
    store: StoreFacts, challenge_id: UUID, *, code: str | None, email: str
) -> str | Redirect:
    parts, mine = services(), shopper()
    here = mine.browser if mine and mine.program_id == store.program_id else None
    with parts.database.unit_of_work(store.program_id) as session:
        done = confirm_save(
            session, store.program_id, challenge_id, code=code, shopper=here, tools=parts.tools
        )
    if isinstance(done, WrongCode):
        return _refused(store, done, email=email, came_by_link=code is None)
    if isinstance(done, JoinAsked):
        form_session[KEPT] = {"challenge": str(done.challenge_id), "email": email}
        page = _page(
            store,
            points_saved=points_text(done.points_saved),
            points_here=points_text(done.points_here),
        )
        return render_template("shop/save_join.html", page=page)
    form_session.pop(KEPT, None)
    return _saved(store, done)


def _saved(store: StoreFacts, done: Saved | Restored) -> Redirect:
    response = redirect(url_for("card.card"), 303)
    if isinstance(done, Restored):
        set_cookie(response, "card", cookie_text(store.program_id, done.secret))
        say(gettext("Aquí está tu tarjeta."))
    else:
        say(gettext("Tarjeta guardada. Con tu correo la tienes en cualquier móvil."))
    return response


def _refused(store: StoreFacts, wrong: WrongCode, *, email: str, came_by_link: bool) -> str:
    if came_by_link or not wrong.tries_left:
        message = gettext("Ese código ya no vale. Pide otro, llega enseguida.")
        return render_template("shop/save.html", page=_page(store, email=email, message=message))
    message = ngettext(
        "No es ese código. Queda %(count)s intento.",
        "No es ese código. Quedan %(count)s intentos.",
        wrong.tries_left,
        count=str(wrong.tries_left),
    )
    return render_template("shop/save_code.html", page=_page(store, email=email, message=message))


def _page(store: StoreFacts, **told: str) -> SavePage:
    texts = {"email": "", "message": "", "token": "", "points_saved": "", "points_here": ""} | told
    return SavePage(
        frame=shop_frame(store), slug=store.slug, has_card=_card_here(store) is not None, **texts
    )


def _card_here(store: StoreFacts) -> str | None:
    mine = shopper()
    return mine.card_id if mine and mine.program_id == store.program_id else None


def _linked(token: str) -> tuple[StoreFacts, UUID]:
    """Read a signed link: which program it belongs to, and which asking it answers."""
    parts = services()
    payload, _ = parts.links.read(LinkPurpose.SAVE_CARD, token)
    program_id = int(str(payload["program_id"]))
    mine = shopper()
    with parts.database.reading(program_id) as session:
        store = (
            store_of(session, mine)
            if mine and mine.program_id == program_id
            else stores_of(session, program_id)[0]
        )
    prefer_language(store.language)
    return store, UUID(str(payload["challenge_id"]))
