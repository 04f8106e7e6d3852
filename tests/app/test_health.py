"""What the operator asks the service, and what only the demo shows."""

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.service import Service, Shop, make_service

HOST = {"Host": "card.example"}


def public(database: Database, tools: Tools, **chosen: str) -> Service:
    settings = Settings(
        public_url="https://card.example",
        proxy_hops=1,
        rate_limit="",
        metrics_token=chosen.get("metrics_token", ""),
    )
    return make_service(database, tools, settings)


def test_the_process_answers_and_the_database_is_ready(service: Service) -> None:
    assert service.get("/healthz").get_json() == {"status": "ok"}
    assert service.get("/readyz").get_json() == {"status": "ready"}


def test_metrics_count_routes_and_never_people(service: Service, shop: Shop) -> None:
    service.get(f"/Q/{shop.card_text}")
    told = service.get("/metrics")
    assert told.status_code == 200
    assert 'route="/Q/<text>"' in told.text
    assert shop.card_text not in told.text


def test_metrics_are_hidden_from_elsewhere(sqlite_database: Database, tools: Tools) -> None:
    service = public(sqlite_database, tools)
    assert service.get("/metrics", {**HOST, "X-Forwarded-For": "192.0.2.1"}).status_code == 404
    # The address a client writes itself stands left of the one the proxy wrote.
    forged = {**HOST, "X-Forwarded-For": "127.0.0.1, 192.0.2.1"}
    assert service.get("/metrics", forged).status_code == 404


def test_metrics_open_to_their_token_only(sqlite_database: Database, tools: Tools) -> None:
    service = public(sqlite_database, tools, metrics_token="the-token")
    far = {**HOST, "X-Forwarded-For": "192.0.2.1"}
    right = {**far, "Authorization": "Bearer the-token"}
    assert service.get("/metrics", right).status_code == 200
    for wrong in ("Bearer the-toke", "the-token", "Bearer ", "Basic the-token"):
        assert service.get("/metrics", {**far, "Authorization": wrong}).status_code == 401
    assert service.get("/metrics", HOST).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/outbox"), ("POST", "/start/owner"), ("POST", "/start/till")]
)
def test_what_the_demo_shows_exists_nowhere_else(
    sqlite_database: Database, tools: Tools, method: str, path: str
) -> None:
    service = public(sqlite_database, tools)
    service.app.config["WTF_CSRF_ENABLED"] = False
    assert service.call(method, path, HOST).status_code == 404
