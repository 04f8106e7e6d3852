"""Where the shop can be liked: connect its accounts and its site, and see how that is doing."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.errand import Errand, come_back, end_errand, is_answer_to, send_on
from app.forms import id_of
from app.guards import guard_fetching
from app.language import gettext
from app.looks import leave_looks
from app.mastodon_polls import poll_connection
from app.mastodon_sign_in import (
    SignedIn,
    begin_sign_in,
    come_home,
    forget_app,
    give_back,
    read_typed,
    way_out,
)
from app.pages.admin_frame import OWNER, my_store, owner, refuse_form, say, to_the_door
from app.pages.admin_networks_page import leaving_page, networks_page
from app.pages.network_words import TROUBLES, poll_trouble_text, trouble_words
from app.wiring import absolute_url, services
from loyalty.connectors.base import AppKeys
from loyalty.connectors.errors import MentionInvalidError
from loyalty.connectors.mastodon import NETWORK as MASTODON
from loyalty.connectors.mastodon_sign_in import SHOP_SCOPES
from loyalty.journeys.connect_site import connect_site
from loyalty.kernel.errors import LoyaltyError
from loyalty.social.connect import (
    ConnectionFacts,
    NewConnection,
    connect,
    connection_by_id,
    disconnect,
    retry_now,
    secrets_of,
)

bp = Blueprint("admin_networks", __name__, url_prefix="/admin/networks")
bp.register_error_handler(SignInNeededError, to_the_door)

KIND: Final = "shop-network"
AWAY: Final = timedelta(minutes=15)
REFUSED: Final = "networks_refused"  # why a form was refused, until the next page says it


@bp.get("")
def networks() -> str:
    """Show where the shop is and how that is doing."""
    principal = owner()
    refused = form_session.pop(REFUSED, {})
    messages = (str(refused.get("account", "")), str(refused.get("site", "")))
    with services().database.reading(principal.program_id) as session:
        page = networks_page(session, principal, messages)
    leave_looks(principal, page.person_ids, seen="found")
    return render_template("admin/networks.html", page=page)


@bp.post("/account")
def connect_account() -> Redirect:
    """Ask the shop's server for its door, and lead there."""
    principal, parts, typed = owner(), services(), request.form.get("account", "")
    store_id = _own_store(principal)
    try:
        account = read_typed(typed, guard=parts.guard)
        guard_fetching("networks")
        begun = begin_sign_in(
            account,
            redirect_uri=absolute_url("admin_networks.back"),
            scopes=SHOP_SCOPES,
            guard=parts.guard,
            at=parts.tools.clock.now(),
        )
    except TROUBLES as error:
        return _refused("account", error, host=_host(typed))
    facts = {**begun.facts(), "store_id": str(store_id)}
    response = redirect(url_for("admin_networks.go"), 303)
    send_on(response, Errand(KIND, principal.program_id, principal.session_id, facts), lasts=AWAY)
    return response


@bp.get("/go")
def go() -> str | Redirect:
    """Show the way out: the browser leaves by the owner's own press."""
    principal = owner()
    errand = come_back(KIND, principal.program_id, principal.session_id)
    if errand is None:
        return _too_late()
    address = way_out(
        errand.facts, redirect_uri=absolute_url("admin_networks.back"), scopes=SHOP_SCOPES
    )
    with services().database.reading(principal.program_id) as session:
        page = leaving_page(session, principal, errand, address)
    return render_template("admin/networks_go.html", page=page)


@bp.get("/back")
def back() -> Redirect:
    """Take the owner back from the shop's server, and look at once what is new there."""
    principal, code = owner(), request.args.get("code", "")
    errand = come_back(KIND, principal.program_id, principal.session_id)
    if errand is None or not is_answer_to(errand, request.args):
        return _too_late()
    if not code:
        return _over(gettext("Has dicho que no en el servidor. No se ha conectado nada."))
    guard_fetching("networks")
    parts, base_url = services(), errand.facts["base_url"]
    try:
        signed_in = come_home(
            errand.facts,
            code=code,
            redirect_uri=absolute_url("admin_networks.back"),
            guard=parts.guard,
            at=parts.tools.clock.now(),
        )
    except TROUBLES as error:
        forget_app(base_url)
        return _over(trouble_words(error, host=urlsplit(base_url).netloc))
    connection_id = _connect(principal, errand, signed_in)
    poll_connection(parts, principal.program_id, connection_id)
    name = signed_in.proof.actor.actor_id
    return _over(gettext("@%(account)s está conectada.", account=name), tone="success")


@bp.post("/site")
def add_site() -> Redirect:
    """Take webmentions for the shop's own site."""
    principal, parts = owner(), services()
    store_id = _own_store(principal)
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            connect_site(
                session,
                principal.program_id,
                store_id,
                site=request.form.get("site", ""),
                own_host=urlsplit(parts.settings.base_url).hostname or "",
                tools=parts.tools,
            )
    except MentionInvalidError as error:
        return _refused("site", error, host="")
    say(gettext("Tu web está apuntada. Falta copiar la línea."))
    return _home()


@bp.post("/<uuid:connection_id>/retry")
def retry(connection_id: UUID) -> Redirect:
    """Ask the server now, and say what came of it."""
    principal, parts = owner(), services()
    _mine(principal, connection_id)
    guard_fetching("networks")
    with parts.database.unit_of_work(principal.program_id) as session:
        retry_now(session, principal.program_id, connection_id, at=parts.tools.clock.now())
    poll_connection(parts, principal.program_id, connection_id)
    facts = _mine(principal, connection_id)
    if facts.failures:
        why = poll_trouble_text(facts.problem)
        say(gettext("Sigue sin ir: %(why)s.", why=why), tone="attention")
    else:
        say(gettext("Ha contestado. Todo al día."))
    return _home()


@bp.post("/<uuid:connection_id>/end")
def end(connection_id: UUID) -> Redirect:
    """Disconnect an account: its token is given back and forgotten; what was counted stays."""
    principal, parts = owner(), services()
    facts = _mine(principal, connection_id)
    with parts.database.reading(principal.program_id) as session:
        secrets = secrets_of(session, principal.program_id, connection_id, keys=parts.tools.keys)
    with parts.database.unit_of_work(principal.program_id) as session:
        disconnect(session, principal.program_id, connection_id)
    if secrets.get("client_id"):
        keys = AppKeys(secrets["client_id"], secrets["client_secret"])
        give_back(facts.base_url, keys, secrets["token"], guard=parts.guard)
    say(gettext("Desconectada. Lo contado se queda; puedes conectarla otra vez."))
    return _home()


def _connect(principal: StaffPrincipal, errand: Errand, signed_in: SignedIn) -> UUID:
    parts = services()
    draft = NewConnection(
        store_id=UUID(errand.facts["store_id"]),
        network=MASTODON,
        base_url=errand.facts["base_url"],
        account=signed_in.proof.actor.actor_id,
        account_number=signed_in.proof.number,
        secrets={
            "token": signed_in.token,
            "client_id": errand.facts["client_id"],
            "client_secret": errand.facts["client_secret"],
        },
    )
    with parts.database.unit_of_work(principal.program_id) as session:
        my_store(session, principal, draft.store_id, OWNER)
        at = parts.tools.clock.now()
        return connect(session, principal.program_id, draft, at=at, keys=parts.tools.keys)


def _own_store(principal: StaffPrincipal) -> UUID:
    with services().database.reading(principal.program_id) as session:
        return my_store(session, principal, id_of("store_id"), OWNER).store_id


def _mine(principal: StaffPrincipal, connection_id: UUID) -> ConnectionFacts:
    """Find a connection of an owner's own store; for anybody else there is none."""
    with services().database.reading(principal.program_id) as session:
        facts = connection_by_id(session, principal.program_id, connection_id)
        my_store(session, principal, facts.store_id, OWNER)
    return facts


def _refused(form: str, error: LoyaltyError, *, host: str) -> Redirect:
    refuse_form(form, error)
    words = gettext("Eso no parece una web. Se escribe así: https://mitienda.example")
    form_session[REFUSED] = {form: words if form == "site" else trouble_words(error, host=host)}
    return redirect(url_for("admin_networks.networks", _anchor=form), 303)


def _host(typed: str) -> str:
    try:
        return urlsplit(read_typed(typed, guard=services().guard).base_url).netloc
    except LoyaltyError:
        return typed[:60]


def _over(message: str, *, tone: str = "attention") -> Redirect:
    say(message, tone=tone)
    response = _home()
    end_errand(response, KIND)
    return response


def _too_late() -> Redirect:
    say(gettext("Ha pasado demasiado tiempo. Empieza otra vez."), tone="attention")
    return _home()


def _home() -> Redirect:
    return redirect(url_for("admin_networks.networks"), 303)
