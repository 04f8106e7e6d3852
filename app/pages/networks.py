"""A shopper links an account of their own: at its server, by a code in the profile, by rel=me.

The yes is given before anybody is asked anything, and is kept when the account was proved. What
must be remembered between the steps travels with the browser, sealed; nothing is kept of those
who turn back.
"""

from datetime import timedelta
from typing import Final, Literal

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.account_proofs import line_for_page, prove_page, read_page_typed
from app.addresses import join_address
from app.auth import ShopperPrincipal
from app.errand import Errand, come_back, end_errand, is_answer_to, send_on
from app.guards import guard_fetching
from app.language import gettext, prefer_language
from app.mastodon_sign_in import (
    ServerTypedWrongError,
    TypedAccount,
    app_of,
    begin_sign_in,
    code_in_profile,
    come_home,
    forget_app,
    give_back,
    read_typed,
    way_out,
)
from app.pages.card import phone
from app.pages.consent_words import social_wording
from app.pages.network_words import TROUBLES, trouble_words
from app.pages.networks_page import (
    Refused,
    code_page,
    host_of,
    leaving_page,
    networks_page,
)
from app.pages.shop_frame import say, store_of
from app.wiring import absolute_url, services
from loyalty.connectors.mastodon import NETWORK as MASTODON
from loyalty.connectors.mastodon_sign_in import SHOPPER_SCOPES, AccountProof
from loyalty.connectors.webmention import NETWORK as WEBMENTION
from loyalty.connectors.webmention import page_owner
from loyalty.identity.consents import Wording
from loyalty.journeys.link_account import ProvedAccount, link_account
from loyalty.journeys.own_accounts import codes_that_count, own_accounts
from loyalty.kernel.errors import LoyaltyError

bp = Blueprint("networks", __name__, url_prefix="/card/networks")

KIND: Final = "my-network"
AWAY: Final = timedelta(minutes=15)
AT_HOME: Final = timedelta(hours=1)  # as long as a code is good
UNPROCESSABLE: Final = 422


@bp.get("")
def networks() -> str:
    """Say where the shop is, and ask which account."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = networks_page(session, mine)
    return render_template("shop/networks.html", page=page)


@bp.post("")
def begin() -> Redirect | tuple[str, int]:
    """Take which account and the yes, and go on by the way that was chosen."""
    mine = phone()
    way, typed = request.form.get("way", "server"), request.form.get("account", "")
    with services().database.reading(mine.program_id) as session:
        consent = own_accounts(session, mine.browser).consent
    is_ticked = request.form.get("consent") == "yes"
    if consent is None and not is_ticked:
        asked = gettext("Sin tu permiso no se une nada. Marca la casilla si quieres.")
        return _refused(mine, Refused("consent", asked, typed, way))
    try:
        facts = _errand_facts(way, typed)
    except TROUBLES as error:
        message = trouble_words(error, host=_host_typed(typed))
        return _refused(mine, Refused("account", message, typed, way, is_ticked=is_ticked))
    wording = social_wording()
    facts |= {"wording": wording.text, "language": wording.language}
    step = "networks.go" if facts["way"] == "server" else "networks.code"
    response = redirect(url_for(step), 303)
    errand = Errand(KIND, mine.program_id, mine.session_id, facts)
    send_on(response, errand, lasts=AWAY if facts["way"] == "server" else AT_HOME)
    return response


@bp.get("/go")
def go() -> str | Redirect:
    """Show the way out: the browser leaves by the person's own press."""
    mine = phone()
    errand = _errand(mine, "server")
    if errand is None:
        return _too_late()
    address = way_out(
        errand.facts, redirect_uri=absolute_url("networks.back"), scopes=SHOPPER_SCOPES
    )
    with services().database.reading(mine.program_id) as session:
        page = leaving_page(session, mine, errand, address)
    return render_template("shop/networks_go.html", page=page)


@bp.get("/back")
def back() -> Redirect:
    """Take back whoever allowed it at their server, or did not."""
    mine = phone()
    errand, code = _errand(mine, "server"), request.args.get("code", "")
    if errand is None or not is_answer_to(errand, request.args):
        return _too_late()
    if not code:
        return _over(gettext("Has dicho que no en tu servidor. No se ha unido nada."))
    guard_fetching("networks")
    parts, base_url = services(), errand.facts["base_url"]
    try:
        signed_in = come_home(
            errand.facts,
            code=code,
            redirect_uri=absolute_url("networks.back"),
            guard=parts.guard,
            at=parts.tools.clock.now(),
        )
        # Who they are is all we wanted to know.
        give_back(base_url, app_of(errand.facts), signed_in.token, guard=parts.guard)
        return _link(mine, errand, _account(signed_in.proof, "oauth"))
    except TROUBLES as error:
        forget_app(base_url)
        return _over(trouble_words(error, host=host_of(base_url)))


@bp.get("/code")
def code() -> str | Redirect:
    """Show the code to put into a profile, or the line to put into a page."""
    mine = phone()
    errand = _errand(mine, "code", "page")
    if errand is None:
        return _too_late()
    with services().database.reading(mine.program_id) as session:
        page = code_page(session, mine, errand)
    return render_template("shop/networks_code.html", page=page)


@bp.post("/code")
def check() -> Redirect | tuple[str, int]:
    """Look whether it stands there now."""
    mine = phone()
    errand = _errand(mine, "code", "page")
    if errand is None:
        return _too_late()
    guard_fetching("networks")
    message = gettext("Aún no lo vemos. Guárdalo y prueba otra vez en un momento.")
    try:
        prove = _prove_page if errand.facts["way"] == "page" else _prove_profile
        proved = prove(mine, errand)
        if proved is not None:
            return _link(mine, errand, proved)
    except TROUBLES as error:
        message = trouble_words(error, host=host_of(errand.facts["base_url"]))
    with services().database.reading(mine.program_id) as session:
        page = code_page(session, mine, errand, message)
    return render_template("shop/networks_code.html", page=page), UNPROCESSABLE


def _errand_facts(way: str, typed: str) -> dict[str, str]:
    """Find out what the chosen way needs; a server is asked for the first only."""
    parts = services()
    if way == "page":
        url = read_page_typed(typed)
        actor_id = page_owner(url)
        return {"way": way, "network": WEBMENTION, "base_url": url, "actor_id": actor_id}
    account = read_typed(typed, guard=parts.guard)
    if way == "code":
        if not account.actor_id:
            raise ServerTypedWrongError(reason="not_an_account")
        return {
            "way": way,
            "network": MASTODON,
            "base_url": account.base_url,
            "actor_id": account.actor_id,
        }
    guard_fetching("networks")
    begun = begin_sign_in(
        account,
        redirect_uri=absolute_url("networks.back"),
        scopes=SHOPPER_SCOPES,
        guard=parts.guard,
        at=parts.tools.clock.now(),
    )
    return {"way": "server", **begun.facts()}


def _prove_profile(mine: ShopperPrincipal, errand: Errand) -> ProvedAccount | None:
    parts, actor_id = services(), errand.facts["actor_id"]
    with parts.database.reading(mine.program_id) as session:
        codes = codes_that_count(session, mine.browser, MASTODON, actor_id, tools=parts.tools)
    proof = code_in_profile(
        TypedAccount(errand.facts["base_url"], actor_id),
        codes,
        guard=parts.guard,
        at=parts.tools.clock.now(),
    )
    return None if proof is None else _account(proof, "code")


def _prove_page(mine: ShopperPrincipal, errand: Errand) -> ProvedAccount | None:
    parts, actor_id = services(), errand.facts["actor_id"]
    with parts.database.reading(mine.program_id) as session:
        codes = codes_that_count(session, mine.browser, WEBMENTION, actor_id, tools=parts.tools)
        home = join_address(parts.settings.base_url, store_of(session, mine).slug)
        known = own_accounts(session, mine.browser).accounts
    proof = prove_page(
        errand.facts["base_url"],
        lines=[line_for_page(home, one) for one in codes],
        profiles=[one.url for one in known if one.network == MASTODON and one.url],
        guard=parts.guard,
    )
    if proof is None:
        return None
    return ProvedAccount(WEBMENTION, proof.actor_id, proof.actor_id, proof.url, "rel_me")


def _account(proof: AccountProof, proved_by: Literal["oauth", "code"]) -> ProvedAccount:
    actor = proof.actor
    return ProvedAccount(MASTODON, actor.actor_id, f"@{actor.actor_id}", actor.url, proved_by)


def _link(mine: ShopperPrincipal, errand: Errand, proved: ProvedAccount) -> Redirect:
    parts = services()
    wording = Wording(errand.facts["wording"], errand.facts["language"])
    with parts.database.unit_of_work(mine.program_id) as session:
        linked = link_account(session, mine.browser, proved, wording=wording, tools=parts.tools)
    say(
        gettext("Unida: %(account)s. Cuenta desde ahora.", account=proved.display),
        undo_url=url_for("privacy.unlink"),
        undo_fields={"link_id": linked.link_id, "kind": "social"},
    )
    response = redirect(url_for("privacy.privacy"), 303)
    end_errand(response, KIND)
    return response


def _errand(mine: ShopperPrincipal, *ways: str) -> Errand | None:
    found = come_back(KIND, mine.program_id, mine.session_id)
    return found if found is not None and found.facts["way"] in ways else None


def _refused(mine: ShopperPrincipal, typed: Refused) -> tuple[str, int]:
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = networks_page(session, mine, typed)
    return render_template("shop/networks.html", page=page), UNPROCESSABLE


def _over(message: str) -> Redirect:
    say(message)
    response = redirect(url_for("networks.networks"), 303)
    end_errand(response, KIND)
    return response


def _too_late() -> Redirect:
    say(gettext("Ha pasado demasiado tiempo. Empieza otra vez."))
    return redirect(url_for("networks.networks"), 303)


def _host_typed(typed: str) -> str:
    """Name in a sentence what somebody typed, whatever it was."""
    try:
        return host_of(read_typed(typed, guard=services().guard).base_url)
    except LoyaltyError:
        return typed[:60]
