"""Whoever orders and links an account is told whole to the owner, and by nothing in the log."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.mastodon_polls import poll_connection
from app.network_reading import read_inbox
from loyalty.kernel.ids import new_id
from loyalty.social.connect import NewConnection, connect
from loyalty.wire.messages import moment_text
from tests.support.fediverse import Fediverse
from tests.support.forms import Visitor, visitor, way_out
from tests.support.logs import what_is_logged
from tests.support.service import Service, Shop, open_shop
from tests.support.window import Shopper, Window, open_window

PROGRAM = 7
CODE = re.compile(r"[BCDEFGHIJKLNOPRSTUVX]{154}")
LETTERS = re.compile(r"\b([A-Z]{4})\s([A-Z]{4})\b")
WHO = {
    "name": "Remedios Quintana",
    "email": "remedios.q@correo.example",
    "phone": "612345678",
    "note": "Soy alérgica al sésamo",
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with what_is_logged() as stream:
        yield stream


@dataclass(frozen=True, slots=True)
class Told:
    """A day of one shopper, and what nobody else may read of it."""

    service: Service
    shop: Shop
    window: Window
    shopper: Shopper
    secrets: tuple[str, ...]


@pytest.fixture
def told(asking: Service, town: Fediverse, written: io.StringIO) -> Told:  # noqa: ARG001  from the start
    shop = open_shop(asking, program_id=PROGRAM, slug="PANADERIA-SOL")
    window = open_window(asking, shop)
    browser = visitor(asking)
    browser.client.set_cookie("enlaza-card", shop.shopper)
    shopper = Shopper(window, browser)
    secrets = (*order_for_others(shopper), *like_a_post(asking, shop, browser, town))
    return Told(asking, shop, window, shopper, secrets)


def order_for_others(shopper: Shopper) -> list[str]:
    """Order, let two others collect, change one's mind about one; hand it over to the other."""
    service, shop, window = shopper.window.service, shopper.window.shop, shopper.window
    shopper.put("PAN")
    shopper.cart()
    shopper.order(**WHO)
    page, address = shopper.browser.text, shopper.address()
    pickup, letters = CODE.findall(page), "".join(LETTERS.findall(page)[0])
    codes = name_another(shopper, address, "Hermenegildo")
    subject = re.search(r'name="subject" value="([^"]+)"', shopper.browser.text)
    assert subject
    shopper.send("/delegates/revoke", subject=subject[1])
    codes += name_another(shopper, address, "Leocadia")
    window.prepare(window.orders()[0])
    now = service.services.tools.clock.now()
    body = {"handoff_id": str(new_id(now)), "handed_at": moment_text(now)}
    guessed = {**body, "code": "BCDFGHJK", "order_number": "0001"}
    tried = service.post("/api/v1/handoffs", shop.as_till(), json=guessed)
    assert tried.status_code >= 400
    given = service.post("/api/v1/handoffs", shop.as_till(), json={**body, "code": codes[-1]})
    assert given.status_code == 201, given.text
    return [
        *(code[:40] for code in (*pickup, *codes)),
        letters,
        "BCDFGHJK",
        address.rpartition("/")[2][:40],
        "Hermenegildo",
        "Leocadia",
        "Remedios",
        "remedios.q",
        WHO["phone"],
        "sésamo",
    ]


def name_another(shopper: Shopper, address: str, name: str) -> list[str]:
    """Let somebody else collect; gives the name in the address of their page, and their code."""
    shopper.send("/delegates", name=name)
    [shown] = re.findall(r'href="(/collect/[^"]+)"', shopper.browser.text)
    shopper.browser.open(shown)
    code = CODE.findall(shopper.browser.text)[0]
    shopper.browser.open(address)
    return [shown.rpartition("/")[2], code]


def like_a_post(service: Service, shop: Shop, browser: Visitor, town: Fediverse) -> list[str]:
    """Link the shopper's account; they like a post and so does a stranger."""
    parts = service.services
    now = parts.tools.clock.now()
    token = "token-of-the-shop"
    town.tokens[token] = "pan"
    draft = NewConnection(
        shop.program.store_id, "mastodon", town.base_url, "pan@127.0.0.1", "1001", {"token": token}
    )
    with parts.database.unit_of_work(PROGRAM) as session:
        connection_id = connect(session, PROGRAM, draft, at=now, keys=parts.tools.keys)
    browser.open("/card/networks")
    asked = {"account": town.base_url, "way": "server", "consent": "yes"}
    browser.send("/card/networks", **asked)
    browser.open(town.answer(way_out(browser)))
    town.post("7", "Ya hay turrón")
    town.add("evaristo")
    for who in ("ana", "evaristo"):
        town.favour(who, "7", at=now)
    poll_connection(parts, PROGRAM, connection_id)
    read_inbox(parts, PROGRAM)
    return [token, *town.revoked, "@ana", "ana@", "evaristo", "turrón"]


def test_the_owner_reads_orders_handoffs_delegates_accounts_and_likes_of_a_person(
    told: Told,
) -> None:
    shop = told.shop
    scan = {"code": shop.card_text, "scanned_at": "2026-03-02T09:00:00Z"}
    person = told.service.post("/api/v1/scans", shop.as_till(), json=scan).get_json()["person"]
    address = f"/api/v1/persons/{person['person_id']}"
    story = told.service.get(address, shop.as_staff("owner")).get_json()
    [order] = story["orders"]
    assert (order["state"], order["contact_name"], order["note"]) == (
        "done",
        WHO["name"],
        WHO["note"],
    )
    [line] = order["lines"]
    assert (line["name"], line["ordered_milli"], line["price_minor"]) == (
        "Hogaza de masa madre",
        1000,
        480,
    )
    assert {one["name"]: one["revoked_at"] is None for one in order["delegates"]} == {
        "Hermenegildo": False,
        "Leocadia": True,
    }
    [handoff] = order["handoffs"]
    assert handoff["proof"] == "delegate"
    assert handoff["sale_id"] in {one["sale_id"] for one in story["timeline"]}
    [account] = story["accounts"]
    assert (account["network"], account["account"], account["proved_by"]) == (
        "mastodon",
        "@ana@127.0.0.1",
        "oauth",
    )
    liked = [one["facts"] for one in story["timeline"] if one["kind"] == "engagement"]
    assert [(one["action"], one["post"]) for one in liked] == [("like", "Ya hay turrón")]


def test_neither_orders_nor_likes_leave_anybody_in_the_log(
    told: Told, written: io.StringIO
) -> None:
    log = written.getvalue()
    assert log.count("answered") >= 14
    assert told.secrets
    for secret in told.secrets:
        assert len(secret) > 3
        assert secret not in log, secret
    counted = told.service.get("/metrics").text
    assert [secret for secret in told.secrets if secret in counted] == []
