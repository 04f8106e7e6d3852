"""A refund that comes before its sale waits for it, takes nothing twice and loses nothing."""

from pathlib import Path

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.queue import Agent
from tests.support.service import make_service, open_shop


@pytest.fixture
def agent(database: Database, tools: Tools, tmp_path: Path) -> Agent:
    """An agent of a service on either database."""
    settings = Settings(home=tmp_path, demo=True, rate_limit="")
    service = make_service(database, tools, settings)
    return Agent(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"))


def test_a_refund_that_arrives_before_its_sale_waits_and_then_takes_its_points(
    agent: Agent,
) -> None:
    agent.carded("s1")
    agent.refund("r1", "s1", 640)
    sale, refund = agent.acts
    for _ in range(2):
        told = agent.send([refund])
        assert [each["result"] for each in told["results"]] == ["later"]
        assert told["results"][0]["problem"] is None
    assert agent.results([sale]) == ["created"]
    assert agent.balance() == 12
    assert agent.results([refund]) == ["created"]
    assert agent.balance() == 6, "what is left of the sale earned: 6,00"
    assert agent.results(agent.acts[::-1]) == ["duplicate"] * 2
    assert (agent.balance(), agent.findings()) == (6, ())


def test_a_refund_told_directly_before_its_sale_is_refused_and_then_taken(agent: Agent) -> None:
    sale, refund = agent.carded("s1"), agent.refund("r1", "s1", 1240)
    till = agent.shop.as_till()

    def tell() -> tuple[int, str | None]:
        answer = agent.service.post("/api/v1/sales/s1/refunds", till, json=refund["body"])
        return answer.status_code, answer.get_json().get("code")

    assert tell() == (404, "sale_unknown")
    assert agent.results([sale]) == ["created"]
    assert agent.balance() == 12
    # The refusal was of a sale nobody had: the same refund, under the same id, is taken now.
    assert (tell(), tell()) == ((201, None), (200, None))
    assert (agent.balance(), agent.findings()) == (0, ())
