"""Signing in at a Mastodon server over a real line, from the introduction to the token's return."""

from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.guarded_fetch import AddressRefusedError, Guard
from app.mastodon_sign_in import (
    SignInBegun,
    begin_sign_in,
    finish_sign_in,
    forget_app,
    give_back,
    read_typed,
)
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.connectors.mastodon_sign_in import SHOP_SCOPES
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.social.connect import NewConnection, connect
from tests.support.clock import ManualClock
from tests.support.mastodon_server import MastodonServer, mastodon_server
from tests.support.network import Connected, network_parts
from tests.support.street import open_street

BACK = "https://card.example/admin/networks/back"
HERE = Guard(seconds=20, allows_loopback=True)


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with mastodon_server() as running:
        running.signed_in = running.shop_name
        yield running
        forget_app(running.base_url)


def begin(server: MastodonServer, clock: ManualClock) -> SignInBegun:
    typed = read_typed(f"{server.base_url}/@{server.shop_name}", guard=HERE)
    return begin_sign_in(typed, redirect_uri=BACK, scopes=SHOP_SCOPES, guard=HERE, at=clock.now())


def say_yes(begun: SignInBegun) -> dict[str, str]:
    """Go where the person is sent, and give what the server sends them back with."""
    parts = urlsplit(begun.address)
    assert parts.hostname is not None
    browser = HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        browser.request("GET", f"{parts.path}?{parts.query}")
        answer = browser.getresponse()
        assert answer.status == 302
        leads_to = answer.getheader("Location") or ""
    finally:
        browser.close()
    assert leads_to.startswith(BACK)
    return {name: told[0] for name, told in parse_qs(urlsplit(leads_to).query).items()}


def test_a_shop_signs_in_is_polled_and_its_token_given_back(
    sqlite_database: Database,
    tools: Tools,
    clock: ManualClock,
    server: MastodonServer,
    tmp_path: Path,
) -> None:
    parts = network_parts(sqlite_database, tools, tmp_path, seconds=20)
    begun = begin(server, clock)
    told = say_yes(begun)
    assert told["state"] == begun.state
    signed_in = finish_sign_in(
        begun.base_url,
        begun.app,
        code=told["code"],
        verifier=begun.verifier,
        redirect_uri=BACK,
        guard=HERE,
        at=clock.now(),
    )
    assert signed_in.proof.actor.actor_id == f"{server.shop_name}@127.0.0.1"
    street = open_street(sqlite_database, tools)
    draft = NewConnection(
        street.store_id,
        "mastodon",
        begun.base_url,
        signed_in.proof.actor.actor_id,
        signed_in.proof.number,
        {"token": signed_in.token},
    )
    with sqlite_database.unit_of_work(street.program_id) as session:
        made = connect(session, street.program_id, draft, at=clock.now(), keys=tools.keys)
    bakery = Connected(parts, street, made)
    bread = server.post("Pan")
    server.like("luis", bread, at=clock.now())
    bakery.poll()
    assert bakery.counts() == {(bread.number, "like"): 1}
    assert give_back(begun.base_url, begun.app, signed_in.token, guard=HERE)
    bakery.poll()
    assert bakery.facts().state == "revoked"


def test_a_code_is_good_once_and_with_its_verifier_only(
    clock: ManualClock, server: MastodonServer
) -> None:
    begun = begin(server, clock)
    for verifier in (begun.verifier[::-1], begun.verifier):
        code = say_yes(begun)["code"]
        for tries in range(2):
            is_good = verifier == begun.verifier and tries == 0
            try:
                finish_sign_in(
                    begun.base_url,
                    begun.app,
                    code=code,
                    verifier=verifier,
                    redirect_uri=BACK,
                    guard=HERE,
                    at=clock.now(),
                )
            except NetworkTroubleError:
                assert not is_good
            else:
                assert is_good


def test_the_running_service_signs_in_at_no_server_of_its_own_house(
    clock: ManualClock, server: MastodonServer
) -> None:
    typed = replace(read_typed("calle.example", guard=HERE), base_url=server.base_url)
    with pytest.raises(AddressRefusedError):
        begin_sign_in(typed, redirect_uri=BACK, scopes=SHOP_SCOPES, guard=Guard(), at=clock.now())
    assert server.asked == []
