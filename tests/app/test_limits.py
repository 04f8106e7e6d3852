"""Too many requests from one address are held back, and a stale form is sent again by hand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.wire.refusals import Refusal
from tests.support.service import Service, make_service


@pytest.fixture
def narrow(sqlite_database: Database, tools: Tools, tmp_path: Path) -> Service:
    settings = Settings(home=tmp_path, demo=True, rate_limit="2 per minute")
    return make_service(sqlite_database, tools, settings)


def test_the_third_request_of_a_minute_is_told_to_wait(narrow: Service) -> None:
    client = narrow.app.test_client()
    answers = [client.get("/api/v1/time") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[1].headers["RateLimit"].startswith('"general";r=0;')
    refused = answers[2]
    assert refused.get_json()["code"] == Refusal.RATE_LIMITED
    assert refused.get_json()["retryable"] is True
    assert int(refused.headers["Retry-After"]) > 0


def test_nobody_is_told_to_wait_longer_than_until_the_minute_is_over(narrow: Service) -> None:
    client = narrow.app.test_client()
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False) as traveller:
        assert [client.get("/api/v1/time").status_code for _ in range(2)] == [200, 200]
        traveller.shift(50)
        refused = client.get("/api/v1/time")
    assert refused.status_code == 429
    left_s = int(refused.headers["RateLimit"].rpartition("t=")[2])
    assert int(refused.headers["Retry-After"]) == left_s <= 11


def test_looking_whether_the_service_lives_is_never_held_back(narrow: Service) -> None:
    client = narrow.app.test_client()
    assert {client.get("/healthz").status_code for _ in range(5)} == {200}


def test_a_form_without_its_token_changes_nothing_and_says_so(service: Service) -> None:
    answer = service.app.test_client().post("/sign-in", data={"slug": "PANADERIA-SOL"})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert Refusal.FORM_EXPIRED in page


def test_each_kind_of_request_is_counted_by_itself(narrow: Service) -> None:
    client = narrow.app.test_client()
    assert [client.get("/api/v1/time").status_code for _ in range(2)] == [200, 200]
    assert client.get("/S/NOBODYS").status_code == 404
    assert client.get("/api/v1/time").status_code == 429
