import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.keyfiles import create_keys
from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = Settings(home=tmp_path, demo=True)
    keys = create_keys(tmp_path)
    parts = Services(
        settings=settings,
        database=Database(settings.database),
        tools=Tools(clock=SystemClock(), keys=keys),
        links=LinkSigner(keys.link_secrets),
    )
    app = create_app(parts)
    app.testing = True
    return app.test_client()


def test_an_unknown_page_is_answered_with_a_page(client: FlaskClient) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "Aquí no hay nada" in answer.text


def test_an_unknown_call_is_answered_with_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "not_found"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_foreign_host_name_reaches_nothing(client: FlaskClient) -> None:
    answer = client.get("/problems/not_found", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_a_card_address_is_not_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.get("/Q/" + "BCDEFGHIJK" * 15 + "BCDE")
    assert "BCDEFGHIJK" not in caplog.text
