"""What the service writes about itself names nobody and opens nothing."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.logs import blot
from app.metrics import DatabaseWatch
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.logs import what_is_logged
from tests.support.service import Service, Shop, make_service, open_shop

AT = "2026-03-02T09:00:00Z"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with what_is_logged() as stream:
        yield stream


def test_no_secret_reaches_the_log(service: Service, shop: Shop, written: io.StringIO) -> None:
    secrets = [
        shop.card_text,
        shop.till_key,
        shop.shopper.partition(".")[2],
        shop.staff["owner"].partition(".")[2],
        "maria.lopez@correo.example",
        service.services.links.sign("visit", {"program_id": 7}),  # type: ignore[arg-type]
    ]
    for secret in secrets:
        for path in (
            f"/Q/{secret}",
            f"/S/{secret}",
            f"/card/save/link/{secret}",
            f"/sign-in/7/link/{secret}",
            f"/nothing/{secret}?token={secret}",
            f"/api/v1/persons/{secret}",
        ):
            service.get(path, {"Referer": f"http://localhost/Q/{secret}", "User-Agent": secret})
        service.get("/api/v1/till/session", {"Authorization": f"Bearer {secret}"})
        service.post("/api/v1/scans", shop.as_till(), json={"code": secret, "scanned_at": AT})
        logging.getLogger("sqlalchemy.engine").error("parameters: %s", secret)
        structlog.stdlib.get_logger("enlaza").warning("seen", detail=f"<{secret}>")
        logging.getLogger("app").error("failed", exc_info=ValueError(secret))
    told = written.getvalue()
    assert "answered" in told
    assert "failed" in told
    for secret in secrets:
        assert secret not in told
        assert secret[:60] not in told


def test_a_day_in_the_shop_leaves_nobody_in_the_log(
    service: Service, shop: Shop, written: io.StringIO
) -> None:
    service.app.config["WTF_CSRF_ENABLED"] = False
    far = {"X-Forwarded-For": "203.0.113.77"}
    batch = service.get("/card/codes.json", shop.as_shopper()).get_json()
    code = batch["codes"][0]
    letters = code["letters"].replace(" ", "")
    sale = {"total_minor": 1240, "currency": "EUR", "sold_at": AT, "code": code["text"]}
    service.post(
        "/card/privacy/name", shop.as_shopper(), data={"display_name": "Remedios Quintana"}
    )
    service.post(
        f"/S/{shop.slug}/save", shop.as_shopper(), data={"email": "remedios.q@correo.example"}
    )
    service.post(f"/S/{shop.slug}/save/code", shop.as_shopper(), data={"code": "493817"})
    service.post(
        f"/S/{shop.slug}/note",
        shop.as_shopper(),
        data={"text": "Soy alérgica al sésamo", "reply_to": "612 345 678"},
    )
    for typed in (letters, "BCDFGHJK", code["text"]):
        service.post("/api/v1/scans", shop.as_till(), json={"code": typed, "scanned_at": AT})
    service.post("/api/v1/sales", shop.as_till(), json={"sale_id": "venta-0001", **sale})
    service.post(
        "/api/v1/sales", shop.as_till(), json={"sale_id": "venta-0001", **sale, "total_minor": 1}
    )
    service.post(
        "/api/v1/till/cashier",
        shop.as_till_browser(),
        json={"staff_id": str(shop.staff_ids["cashier"]), "pin": "739164"},
    )
    service.post("/api/v1/till/pairings", far, json={"code": "NJKLTUVX", "kind": "browser"})
    service.get("/admin/people?q=Remedios", shop.as_staff("owner"))
    service.post(f"/sign-in/{shop.program_id}", far, data={"email": "ana@panaderia-sol.example"})
    told = written.getvalue()
    assert told.count("answered") >= 14
    for secret in (
        "Remedios",
        "Quintana",
        "remedios.q",
        "493817",
        "sésamo",
        "612 345 678",
        "ana@",
        letters,
        code["text"][:40],
        "BCDFGHJK",
        "NJKLTUVX",
        "739164",
        "203.0.113.77",
        "127.0.0.1",
        shop.card_id,
    ):
        assert secret not in told, secret
    counted = service.get("/metrics").text
    assert not any(
        secret in counted for secret in ("Remedios", letters, shop.card_id, str(shop.till_id))
    )


def test_a_fault_tells_where_and_not_whose(
    service: Service, shop: Shop, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(session: Session, *_facts: object, **_more: object) -> None:
        session.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "Remedios Quintana"})

    monkeypatch.setattr("app.api.scans.scan_card", stumble)
    service.app.testing = False
    service.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = service.post("/api/v1/scans", shop.as_till(), json={"code": "X", "scanned_at": AT})
    told = written.getvalue()
    assert answer.status_code >= 500
    assert answer.get_json()["request_id"] in told
    assert "Remedios" not in told


def test_a_slow_statement_is_told_with_its_route_and_without_values(
    sqlite_database: Database, tools: Tools, tmp_path: Path, written: io.StringIO
) -> None:
    settings = Settings(home=tmp_path, demo=True, rate_limit="", slow_statement_ms=1)
    service = make_service(sqlite_database, tools, settings)
    shop = open_shop(service, program_id=7, slug="PANADERIA-SOL")
    watch = DatabaseWatch(slow_ms=1)
    with service.app.test_request_context(f"/admin/people/{'0' * 32}"):
        service.app.preprocess_request()
        watch.ran("SELECT  name\n FROM member WHERE member.name = ?", 0.25)
        watch.ran("SELECT quick", 0.0001)
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    [slow] = [line for line in told if line["event"] == "slow statement" and line["ms"] == 250]
    assert slow["statement"] == "SELECT name FROM member WHERE member.name = ?"
    assert slow["route"] == "/admin/people/<person_id>"
    assert slow["request_id"]
    assert not any("quick" in line.get("statement", "") for line in told)
    assert shop.card_id not in written.getvalue()


def test_nothing_is_slow_when_the_threshold_is_none(written: io.StringIO) -> None:
    DatabaseWatch(slow_ms=0).ran("SELECT everything", 60)
    assert "slow statement" not in written.getvalue()


def test_an_answer_says_how_long_the_database_took(
    service: Service, shop: Shop, written: io.StringIO
) -> None:
    service.get("/api/v1/till/session", shop.as_till())
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [told] = [line for line in lines if line["event"] == "answered"]
    assert told["route"] == "/api/v1/till/session"
    assert told["statements"] > 0
    assert told["database_ms"] <= told["ms"] + 1


def test_a_method_that_a_client_made_up_is_not_repeated(
    service: Service, written: io.StringIO
) -> None:
    service.call("REMEDIOS", "/")
    assert "REMEDIOS" not in written.getvalue()
    assert "REMEDIOS" not in service.get("/metrics").text


@pytest.mark.parametrize(
    "line",
    [
        "duplicate key\nDETAIL:  Key (program_id, email)=(7, ana@x.example) already exists.",
        "null value\nDETAIL:  Failing row contains (7, Remedios, 612345678).",
    ],
)
def test_the_row_that_postgresql_refused_is_blotted(line: str) -> None:
    assert "[values]" in blot(line)
    assert not any(secret in blot(line) for secret in ("Remedios", "612345678", "ana@"))


def test_a_line_tells_the_route_and_not_the_address(service: Service, written: io.StringIO) -> None:
    service.get("/problems/not_found?lang=es")
    assert '"route":"/problems/<code>"' in written.getvalue()


@pytest.mark.parametrize(
    ("told", "blotted"),
    [
        ("code " + "BCDEFGHIJK" * 15 + "BCDE", "code [code]"),
        ("cookie 7.abcdefghijklmnopqrstuvwxyz", "cookie [token]"),
        ("mail to ana@panaderia.example now", "mail to [mail] now"),
        ("sha " + "0123456789abcdef" * 4, "sha [secret]"),
        ("12 sales in 0.5 s, 1.25 €", "12 sales in 0.5 s, 1.25 €"),
    ],
)
def test_blots(told: str, blotted: str) -> None:
    assert blot(told) == blotted


def test_lines_of_different_requests_carry_their_ids(
    service: Service, written: io.StringIO
) -> None:
    ids = {service.get("/api/v1/time").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(one in written.getvalue() for one in ids)


def test_a_line_is_written_whatever_is_in_it(written: io.StringIO) -> None:
    structlog.stdlib.get_logger("enlaza").info("odd", text="\ud800", number=2**70, what={1})
    [line] = written.getvalue().splitlines()
    assert json.loads(line)["number"] == 2**70
