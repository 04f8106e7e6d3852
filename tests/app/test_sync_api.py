"""A till sends what waited in its queue: taken once, each by itself, answered as a direct call."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.queue import Agent, Json, writes_refused
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


def test_a_sign_of_life_is_answered_and_noted(agent: Agent) -> None:
    told = agent.send(state={"waiting": 3, "oldest_made_at": agent.now(), "aside": 1})
    assert told == {
        "server_time": agent.now(),
        "results": [],
        "seen_to": 0,
        "top_seq": 0,
        "missing": [],
        "trust_sequence": 1,
    }
    noted = agent.queue()
    assert (noted.waiting, noted.aside, noted.version, noted.holes) == (3, 1, "0.2.0", 0)
    assert noted.last_contact_at == noted.oldest_made_at


def test_a_sign_of_life_writes_nothing_while_nothing_is_new(
    agent: Agent, clock: ManualClock
) -> None:
    agent.send()
    with writes_refused(agent.service.services.database, after=0) as opened:
        for _ in range(3):
            clock.advance(s=15)
            assert agent.send()["seen_to"] == 0
        assert opened == []
        clock.advance(s=15)
        assert agent.send()["server_time"] == agent.now(), "a database that cannot write answers"
        assert opened == [agent.shop.program_id]


def test_a_queued_act_is_answered_as_its_direct_call(agent: Agent) -> None:
    agent.carded("s1")
    agent.refund("r1", "s1")
    agent.move("m1", "s1")
    told = agent.send(agent.acts)
    assert [each["result"] for each in told["results"]] == ["created"] * 3
    till = agent.shop.as_till()
    paths = ("/api/v1/sales", "/api/v1/sales/s1/refunds", "/api/v1/sales/s1/reassignments")
    for path, act, each in zip(paths, agent.acts, told["results"], strict=True):
        direct = agent.service.post(path, till, json=act["body"])
        assert direct.status_code == 200
        assert {**direct.get_json(), "replayed": False} == each["answer"]
    assert (told["seen_to"], told["top_seq"], told["missing"]) == (3, 3, [])
    assert agent.findings() == ()


def test_the_words_are_in_the_stores_language_and_in_the_callers(quick: Agent) -> None:
    quick.carded("s1")
    told = quick.send(quick.acts)["results"][0]["answer"]
    assert told["display"]["detail"] == "Lucía F., +12 puntos"
    headers = {**quick.shop.as_till(), "Accept-Language": "en"}
    answer = quick.service.post("/api/v1/sync", headers, json=quick.message(quick.acts))
    told = answer.get_json()["results"][0]
    assert (told["result"], told["answer"]["display"]["detail"]) == (
        "duplicate",
        "Lucía F., +12 points",
    )


def test_acts_are_taken_by_their_numbers_however_they_arrive(agent: Agent) -> None:
    agent.carded("s1")
    agent.refund("r1", "s1", 1240)
    told = agent.send(agent.acts[::-1])
    assert [each["seq"] for each in told["results"]] == [1, 2]
    assert [each["result"] for each in told["results"]] == ["created", "created"]


REFUSED: list[tuple[Json, str]] = [
    ({"kind": "sale", "body": {"sale_id": "bad"}}, "malformed_request"),
    ({"kind": "gift", "body": {}}, "malformed_request"),
    ({}, "malformed_request"),
    ({"kind": "refund", "body": {}}, "malformed_request"),
    ({"kind": "sale", "body": None, "more": 1}, "malformed_request"),
]


@pytest.mark.parametrize(("broken", "code"), REFUSED)
def test_an_act_that_cannot_be_read_is_refused_and_spoils_no_other(
    quick: Agent, broken: Json, code: str
) -> None:
    quick.carded("s1")
    quick.carded("s2")
    quick.acts.insert(1, {"seq": 3, **broken})
    told = quick.send(quick.acts)
    assert [each["result"] for each in told["results"]] == ["created", "created", "rejected"]
    assert codes(told) == [None, None, code]
    assert told["seen_to"] == 3
    assert quick.results(quick.acts) == ["duplicate", "duplicate", "rejected"]


def test_a_refusal_names_the_field_as_the_direct_call_does(quick: Agent) -> None:
    bad = quick.sale("s1", total_minor=-1)
    direct = quick.service.post("/api/v1/sales", quick.shop.as_till(), json=bad["body"])
    problem = quick.send([bad])["results"][0]["problem"]
    assert problem["code"] == "amount_invalid"
    without = {"request_id": ""}
    assert {**problem, **without} == {**direct.get_json(), **without}


@pytest.mark.parametrize(
    "changes",
    [
        {"queue_id": "none"},
        {"events": [{"seq": 0}]},
        {"events": [{"kind": "sale"}]},
        {"events": [{"seq": True}]},
        {"events": [{"seq": 1}] * 51},
        {"events": {}},
        {"state": None},
        {"state": {"waiting": -1}},
        {"version": "0.2\n"},
        {"more": 1},
    ],
)
def test_a_message_that_is_none_is_refused_whole(quick: Agent, changes: dict[str, object]) -> None:
    body = quick.message([]) | changes
    answer = quick.service.post("/api/v1/sync", quick.shop.as_till(), json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")


def test_what_is_told_beside_an_act_never_loses_it(agent: Agent) -> None:
    act = agent.carded("s1")
    act |= {"made_at": "1970-01-01T00:00:00Z", "staff_id": "nobody"}
    assert agent.results([act]) == ["created"]


def test_other_content_under_a_known_id_is_a_conflict_for_a_person(agent: Agent) -> None:
    agent.carded("s1")
    agent.refund("r1", "s1", 100)
    agent.move("m1", "s1")
    assert agent.results(agent.acts) == ["created"] * 3
    agent.carded("s1", 99)
    agent.refund("r1", "s1", 99)
    agent.move("m1", "s1", code=agent.shop.card_text)
    told = agent.send(agent.acts[3:])
    assert [each["result"] for each in told["results"]] == ["conflict"] * 3
    assert codes(told) == ["sale_conflict", "refund_conflict", "reassignment_conflict"]
    assert told["seen_to"] == 6
    assert agent.findings() == ()


def test_what_was_refused_for_ever_stays_refused_whatever_happens_since(agent: Agent) -> None:
    card = agent.shop.card_text
    agent.carded("s1")
    to_the_same = agent.move("m1", "s1", code=card)
    assert agent.results(agent.acts) == ["created", "rejected"]
    agent.move("m2", "s1")
    assert agent.results(agent.acts[2:]) == ["created"]
    before = agent.state()
    again = agent.send([to_the_same])["results"][0]
    assert (again["result"], again["problem"]["code"]) == ("rejected", "reassignment_conflict")
    assert agent.state() == before


def test_a_number_that_comes_with_another_act_is_told_and_the_act_is_taken(agent: Agent) -> None:
    agent.carded("s1")
    other = {**agent.carded("s2"), "seq": 1}
    assert agent.results(agent.acts[:1]) == ["created"]
    told = agent.send([other])["results"][0]
    assert (told["result"], told["clash"]) == ("created", True)
    again = agent.send([other, agent.acts[0]])["results"]
    assert [(each["result"], each["clash"]) for each in again] == [
        ("duplicate", True),
        ("duplicate", False),
    ]
    assert agent.queue().clashes == 2
    assert agent.balance() == 24


def test_a_clash_that_is_refused_leaves_the_first_act_as_it_was(agent: Agent) -> None:
    agent.carded("s1")
    assert agent.results(agent.acts) == ["created"]
    bad = {**agent.refund("r9", "none"), "seq": 1}
    told = agent.send([bad])["results"][0]
    assert (told["result"], told["clash"]) == ("rejected", True)
    assert agent.send(agent.acts[:1])["results"][0]["result"] == "duplicate"


def test_the_same_act_twice_in_a_message_counts_once(agent: Agent) -> None:
    act = agent.carded("s1")
    assert agent.results([act, act]) == ["created", "duplicate"]
    assert agent.balance() == 12


def test_a_refund_whose_sale_is_in_a_hole_waits(agent: Agent) -> None:
    agent.carded("s1")
    agent.carded("s2")
    agent.refund("r1", "s2")
    told = agent.send([agent.acts[0], agent.acts[2]])
    assert [each["result"] for each in told["results"]] == ["created", "later"]
    assert told["results"][1]["problem"] is None
    assert (told["seen_to"], told["missing"]) == (1, [])
    assert agent.results(agent.acts) == ["duplicate", "created", "created"]


def test_a_refund_of_a_sale_nobody_has_is_refused_at_once(agent: Agent) -> None:
    agent.refund("r1", "none")
    told = agent.send(agent.acts)
    assert codes(told) == ["sale_unknown"]
    assert told["results"][0]["result"] == "rejected"


def test_an_act_that_overtook_another_of_its_sale_waits_for_it(agent: Agent) -> None:
    """Two moves of one sale: the later one may not be done first, though the sale is known."""
    agent.carded("s1")
    assert agent.results(agent.acts) == ["created"]
    agent.move("m1", "s1")
    agent.move("m2", "s1", code=agent.shop.card_text)
    assert agent.results(agent.acts[2:]) == ["later"]
    assert agent.results(agent.acts) == ["duplicate", "created", "created"]
    assert agent.balance() == 12


def test_what_the_till_no_longer_keeps_is_not_waited_for(agent: Agent) -> None:
    agent.carded("s1")
    agent.carded("s2")
    agent.refund("r1", "s2")
    late = agent.acts[1:]
    told = agent.send(late)
    assert [each["result"] for each in told["results"]] == ["created", "later"]
    assert told["missing"] == [[1, 1]]
    told = agent.send(late, kept_from=2)
    assert [each["result"] for each in told["results"]] == ["duplicate", "created"]
    assert (told["seen_to"], told["missing"]) == (3, [])


def test_storage_that_refuses_in_the_middle_leaves_the_rest_for_later(agent: Agent) -> None:
    for number in range(8):
        agent.carded(f"s{number}", 100)
    agent.refund("r1", "s0", 100)
    agent.refund("r7", "s7", 100)
    with writes_refused(agent.service.services.database, after=3):
        told = agent.send(agent.acts)
    results = [each["result"] for each in told["results"]]
    assert results == ["created"] * 3 + ["later"] * 7
    assert {code for code in codes(told) if code} == {"storage_unavailable"}
    assert told["seen_to"] == 3
    agent.drain()
    assert agent.balance() == 6
    assert agent.send()["seen_to"] == 10
    assert agent.findings() == ()


def test_one_refusal_of_the_storage_holds_up_its_own_sale_only(agent: Agent) -> None:
    agent.carded("s1", 100)
    agent.carded("s2", 100)
    agent.refund("r1", "s1", 100)
    agent.refund("r2", "s2", 100)
    with writes_refused(agent.service.services.database, after=0, times=1):
        assert agent.results(agent.acts) == ["later", "created", "later", "created"]
    told = agent.send()
    assert (told["seen_to"], told["missing"]) == (0, [[1, 1], [3, 3]])
    assert agent.queue().holes == 2
    agent.drain()
    assert agent.balance() == 0


def test_a_bug_of_ours_in_one_act_holds_up_no_other(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> Any:  # noqa: ANN401
        message = "a bug"
        raise RuntimeError(message)

    agent.carded("s1")
    agent.refund("r1", "s1")
    agent.carded("s2")
    with monkeypatch.context() as broken:
        broken.setattr("app.api.sync.refund_sale", fails)
        told = agent.send(agent.acts)
    assert [each["result"] for each in told["results"]] == ["created", "later", "created"]
    assert codes(told) == [None, "internal_error", None]
    assert agent.results(agent.acts) == ["duplicate", "created", "duplicate"]


def test_a_till_that_was_unpaired_stores_nothing(agent: Agent) -> None:
    agent.carded("s1")
    before = agent.state()
    agent.service.call("DELETE", "/api/v1/till/session", agent.shop.as_till())
    answer = agent.service.post(
        "/api/v1/sync", agent.shop.as_till(), json=agent.message(agent.acts)
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, "till_revoked")
    assert agent.state() == before


def test_a_queue_of_one_program_is_nothing_to_another(agent: Agent) -> None:
    agent.carded("s1")
    agent.send(agent.acts)
    stranger = Agent(agent.service, open_shop(agent.service, program_id=8, slug="FRUTERIA-LUZ"))
    assert stranger.send()["seen_to"] == 0
    stranger.refund("r1", "s1")
    assert codes(stranger.send(stranger.acts)) == ["sale_unknown"]


def test_a_message_of_fifty_long_receipts_is_taken(
    quick: Agent, service: Service, shop: Shop
) -> None:
    line = {"description": "Pan de pueblo " * 5, "quantity_milli": 1000, "total_minor": 10}
    for number in range(50):
        quick.carded(f"s{number}", lines=[line] * 120)
    assert quick.results(quick.acts) == ["created"] * 50
    headers = {**shop.as_till(), "Content-Type": "application/json"}
    answer = service.post("/api/v1/sync", headers, data=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413
