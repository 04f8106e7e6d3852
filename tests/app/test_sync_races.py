"""The same queue sent by several at once: one sale, one earning each, one answer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.queue import Agent, Json
from tests.support.service import make_service, open_shop
from tests.support.sizes import SIZE

pytestmark = pytest.mark.race

SENDERS = 6
ROUNDS = max(2, SIZE.rounds // 5)


@pytest.fixture(autouse=True, params=range(ROUNDS))
def each_round(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def agent(database: Database, tools: Tools, tmp_path: Path) -> Agent:
    settings = Settings(home=tmp_path, demo=True, rate_limit="")
    service = make_service(database, tools, settings)
    return Agent(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"))


def at_once(send: Callable[[int], Json]) -> list[Json]:
    barrier = Barrier(SENDERS)

    def run(number: int) -> Json:
        barrier.wait()
        return send(number)

    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(run, range(SENDERS)))


def fill(agent: Agent) -> Sequence[Json]:
    """Write a day with refunds, moves and some that are refused."""
    for number in range(8):
        agent.carded(f"s{number}", 500)
        agent.refund(f"r{number}", f"s{number}", 100)
    agent.refund("too-much", "s0", 500)
    agent.move("to-the-same", "s1", code=agent.shop.card_text)
    agent.move("to-nobody", "s1")
    agent.refund("of-nothing", "none", 100)
    agent.sale("s2", 1)
    return agent.acts


REFUSED = {
    17: "refund_exceeds_sale",
    18: "reassignment_conflict",
    20: "sale_unknown",
    21: "sale_conflict",
}


def without_repetition(answer: Json | None) -> Json | None:
    return None if answer is None else {**answer, "replayed": False}


def test_the_same_message_from_all_sides_counts_once_and_is_answered_alike(agent: Agent) -> None:
    acts = fill(agent)
    told = at_once(lambda _: agent.send(acts))
    for position, act in enumerate(acts):
        answers = [one["results"][position] for one in told]
        assert {one["seq"] for one in answers} == {act["seq"]}
        assert not any(one["clash"] for one in answers)
        if act["seq"] in REFUSED:
            assert {one["problem"]["code"] for one in answers} == {REFUSED[act["seq"]]}
            continue
        assert sorted(one["result"] for one in answers) == ["created"] + ["duplicate"] * 5
        assert all(
            without_repetition(one["answer"]) == without_repetition(answers[0]["answer"])
            for one in answers
        )
    assert agent.balance() == 7 * 4
    assert agent.state()["counts"]["till_event"] == len(acts)
    assert agent.send()["seen_to"] == len(acts)
    assert agent.findings() == ()


def test_pieces_of_a_queue_from_all_sides_end_as_the_queue_in_order(agent: Agent) -> None:
    acts = fill(agent)
    # A second sale of the same name depends on nothing: in a race, either of the two may be first.
    orderly = acts[:-1]
    at_once(lambda number: agent.send(orderly[2 * number : 2 * number + 12]))
    told = agent.send(acts)
    assert {
        each["seq"]: each["problem"]["code"] for each in told["results"] if each["problem"]
    } == REFUSED
    assert agent.balance() == 7 * 4
    assert agent.state()["counts"]["till_event"] == len(acts)
    assert agent.findings() == ()


def test_an_act_sent_directly_and_in_a_queue_at_once_counts_once(agent: Agent) -> None:
    act = agent.carded("s1")
    till = agent.shop.as_till()

    def send(number: int) -> Json:
        if number % 2:
            told: Json = agent.service.post("/api/v1/sales", till, json=act["body"]).get_json()
            return told
        answer: Json = agent.send([act])["results"][0]["answer"]
        return answer

    answers = at_once(send)
    assert sum(not one["replayed"] for one in answers) == 1
    assert all(without_repetition(one) == without_repetition(answers[0]) for one in answers)
    assert agent.balance() == 12
    assert agent.findings() == ()
