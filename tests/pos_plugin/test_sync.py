"""What the sending thread does with each thing a server may say: nothing blocks or is lost."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pos_plugin.acts import ActState, Settled
from pos_plugin.client import Paired, Service
from pos_plugin.clock import TillClock
from pos_plugin.known import KnownBooks
from pos_plugin.queue import Queue
from pos_plugin.sync import BATCH_MAX, Drainer
from tests.support.acts import refund_act, sale_act
from tests.support.pretenders import http, pretender, saying
from tests.support.scripted import Json, created, refused, scripted_service, told
from tests.support.waiting import until


@contextmanager
def drainer_of(folder: Path, port: int) -> Iterator[tuple[Drainer, Queue]]:
    paired = Paired(f"http://127.0.0.1:{port}", 7, "t", "k", bytes(32))
    clock = TillClock()
    queue = Queue.open(folder / "queue.db")
    with closing(queue), closing(Service(paired)) as service:
        books = KnownBooks(folder / "books.db", paired, clock=clock)
        drainer = Drainer(service, queue, books, clock, version="1")
        try:
            yield drainer, queue
        finally:
            drainer.stop()
            books.close()


def all_created(body: Json) -> Json:
    return told([created(event["seq"]) for event in body["events"]])


def drain(drainer: Drainer, *, rounds: int = 200) -> None:
    for _ in range(rounds):
        if not drainer.beat():
            return


def test_a_round_says_hello_and_tells_how_the_queue_stands(tmp_path: Path) -> None:
    with (
        scripted_service(all_created) as (port, bodies),
        drainer_of(tmp_path, port) as (one, queue),
    ):
        assert not one.beat()
        queue.add(sale_act("s1"))
        queue.add(refund_act("r1"))
        assert one.beat()
        assert not one.beat()
        queue_id = queue.queue_id
    hello, batch, last = bodies
    assert hello["events"] == []
    assert hello["state"] == {"waiting": 0, "oldest_made_at": None, "aside": 0}
    assert batch["state"]["waiting"] == 2
    assert {batch["queue_id"], last["queue_id"]} == {queue_id}
    assert [(e["seq"], e["kind"], e["sale_id"]) for e in batch["events"]] == [
        (1, "sale", "s1"),
        (2, "refund", "s1"),
    ]
    assert batch["events"][0]["body"] == sale_act("s1").body


def test_a_long_queue_goes_in_batches_in_order(tmp_path: Path) -> None:
    with (
        scripted_service(all_created) as (port, bodies),
        drainer_of(tmp_path, port) as (one, queue),
    ):
        for n in range(120):
            queue.add(sale_act(f"s{n}"))
        drain(one)
        assert queue.counts().waiting == 0
    sent = [[event["seq"] for event in body["events"]] for body in bodies]
    assert [len(seqs) for seqs in sent] == [BATCH_MAX, BATCH_MAX, 20, 0]
    assert [seq for seqs in sent for seq in seqs] == list(range(1, 121))


def test_one_bad_item_is_set_aside_and_a_later_one_holds_only_its_sale(tmp_path: Path) -> None:
    def script(body: Json) -> Json:
        results = []
        for event in body["events"]:
            seq = event["seq"]
            if event["sale_id"] == "bad":
                results.append(refused(seq, "rejected"))
            elif event["sale_id"] == "not-yet":
                results.append(refused(seq, "later", "storage_unavailable"))
            else:
                results.append(created(seq))
        return told(results)

    with scripted_service(script) as (port, bodies), drainer_of(tmp_path, port) as (one, queue):
        for sale_id in ("s1", "bad", "not-yet", "s4"):
            queue.add(sale_act(sale_id))
        drain(one)
        queue.add(refund_act("r1", sale_id="not-yet"))
        queue.add(sale_act("s5"))
        drain(one)
        states = {state.act_id: state.state for state in queue.recent()}
    assert states == {
        "s1": "done",
        "bad": "aside",
        "not-yet": "waiting",
        "s4": "done",
        "r1": "waiting",
        "s5": "done",
    }
    assert all(event["sale_id"] != "not-yet" for body in bodies[1:] for event in body["events"])


def test_an_event_the_server_stumbles_over_is_found_and_waits_apart(tmp_path: Path) -> None:
    problem = {"code": "internal_error", "detail": "", "retryable": False}

    def script(body: Json) -> Json | tuple[int, Json]:
        if any(event["sale_id"] == "s37" for event in body["events"]):
            return 500, problem
        return all_created(body)

    with scripted_service(script) as (port, _), drainer_of(tmp_path, port) as (one, queue):
        for n in range(60):
            queue.add(sale_act(f"s{n}"))
        for _ in range(40):
            one.beat()
        assert [state.act_id for state in queue.recent(100) if state.state == "waiting"] == ["s37"]
        assert queue.held() == 1


def test_an_event_that_is_too_long_for_ever_is_set_aside(tmp_path: Path) -> None:
    problem = {"code": "body_too_large", "detail": "", "retryable": False}

    def script(body: Json) -> Json | tuple[int, Json]:
        long = any("note" in event["body"] for event in body["events"])
        return (413, problem) if long else all_created(body)

    with scripted_service(script) as (port, _), drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        queue.add(sale_act("s2", note="x"))
        queue.add(sale_act("s3"))
        for _ in range(10):
            one.beat()
        assert [state.act_id for state in queue.aside()] == ["s2"]
        assert queue.counts().waiting == 0


def test_a_server_that_cannot_just_now_is_given_time_and_asked_again(tmp_path: Path) -> None:
    problem = {"code": "storage_unavailable", "detail": "", "retryable": True}
    answers: list[Json | tuple[int, Json] | None] = [(503, problem), (503, problem), None]

    def script(body: Json) -> Json | tuple[int, Json]:
        return (answers.pop(0) if answers else None) or all_created(body)

    with scripted_service(script) as (port, bodies), drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        assert [one.beat() for _ in range(4)] == [False, False, True, False]
        assert queue.counts().waiting == 0
        assert queue.held() == 0
    assert len(bodies) == 4


def test_a_sign_in_page_of_the_network_is_no_answer_and_the_sale_goes_on_waiting(
    tmp_path: Path,
) -> None:
    portal = http(b"<html>Accept our terms</html>", kind="text/html")
    with pretender(saying(portal)) as port, drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        assert [one.beat() for _ in range(3)] == [False] * 3
        facts = one.service.line.facts()
        assert (facts.state, facts.reason, queue.counts().waiting) == ("down", "not_ours", 1)


def test_what_an_answer_does_not_mention_goes_on_waiting(tmp_path: Path) -> None:
    def script(body: Json) -> Json:
        return told([created(event["seq"]) for event in body["events"][:1]])

    with scripted_service(script) as (port, _), drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        queue.add(sale_act("s2"))
        one.beat()
        assert [state.act_id for state in queue.recent() if state.state == "waiting"] == ["s2"]


def test_an_answer_full_of_nonsense_settles_nothing(tmp_path: Path) -> None:
    nonsense = [
        None,
        7,
        {"seq": "1", "result": "created"},
        {"seq": 1, "result": "perhaps"},
        {"seq": 99, "result": "created"},
    ]

    def script(_: Json) -> Json:
        return {"results": nonsense, "seen_to": "many", "missing": [["a", 3], 4], "server_time": 5}

    with scripted_service(script) as (port, _), drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        one.beat()
        assert queue.counts().waiting == 1


def test_holes_that_the_server_names_are_filled_once_and_not_asked_for_ever(tmp_path: Path) -> None:
    names_holes = [False]

    def script(body: Json) -> Json:
        results = [created(event["seq"]) for event in body["events"]]
        more = {"seen_to": 2, "top_seq": 9, "missing": [[3, 4], [6, 6]]} if names_holes[0] else {}
        return told(results, **more)

    with scripted_service(script) as (port, bodies), drainer_of(tmp_path, port) as (one, queue):
        for n in range(1, 10):
            queue.add(sale_act(f"s{n}"))
        drain(one)
        names_holes[0] = True
        del bodies[:]
        drain(one)
        drain(one)
        drain(one)
        assert queue.counts().waiting == 0
    assert [e["seq"] for body in bodies for e in body["events"]] == [3, 4, 6]


def test_a_queue_is_not_empty_while_its_server_asks_for_what_it_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [False]
    left: list[int] = []

    def script(body: Json) -> Json:
        more = {"seen_to": 0, "top_seq": 4, "missing": [[1, 3]]} if lost[0] else {}
        return told([created(event["seq"]) for event in body["events"]], **more)

    with scripted_service(script) as (port, bodies), drainer_of(tmp_path, port) as (one, queue):
        for n in range(1, 4):
            queue.add(sale_act(f"s{n}"))
        drain(one)
        settle_all = queue.settle_all

        def settle(results: Iterable[Settled]) -> list[ActState]:
            settled = settle_all(results)
            left.append(queue.counts().waiting)
            return settled

        monkeypatch.setattr(queue, "settle_all", settle)
        lost[0] = True
        queue.add(sale_act("s4"))
        one.beat()
        lost[0] = False
        drain(one)
    sent = [[e["seq"] for e in body["events"]] for body in bodies if body["events"]]
    assert sent == [[1, 2, 3], [4], [1, 2, 3]]
    assert left == [3, 0]


def test_a_waiter_hears_of_its_act_and_not_of_others(tmp_path: Path) -> None:
    with scripted_service(all_created) as (port, _), drainer_of(tmp_path, port) as (one, queue):
        queue.add(sale_act("s1"))
        assert one.wait_for("s1", 0.01) is None
        one.start()
        one.wake()
        state = one.wait_for("s1", 20)
        assert state is not None
        assert state.answer == {"seq": 1}
        assert one.wait_for("nobody", 0.01) is None


def test_a_queue_that_cannot_write_just_now_sends_again_later(tmp_path: Path) -> None:
    with (
        scripted_service(all_created) as (port, bodies),
        drainer_of(tmp_path, port) as (one, queue),
    ):
        queue.add(sale_act("s1"))
        queue._run("PRAGMA query_only=ON")
        one.start()
        until(lambda: len(bodies) >= 2)
        assert queue.counts().waiting == 1
        queue._run("PRAGMA query_only=OFF")
        one.wake()
        until(lambda: queue.counts().waiting == 0)
