"""What the operator asks the service, and what only the demo shows."""

from datetime import timedelta

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.programs.queues import Progress, QueueKey, QueueReport, note_contact
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


def test_metrics_tell_sales_scans_refusals_and_what_waits(service: Service, shop: Shop) -> None:
    before = counted(service)
    scan = {"code": shop.card_text, "scanned_at": "2026-03-02T09:00:00Z"}
    sale = {
        "sale_id": "sale-0001",
        "total_minor": 1240,
        "currency": "EUR",
        "sold_at": "2026-03-02T09:00:00Z",
    }
    service.post("/api/v1/scans", shop.as_till(), json=scan)
    service.post("/api/v1/sales", shop.as_till(), json=sale)
    service.post("/api/v1/sales", shop.as_till(), json=sale)
    service.post("/api/v1/sales", shop.as_till(), json={**sale, "total_minor": 1})
    after = counted(service)
    for name in (
        'enlaza_scans_total{outcome="ok"}',
        'enlaza_sales_total{outcome="no_code"}',
        'enlaza_sales_total{outcome="replayed"}',
        'enlaza_refusals_total{code="sale_conflict"}',
    ):
        assert after[name] - before.get(name, 0) == 1, name
    assert after["enlaza_commit_acts_count"] > before.get("enlaza_commit_acts_count", 0)
    route = 'enlaza_answer_database_seconds_count{route="/api/v1/sales"}'
    assert after[route] - before.get(route, 0) == 3
    assert after['enlaza_tills{heard="10m"}'] == 1
    assert after["enlaza_outbox_waiting"] == 0
    assert after["enlaza_till_acts_waiting"] == 0
    assert after["enlaza_database_bytes"] > 0


def test_a_queue_that_a_till_gave_up_waits_no_more(service: Service, shop: Shop) -> None:
    now = service.services.tools.clock.now()
    for minutes, waiting in ((-60, 5), (0, 1)):
        at = now + timedelta(minutes=minutes)
        report = QueueReport(waiting=waiting, oldest_made_at=at, aside=0, version="0.2.0")
        queue = QueueKey(shop.program_id, shop.till_id, new_id(at))
        with service.services.database.unit_of_work(shop.program_id) as session:
            note_contact(session, queue, report, Progress(0, 0, ()), clashes=0, at=at)
    told = counted(service)
    assert told["enlaza_till_acts_waiting"] == 1
    assert told["enlaza_till_acts_oldest_seconds"] == 0


def test_no_client_can_make_a_new_series(service: Service, shop: Shop) -> None:
    service.get("/nothing/one")
    service.get("/healthz")
    counted(service)
    before = set(counted(service))
    for number in range(20):
        service.get(f"/nothing/{number}?q={number}")
        service.call(f"MADE{number}", "/healthz")
        service.get(f"/problems/code-{number}")
        service.get("/api/v1/till/session", {"Authorization": f"Bearer {number}.x.y"})
    new = {name for name in set(counted(service)) - before if "_bucket" not in name}
    assert len(new) < 25, sorted(new)
    assert shop.slug not in "".join(new)


def counted(service: Service) -> dict[str, float]:
    """Read every series and its value."""
    lines = service.get("/metrics").text.splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


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
