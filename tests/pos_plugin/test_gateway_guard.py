"""Nobody but the page that the agent serves can record anything or learn anything."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.factory import create_app
from loyalty.wire.messages import moment_text
from loyalty.wire.shell import WORKER
from pos_plugin.guard import TOKEN_COOKIE
from pos_plugin.queue_file import QueueFullError
from tests.browser.till.support import Shop
from tests.support.agent_page import AgentPage, Told, restarted

Json = dict[str, Any]


def sale(page: AgentPage, total: int = 500) -> Json:
    return {
        "sale_id": str(uuid4()),
        "total_minor": total,
        "currency": "EUR",
        "sold_at": moment_text(page.agent.clock.now()),
    }


def sell(page: AgentPage, headers: dict[str, str]) -> Told:
    return page.api("POST", "/sales", sale(page), headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Enlaza": ""},
        {"Host": "shop.example"},
        {"Host": "shop.example:{port}", "Origin": "http://shop.example:{port}"},
        {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"},
    ],
)
def test_another_page_and_a_name_pointed_here_can_record_nothing(
    shop: Shop, page: AgentPage, headers: dict[str, str]
) -> None:
    told = {name: text.replace("{port}", str(page.port)) for name, text in headers.items()}
    assert (sell(page, told).status, sell(page, told).code) == (403, "foreign_origin")
    assert page.agent.queue.recent() == []
    read = page.api("GET", "/till/actions", headers=told)
    if "Origin" in told and not told["Origin"]:
        assert read.status == 200  # a browser names no origin when its own page only reads
    else:
        assert read.code == "foreign_origin"
    assert shop.count_sales() == 0


def test_another_page_gets_no_permission_to_speak(page: AgentPage) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-enlaza, content-type",
    }
    told = page.api("OPTIONS", "/sales", headers=asked)
    assert told.status == 403
    assert [name for name in told.headers if name.lower().startswith("access-control")] == []


def test_without_the_token_of_this_start_nothing_is_recorded(shop: Shop, page: AgentPage) -> None:
    for cookie in (
        "",
        f"{TOKEN_COOKIE}-{page.port}=",
        f"{TOKEN_COOKIE}-{page.port}=guessed",
        f"{TOKEN_COOKIE}-{page.port}={'x' * 9000}",
    ):
        told = sell(page, {"Cookie": cookie})
        assert (told.status, told.code) == (401, "sign_in_needed")
    for method, path in [
        ("POST", "/scans"),
        ("GET", "/till/actions"),
        ("GET", "/till/queue"),
        ("GET", "/till/aside"),
        ("GET", "/till/acts/x"),
        ("GET", "/till/trust"),
        ("DELETE", "/till/session"),
        ("POST", "/till/queue/export"),
        ("POST", "/till/damage/dismiss"),
    ]:
        told = page.api(method, path, {}, headers={"Cookie": ""})
        assert told.code == "sign_in_needed", path
    assert shop.count_sales() == 0


def test_a_token_of_another_start_opens_nothing(page: AgentPage) -> None:
    page.agent.stop()
    with restarted(page.agent.home, page.line) as again:
        again.wait_for_line("up")
        assert sell(again, {"Cookie": page.cookie}).code == "sign_in_needed"
        again.open()
        assert sell(again, {}).status == 201


def test_the_token_is_for_this_page_alone(page: AgentPage) -> None:
    page.cookie = ""
    cookie = page.open().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Domain" not in cookie


def test_a_disk_without_room_is_told_and_nothing_is_kept(
    page: AgentPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_act: object, **_with: object) -> None:
        message = "database or disk is full"
        raise QueueFullError(message)

    with monkeypatch.context() as disk:
        disk.setattr(page.agent.queue, "add", full)
        told = sell(page, {})
        assert (told.status, told.code, told.body["retryable"]) == (507, "till_cannot_keep", True)
        assert told.body["title"] == "La caja no pudo apuntarlo"
    assert page.agent.queue.recent() == []
    assert sell(page, {}).status == 201


def test_the_headers_are_those_of_the_service(page: AgentPage, shop: Shop) -> None:
    settings = replace(shop.parts.settings, demo=False, public_url="http://localhost", proxy_hops=0)
    service = create_app(replace(shop.parts, settings=settings)).test_client()
    names = (
        "Content-Security-Policy",
        "Permissions-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Referrer-Policy",
        "X-Content-Type-Options",
        "Cache-Control",
    )
    for path in ("/till", WORKER, "/till/shell/es", "/api/v1/time", "/static/till/js/main.js"):
        ours, theirs = page.call("GET", path), service.get(path, buffered=True)
        assert ours.status == theirs.status_code == 200
        compared = names if not path.startswith("/static") else names[:-1]
        for name in compared:
            assert _parts(ours.headers[name]) == _parts(theirs.headers[name]), (path, name)
    for name in ("Service-Worker-Allowed", "Content-Type"):
        theirs = service.get(WORKER, buffered=True)
        assert page.call("GET", WORKER).headers[name] == theirs.headers[name]


def _parts(policy: str) -> set[str]:
    """Read a policy as the browser does: its parts, in any order."""
    return {part.strip() for part in policy.replace(",", ";").split(";")}


def test_the_page_opens_from_its_copy_when_the_line_is_down(page: AgentPage) -> None:
    slug = page.open().body["store"]["join_url"].rpartition("/")[2]
    assert page.call("GET", f"/till/join/{slug}.svg").status == 200
    page.cut()
    assert b'lang="es"' in page.call("GET", "/till").data
    assert b'lang="en"' in page.call("GET", "/till", language="en").data
    assert b'lang="en"' in page.call("GET", "/till", headers={"Cookie": "lang=en"}).data
    assert page.call("GET", f"/till/join/{slug}.svg").status == 200
    assert page.call("GET", "/").headers["Location"] == "/till"
    assert page.call("GET", "/static/../paired.json").status == 404
    assert page.call("POST", "/till").code == "method_not_allowed"
    assert page.open().body["store"]["name"] == "Ultramarinos Candela"
    money = page.api("GET", "/till/session", language="en").body["money"]["pattern"]
    assert money["decimal"] in {",", "."}
