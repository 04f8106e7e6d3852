"""The first page: in the demo, phone and till side by side; elsewhere a plain welcome."""

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from app.auth import set_cookie
from app.language import gettext
from app.pages.start_page import demo_facts, start_page
from app.wiring import client_network, services
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.sign_in import SignedIn, confirm_staff_sign_in, owner_sign_in_link
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.sessions import STAFF_TTL, cookie_text

bp = Blueprint("start", __name__)


@bp.get("/")
def start() -> str:
    """Show the demo, or a welcome that tells nothing of who uses this server."""
    parts = services()
    page = start_page(parts)
    return render_template("start.html" if page else "welcome.html", page=page)


@bp.post("/start/till")
def open_till() -> Redirect:
    """Pair this browser as a till of the demo, so that nobody has to copy a code."""
    parts = services()
    facts = demo_facts(parts)
    with parts.database.unit_of_work(facts.program_id) as session:
        offer = offer_pairing(
            session,
            facts.program_id,
            facts.store_id,
            till_name=gettext("Caja de prueba"),
            staff_id=None,
            tools=parts.tools,
        )
    paired = pair_till(
        parts.database,
        offer.code,
        client_address=client_network(),
        kind="browser",
        key_sha256=None,
        tools=parts.tools,
    )
    response = make_response(redirect(url_for("start.start"), 303))
    set_cookie(response, "till", f"{paired.program_id}.{paired.till_id}.{paired.key}")
    return response


@bp.post("/start/owner")
def open_owner() -> Response:
    """Sign this browser in as the demo's owner, whose mail everybody can read anyway."""
    parts = services()
    facts = demo_facts(parts)
    with parts.database.unit_of_work(facts.program_id) as session:
        challenge_id = owner_sign_in_link(
            session, facts.program_id, facts.owner_email, tools=parts.tools
        )
        signed = confirm_staff_sign_in(
            session, facts.program_id, challenge_id, code=None, tools=parts.tools
        )
    if not isinstance(signed, SignedIn):
        raise NotFoundError
    response = make_response(redirect(url_for("admin_today.today"), 303))
    text = cookie_text(facts.program_id, signed.secret)
    set_cookie(response, "staff", text, max_age_s=int(STAFF_TTL.total_seconds()))
    return response
