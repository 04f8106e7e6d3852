"""Every answer carries the headers that keep a page to itself."""

import re

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.service import Service, Shop, make_service


def public(database: Database, tools: Tools) -> Service:
    settings = Settings(public_url="https://card.example", proxy_hops=1, rate_limit="")
    return make_service(database, tools, settings)


def paths(service: Service) -> list[str]:
    """Every address that can be asked for, with something in each place of the rule."""
    rules = [rule for rule in service.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [re.sub(r"<[^>]+>", "1", rule.rule) for rule in rules]


def test_every_answer_is_hardened(service: Service, shop: Shop) -> None:
    for path in [*paths(service), "/nothing"]:
        for headers in ({}, shop.as_staff("owner"), shop.as_shopper(), shop.as_till_browser()):
            answer = service.get(path, headers)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe-inline" not in policy, path
            assert "'unsafe-eval'" not in policy, path
            assert "base-uri 'none'" in policy, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, path
            assert "microphone=()" in answer.headers["Permissions-Policy"], path
            assert answer.headers["Cache-Control"], path
            assert answer.headers["X-Request-Id"], path
            assert "Server" not in answer.headers, path


def test_each_answer_has_a_nonce_of_its_own(service: Service) -> None:
    nonces = set()
    for _ in range(2):
        answer = service.get("/problems/not_found")
        found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert found is not None
        assert "<style" not in answer.text
        nonces.add(found[1])
    assert len(nonces) == 2


def test_only_the_till_may_use_camera_and_barcode_reader(service: Service) -> None:
    till, card = service.get("/till/nothing"), service.get("/card/nothing")
    assert "camera=(self)" in till.headers["Permissions-Policy"]
    assert "camera=()" in card.headers["Permissions-Policy"]
    assert "'wasm-unsafe-eval'" in till.headers["Content-Security-Policy"]
    assert "nonce-" not in till.headers["Content-Security-Policy"]
    assert "wasm" not in card.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/S/PANADERIA-SOL", "/card", "/till", "/Q/X"])
def test_only_the_demo_puts_pages_into_a_frame(
    service: Service, sqlite_database: Database, tools: Tools, path: str
) -> None:
    shown = service.get(path).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in shown
    alone = public(sqlite_database, tools).get(path, {"Host": "card.example"})
    assert "frame-ancestors 'none'" in alone.headers["Content-Security-Policy"]


def test_nothing_else_is_ever_framed(service: Service) -> None:
    for path in ("/", "/admin", "/api/docs", "/sign-in/7", "/problems/not_found"):
        policy = service.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path


def test_a_printed_cards_address_is_told_to_nobody(service: Service) -> None:
    answer = service.get("/Q/" + "B" * 154)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_https_is_remembered_for_two_years(sqlite_database: Database, tools: Tools) -> None:
    answer = public(sqlite_database, tools).get("/healthz", {"Host": "card.example"})
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_plain_http_on_this_computer_is_not(service: Service) -> None:
    assert "Strict-Transport-Security" not in service.get("/healthz").headers
