"""Who a client is, behind proxies: not what it writes itself."""

from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import client_network
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.service import Service, make_service


def test_the_limit_is_told_and_holds_for_one_client(
    sqlite_database: Database, tools: Tools, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path, public_url="https://card.example", proxy_hops=1, rate_limit="3 per minute"
    )
    service = make_service(sqlite_database, tools, settings)

    def asked(address: str) -> tuple[int, str]:
        headers = {"Host": "card.example", "X-Forwarded-For": address}
        answer = service.get("/api/v1/time", headers)
        return answer.status_code, answer.headers["RateLimit"].partition(";t=")[0]

    # What a client writes itself does not make it another client.
    told = [asked(f"198.51.100.{each}, 192.0.2.1") for each in range(4)]
    assert [status for status, _ in told] == [200, 200, 200, 429]
    assert [left for _, left in told[:3]] == ['"general";r=2', '"general";r=1', '"general";r=0']
    assert asked("192.0.2.2")[0] == 200
    refused = service.get("/api/v1/time", {"Host": "card.example", "X-Forwarded-For": "192.0.2.1"})
    assert refused.get_json()["code"] == "rate_limited"
    assert refused.headers["Retry-After"]
    assert service.get("/healthz", {"Host": "card.example"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("a socket", "a socket"),
    ],
)
def test_a_line_of_the_new_internet_is_one_client(
    service: Service, address: str, counted_as: str
) -> None:
    with service.app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_network() == counted_as
