"""Handoffs that waited in a till's queue: taken once, refused with reasons, nothing given twice."""

from pathlib import Path

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.orders.rules import OrderState
from tests.support.clock import ManualClock
from tests.support.handed import Handing, Json, open_handing
from tests.support.queue import Agent
from tests.support.service import make_service, open_shop


@pytest.fixture
def handing(database: Database, tools: Tools, tmp_path: Path, clock: ManualClock) -> Handing:
    service = make_service(database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))
    return open_handing(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"), clock)


@pytest.fixture
def agent(handing: Handing) -> Agent:
    return Agent(handing.service, handing.shop)


def event(agent: Agent, body: Json, *, staff_id: str | None = None) -> Json:
    """Put a handoff into the till's queue."""
    told = {
        "seq": len(agent.acts) + 1,
        "kind": "handoff",
        "made_at": agent.now(),
        "staff_id": staff_id,
        "sale_id": f"order:{body['handoff_id']}",
        "body": body,
    }
    agent.acts.append(told)
    return told


def test_a_handoff_made_without_a_line_is_taken_once(handing: Handing, agent: Agent) -> None:
    order = handing.ready()
    staff_id = str(handing.shop.staff_ids["cashier"])
    given = event(agent, handing.body(handing.desk.code(order)), staff_id=staff_id)
    handing.desk.clock.advance(minutes=40)
    (first,) = agent.send([given])["results"]
    assert first["result"] == "created"
    assert first["answer"]["display"]["title"] == f"Entregado: pedido {order.number}"
    (again,) = agent.send([given])["results"]
    assert again["result"] == "duplicate"
    assert again["answer"] == {**first["answer"], "replayed": True}
    assert handing.desk.findings() == ()


def test_a_refund_behind_its_handoff_waits_for_it(handing: Handing, agent: Agent) -> None:
    given = event(agent, handing.body(handing.desk.code(handing.ready())))
    agent.refund("back", given["sale_id"], 1000)
    assert agent.results(agent.acts[1:]) == ["later"]
    assert agent.results(agent.acts) == ["created", "created"]
    assert handing.desk.findings() == ()


def test_an_order_that_another_till_gave_meanwhile_is_set_aside(
    handing: Handing, agent: Agent
) -> None:
    order = handing.ready()
    offline = event(agent, handing.body(handing.desk.code(order)))
    handing.given(handing.body(handing.desk.code(order)))
    told = agent.send([offline, agent.sale("next")])["results"]
    assert [one["result"] for one in told] == ["rejected", "created"]
    assert (told[0]["problem"]["code"], told[0]["problem"]["state"]) == ("order_state", "done")
    # Nothing was sold or given twice, and the refusal stays: it does not turn into a yes.
    assert agent.results([offline]) == ["rejected"]
    assert handing.desk.findings() == ()


def test_what_was_given_in_time_is_sold_though_the_order_was_let_go_meanwhile(
    handing: Handing, agent: Agent
) -> None:
    order = handing.ready(pieces=2)
    offline = event(agent, handing.body(handing.desk.code(order)))
    late = handing.body(handing.desk.code(order))
    handing.desk.clock.advance(days=3)
    assert handing.desk.release() == 1
    # Who asks now is refused; what was given then is a fact, and earns.
    assert handing.refused(late)["code"] == "order_state"
    (told,) = agent.send([offline])["results"]
    assert (told["result"], told["answer"]["state"]) == ("created", "done")
    assert told["answer"]["points"]["earned"] == 10
    assert handing.desk.order(order).state is OrderState.DONE
    after = event(agent, handing.body(handing.desk.code(order)))
    assert agent.results([offline, after]) == ["duplicate", "rejected"]
    assert handing.desk.findings() == ()


def test_the_same_handoff_with_other_content_is_a_conflict(handing: Handing, agent: Agent) -> None:
    body = handing.body(handing.desk.code(handing.ready(pieces=3)))
    part = {**body, "lines": [{"line": 1, "quantity_milli": 1000}]}
    handing.given(part)
    assert agent.results([event(agent, body)]) == ["conflict"]
    assert agent.results([event(agent, part)]) == ["duplicate"]


def test_a_guess_of_spoken_letters_stays_counted(handing: Handing, agent: Agent) -> None:
    order = handing.ready()
    wrong = event(agent, handing.body("BBBBBBBB", order_id=str(order.order_id)))
    (told,) = agent.send([wrong])["results"]
    assert (told["result"], told["problem"]["tries_left"]) == ("rejected", 4)
    # Sent again it is the same guess, not another one.
    (told,) = agent.send([wrong])["results"]
    assert told["problem"]["tries_left"] == 4
    assert handing.desk.order(order).spoken_tries_left == 4
