"""What waited in a queue for hours or days: who worked there, letters typed, moves made."""

from pathlib import Path
from uuid import UUID

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.programs.staff import let_go
from loyalty.sales.queries import sale_by_id
from tests.support.clock import ManualClock
from tests.support.queue import Agent, Json
from tests.support.service import Service, Shop, make_service, open_shop


@pytest.fixture
def agent(database: Database, tools: Tools, tmp_path: Path) -> Agent:
    """An agent of a service on either database."""
    settings = Settings(home=tmp_path, demo=True, rate_limit="")
    service = make_service(database, tools, settings)
    return Agent(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"))


@pytest.fixture
def quick(service: Service, shop: Shop) -> Agent:
    """An agent of a service on SQLite, for what no database has a say in."""
    return Agent(service, shop)


def codes(told: Json) -> list[str | None]:
    return [each["problem"] and each["problem"]["code"] for each in told["results"]]


def staff_of_sale(agent: Agent, sale_id: str) -> UUID | None:
    with agent.service.services.database.reading(agent.shop.program_id) as session:
        sale = sale_by_id(session, agent.shop.program_id, sale_id)
    assert sale is not None
    return sale.staff_id


@pytest.mark.parametrize("role", ["owner", "cashier", "courier"])
def test_who_worked_there_counts_when_they_work_in_the_store(quick: Agent, role: str) -> None:
    staff_id = quick.shop.staff_ids[role]
    assert quick.results([quick.carded("s1") | {"staff_id": str(staff_id)}]) == ["created"]
    assert staff_of_sale(quick, "s1") == staff_id


def test_somebody_who_does_not_work_in_the_store_is_left_out_and_the_sale_kept(
    agent: Agent,
) -> None:
    other = open_shop(agent.service, program_id=8, slug="FRUTERIA-LUZ")
    parts, leaver = agent.service.services, agent.shop.staff_ids["cashier"]
    with parts.database.unit_of_work(agent.shop.program_id) as session:
        let_go(session, agent.shop.program_id, leaver, at=parts.tools.clock.now())
    for number, who in enumerate([other.staff_ids["owner"], leaver]):
        act = agent.carded(f"s{number}") | {"staff_id": str(who)}
        assert agent.results([act]) == ["created"]
        assert staff_of_sale(agent, f"s{number}") is None


def test_letters_that_were_typed_offline_are_never_lost_to_the_limit_of_guesses(
    agent: Agent, clock: ManualClock
) -> None:
    for number in range(8):
        agent.sale(f"s{number}", code="BCDFGHJK", scanned_at=agent.now())
    told = agent.send(agent.acts)
    assert [each["result"] for each in told["results"]] == ["created"] * 5 + ["later"] * 3
    assert told["results"][5]["problem"]["retry_after_s"] == 60
    clock.advance(s=61)
    assert agent.results(agent.acts[5:]) == ["created"] * 3


def test_a_move_that_waited_overnight_counts_for_the_day_it_was_made(
    agent: Agent, clock: ManualClock
) -> None:
    agent.carded("s1")
    assert agent.results(agent.acts) == ["created"]
    agent.move("m1", "s1")
    clock.advance(days=2)
    agent.move("m2", "s1", code=agent.shop.card_text)
    told = agent.send(agent.acts[1:])
    assert [each["result"] for each in told["results"]] == ["created", "rejected"]
    assert codes(told) == [None, "undo_too_late"]


def test_a_sale_and_its_move_that_waited_together_are_both_taken(
    agent: Agent, clock: ManualClock
) -> None:
    agent.carded("s1")
    agent.move("m1", "s1")
    clock.advance(days=3)
    assert agent.results(agent.acts) == ["created", "created"]
    assert agent.balance() == 0
