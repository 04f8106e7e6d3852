"""What is confirmed at the counter stays until the server has answered it."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos_plugin.queue import ActConflictError, Queue
from tests.support.acts import refund_act, sale_act

REFUSED = {"code": "currency_mismatch", "title": "Otra moneda", "retryable": False}


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = Queue.open(tmp_path / "queue.db")
    yield opened
    opened.close()


def reopened(queue: Queue) -> Queue:
    queue.close()
    return Queue.open(queue.path)


def seqs(queue: Queue) -> list[int | None]:
    return [state.seq for state in queue.waiting()]


def test_acts_are_numbered_without_a_gap_in_the_order_of_confirming(queue: Queue) -> None:
    kept = [queue.add(sale_act(f"s{n}")) for n in range(1, 4)]
    assert [(one.seq, one.is_new) for one in kept] == [(1, True), (2, True), (3, True)]
    assert [state.act_id for state in queue.waiting()] == ["s1", "s2", "s3"]


def test_the_same_act_again_is_not_new_and_takes_no_number(queue: Queue) -> None:
    queue.add(sale_act())
    again = queue.add(replace(sale_act(), made_at="2026-11-21T11:00:00Z"))
    assert (again.seq, again.is_new) == (1, False)
    assert queue.add(sale_act("s2")).seq == 2


def test_an_id_with_other_content_is_refused_and_the_first_counts(queue: Queue) -> None:
    queue.add(sale_act())
    with pytest.raises(ActConflictError):
        queue.add(sale_act(total_minor=1))
    assert [state.act.body["total_minor"] for state in queue.waiting()] == [1240]
    assert queue.add(sale_act("s2")).seq == 2


def test_what_waits_waits_after_a_restart_too(queue: Queue) -> None:
    queue.add(sale_act())
    queue.settle(1, "created", {"sale_id": "s1"})
    queue.add(sale_act("s2", description="ñ 😀"))
    again = reopened(queue)
    assert [state.act for state in again.waiting()] == [sale_act("s2", description="ñ 😀")]
    assert again.queue_id == again.queue_id != ""
    done = again.act("s1")
    assert done is not None
    assert (done.state, done.answer) == ("done", {"sale_id": "s1"})
    again.close()


def test_a_refusal_for_ever_is_set_aside_and_blocks_nothing(queue: Queue) -> None:
    for n in (1, 2):
        queue.add(sale_act(f"s{n}"))
    queue.settle(1, "rejected", REFUSED)
    assert seqs(queue) == [2]
    assert [(state.act_id, state.problem) for state in queue.aside()] == [("s1", REFUSED)]
    assert (queue.counts().waiting, queue.counts().aside) == (1, 1)


def test_an_act_that_comes_later_holds_back_only_its_own_sale(queue: Queue) -> None:
    queue.add(sale_act("s1"))
    queue.add(refund_act("r1", sale_id="s1"))
    queue.add(sale_act("s2"))
    queue.settle(1, "later", {"code": "storage_unavailable"})
    assert seqs(queue) == [3]
    assert queue.counts().waiting == 3
    again = reopened(queue)
    assert seqs(again) == [1, 2, 3]
    again.close()


def test_what_the_server_has_lost_waits_again_and_a_dismissed_one_stays_dismissed(
    queue: Queue,
) -> None:
    for n in range(1, 5):
        queue.add(sale_act(f"s{n}"))
    queue.settle(1, "created", {})
    queue.settle(2, "duplicate", {})
    queue.settle(3, "rejected", REFUSED)
    assert queue.dismiss("s3")
    assert not queue.dismiss("s3")
    assert queue.settled_above(1) == (2, 3)
    assert queue.wait_again([(2, 9)]) == 2
    assert seqs(queue) == [2, 3, 4]
    queue.settle(3, "rejected", REFUSED)
    assert queue.counts().aside == 0


def test_old_answers_are_forgotten_and_numbers_count_on(queue: Queue) -> None:
    for n in (1, 2, 3):
        queue.add(sale_act(f"s{n}"))
    queue.settle(1, "created", {})
    queue.settle(3, "created", {})
    assert queue.prune("2999-01-01T00:00:00Z") == 1
    assert queue.act("s1") is None
    assert queue.add(sale_act("s4")).seq == 4
    again = reopened(queue)
    assert again.act("s1") is None
    assert again.damage() is None
    again.close()


def test_a_till_paired_anew_in_the_same_store_counts_anew_and_sends_what_waits(
    queue: Queue,
) -> None:
    queue.belong_to("7/store", sender="7/till-a", problem={"code": "other_store"})
    first = queue.queue_id
    for n in (1, 2, 3):
        queue.add(sale_act(f"s{n}"))
    queue.settle(1, "created", {})
    queue.belong_to("7/store", sender="7/till-b", problem={"code": "other_store"})
    assert [(state.act_id, state.seq) for state in queue.waiting()] == [("s2", 2), ("s3", 3)]
    assert queue.settled_above(0) == (1, 1), "a service that misses it can ask for it"
    assert queue.queue_id != first
    assert queue.add(sale_act("s1")).is_new is False


def test_what_another_store_confirmed_is_set_aside_until_that_store_is_back(queue: Queue) -> None:
    queue.belong_to("7/here", sender="7/a", problem={"code": "other_store"})
    queue.add(sale_act("s1"))
    queue.belong_to("7/there", sender="7/b", problem={"code": "other_store"})
    queue.add(sale_act("s2"))
    assert [state.act_id for state in queue.waiting()] == ["s2"]
    assert [state.act_id for state in queue.aside()] == ["s1"]
    assert [one["act_id"] for one in queue.export()["acts"]] == ["s1", "s2"]
    queue.belong_to("7/here", sender="7/c", problem={"code": "other_store"})
    assert [(state.act_id, state.seq) for state in queue.waiting()] == [("s1", 1)]
    assert [state.act_id for state in queue.aside()] == ["s2"]


def test_a_batch_is_bounded_by_its_size_too(queue: Queue) -> None:
    for n in range(5):
        queue.add(sale_act(f"s{n}", note="x" * 10_000))
    assert len(queue.waiting(50, bytes_max=25_000)) == 2
    assert len(queue.waiting(50, bytes_max=10)) == 1


def test_the_files_are_for_their_owner_only(queue: Queue) -> None:
    queue.add(sale_act())
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in queue.path.parent.glob("queue.db*")
        if path.suffix != ".db-shm"
    }
    assert set(modes) >= {"queue.db", "queue.db-wal"}
    assert set(modes.values()) == {0o600}
