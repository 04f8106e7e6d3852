"""The door for staff: an e-mail address, a code or a link, and out again."""

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, drop_cookie, set_cookie, staff
from app.guards import guard_answering, guard_asking
from app.language import gettext, prefer_language
from app.links import LinkPurpose
from app.pages.admin_frame import say, to_the_door
from app.pages.sign_in_page import (
    CodePage,
    FindPage,
    LinkPage,
    SignInPage,
    sessions_page,
    tries_message,
)
from app.wiring import services
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.sign_in import (
    SignedIn,
    WrongCode,
    ask_staff_sign_in,
    confirm_staff_sign_in,
)
from loyalty.kernel.addresses import EmailInvalidError, email_normalized
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import program_by_id, store_by_slug
from loyalty.programs.sessions import STAFF_TTL, cookie_text, revoke_session, sessions_of

bp = Blueprint("sign_in", __name__)
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("/sign-in")
def find() -> str:
    """Ask which shop; nothing here tells which shops there are."""
    return render_template("sign_in/find.html", page=FindPage(slug="", is_unknown=False))


@bp.post("/sign-in")
def found() -> str | Redirect:
    """Lead from a shop's address to the door of its program."""
    slug = request.form.get("slug", "").strip().rstrip("/").rpartition("/")[2]
    with services().database.reading(NO_PROGRAM) as session:
        address = store_by_slug(session, slug)
    if address is None:
        return render_template("sign_in/find.html", page=FindPage(slug=slug, is_unknown=True))
    return redirect(url_for("sign_in.ask", program_id=address.program_id), 303)


@bp.get("/sign-in/<int:program_id>")
def ask(program_id: int) -> str:
    """Ask for the e-mail address."""
    return render_template("sign_in/email.html", page=_email_page(program_id, email=""))


@bp.post("/sign-in/<int:program_id>")
def asked(program_id: int) -> str | Redirect:
    """Send a code and a link; the answer is the same whether anybody has the address or not."""
    parts, typed = services(), request.form.get("email", "")
    page = _email_page(program_id, email=typed, is_wrong=True)
    try:
        email = email_normalized(typed)
    except EmailInvalidError:
        return render_template("sign_in/email.html", page=page)
    guard_asking("sign-in", program_id, email)
    with parts.database.unit_of_work(program_id) as session:
        challenge_id = ask_staff_sign_in(session, program_id, email, tools=parts.tools)
    form_session["sign_in"] = {"challenge": str(challenge_id), "email": email}
    return redirect(url_for("sign_in.code", program_id=program_id), 303)


@bp.get("/sign-in/<int:program_id>/code")
def code(program_id: int) -> str | Redirect:
    """Ask for the six digits of the mail."""
    kept = form_session.get("sign_in")
    if kept is None:
        return redirect(url_for("sign_in.ask", program_id=program_id), 303)
    return render_template("sign_in/code.html", page=_code_page(program_id, kept["email"]))


@bp.post("/sign-in/<int:program_id>/code")
def answer(program_id: int) -> str | Redirect:
    """Let in whoever has the code."""
    kept = form_session.get("sign_in")
    if kept is None:
        return redirect(url_for("sign_in.ask", program_id=program_id), 303)
    guard_answering("sign-in")
    typed = "".join(request.form.get("code", "").split())
    signed = _confirm(program_id, UUID(kept["challenge"]), code=typed)
    if isinstance(signed, SignedIn):
        return _let_in(program_id, signed)
    page = _code_page(program_id, kept["email"], tries_left=signed.tries_left)
    return render_template("sign_in/code.html", page=page)


@bp.get("/sign-in/<int:program_id>/link/<token>")
def link(program_id: int, token: str) -> str:
    """Show one button: mail programs open links by themselves, and must not use this one up."""
    services().links.read(LinkPurpose.STAFF_SIGN_IN, token)
    page = LinkPage(shop=_shop(program_id), program_id=program_id, token=token)
    return render_template("sign_in/link.html", page=page)


@bp.post("/sign-in/<int:program_id>/link")
def follow(program_id: int) -> str | Redirect:
    """Let in whoever came by the signed link, once."""
    token = request.form.get("token", "")
    payload, _ = services().links.read(LinkPurpose.STAFF_SIGN_IN, token)
    if payload["program_id"] != program_id:
        raise NotFoundError
    signed = _confirm(program_id, UUID(str(payload["challenge_id"])), code=None)
    if isinstance(signed, SignedIn):
        return _let_in(program_id, signed)
    page = _email_page(program_id, email="", is_over=True)
    return render_template("sign_in/email.html", page=page)


@bp.post("/sign-out")
def out() -> Response:
    """Sign this browser out, on the server too."""
    principal, parts = staff(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        revoke_session(
            session, principal.program_id, principal.session_id, at=parts.tools.clock.now()
        )
    response = make_response(redirect(url_for("sign_in.ask", program_id=principal.program_id), 303))
    drop_cookie(response, "staff")
    return response


@bp.get("/admin/sessions")
def sessions() -> str:
    """List the browsers this person is signed in with."""
    principal, parts = staff("owner", "manager"), services()
    with parts.database.reading(principal.program_id) as session:
        page = sessions_page(session, principal, now=parts.tools.clock.now())
    return render_template("admin/sessions.html", page=page)


@bp.post("/admin/sessions/<uuid:session_id>/revoke")
def revoke(session_id: UUID) -> Redirect:
    """Sign another browser of this person out."""
    principal, parts = staff(), services()
    now = parts.tools.clock.now()
    with parts.database.unit_of_work(principal.program_id) as session:
        mine = sessions_of(
            session, principal.program_id, kind="staff", subject=str(principal.staff_id), at=now
        )
        if session_id not in {one.session_id for one in mine}:
            raise NotFoundError
        revoke_session(session, principal.program_id, session_id, at=now)
    say(gettext("Ese navegador ya no está dentro."))
    return redirect(url_for("sign_in.sessions"), 303)


def _confirm(program_id: int, challenge_id: UUID, *, code: str | None) -> SignedIn | WrongCode:
    parts = services()
    with parts.database.unit_of_work(program_id) as session:
        return confirm_staff_sign_in(
            session, program_id, challenge_id, code=code, tools=parts.tools
        )


def _let_in(program_id: int, signed: SignedIn) -> Response:
    form_session.clear()  # what was typed before signing in does not stay
    response = make_response(redirect(url_for("admin_today.today"), 303))
    text = cookie_text(program_id, signed.secret)
    set_cookie(response, "staff", text, max_age_s=int(STAFF_TTL.total_seconds()))
    return response


def _email_page(
    program_id: int, *, email: str, is_wrong: bool = False, is_over: bool = False
) -> SignInPage:
    return SignInPage(
        shop=_shop(program_id),
        program_id=program_id,
        email=email,
        is_wrong=is_wrong,
        is_over=is_over,
        is_demo=services().settings.demo,
    )


def _code_page(program_id: int, email: str, *, tries_left: int | None = None) -> CodePage:
    return CodePage(
        shop=_shop(program_id),
        program_id=program_id,
        email=email,
        message="" if tries_left is None else tries_message(tries_left),
        is_over=tries_left == 0,
        is_demo=services().settings.demo,
    )


def _shop(program_id: int) -> str:
    with services().database.reading(program_id) as session:
        program = program_by_id(session, program_id)
    if program is None:
        raise NotFoundError
    prefer_language(program.language)
    return program.name
