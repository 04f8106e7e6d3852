"""A disk that is full: the till says so, keeps nothing half, and goes on by itself."""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos_plugin.queue import Queue, QueueFullError
from pos_plugin.queue_file import Connection, connect_sqlite
from tests.support.acts import sale_act

PAGES = 24


def connect_to_a_small_disk(path: str) -> Connection:
    connection = connect_sqlite(path)
    connection.execute(f"PRAGMA max_page_count={PAGES}")
    return connection


def fill_up(queue: Queue) -> int:
    """Confirm sales until there is no room; gives how many were kept."""
    for n in range(1, 10_000):
        try:
            queue.add(sale_act(f"s{n}", note="x" * 2_000))
        except QueueFullError:
            return n - 1
    message = "the disk never filled"
    raise AssertionError(message)


def test_a_sale_that_finds_no_room_is_not_kept_in_any_part(tmp_path: Path) -> None:
    queue = Queue.open(tmp_path / "queue.db", connect=connect_to_a_small_disk)
    kept = fill_up(queue)
    assert kept > 3
    assert queue.act(f"s{kept + 1}") is None
    assert queue.counts().waiting == kept
    with pytest.raises(QueueFullError):
        queue.add(sale_act("again", note="x" * 2_000))
    queue.close()
    whole = Queue.open(tmp_path / "queue.db")
    assert whole.damage() is None
    assert [state.seq for state in whole.waiting(10_000, bytes_max=10**9)] == [*range(1, kept + 1)]
    assert whole.add(sale_act("next")).seq == kept + 1
    whole.close()


def test_the_same_queue_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    queue = Queue.open(tmp_path / "queue.db", connect=connect_to_a_small_disk)
    kept = fill_up(queue)
    queue._run("PRAGMA max_page_count=100000")
    assert queue.add(sale_act("s-late", note="x" * 2_000)).seq == kept + 1
    queue.close()


@contextmanager
def no_file_grows_beyond(size_bytes: int) -> Iterator[None]:
    """Let this process write no file beyond a size, as on a disk without room."""
    if sys.platform != "linux":
        pytest.skip("FULL DISK NOT TESTED: no limit of this kind here")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_log_that_cannot_grow_refuses_clearly_and_resumes_alone(tmp_path: Path) -> None:
    queue = Queue.open(tmp_path / "queue.db")
    queue.add(sale_act("s0"))
    with no_file_grows_beyond(150_000):
        kept = fill_up(queue)
        assert queue.act(f"s{kept + 1}") is None
        with pytest.raises(QueueFullError):
            queue.settle(1, "created", {"display": "x" * 200_000})
        state = queue.act("s0")
        assert state is not None
        assert state.state == "waiting"
    assert queue.add(sale_act(f"s{kept + 1}", note="x" * 2_000)).seq == kept + 2
    assert queue.settle(1, "created", {}) is not None
    queue.close()
    again = Queue.open(queue.path)
    assert again.damage() is None
    assert again.counts().waiting == kept + 1
    again.close()


def test_a_queue_that_cannot_be_made_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with no_file_grows_beyond(5_000), pytest.raises(QueueFullError):
        Queue.open(tmp_path / "queue.db")
    assert not (tmp_path / "queue.db").exists()
    Queue.open(tmp_path / "queue.db").close()


def test_a_damaged_file_stays_as_it_is_while_there_is_no_room_for_the_rescue(
    tmp_path: Path,
) -> None:
    path = tmp_path / "queue.db"
    queue = Queue.open(path)
    for n in range(40):
        queue.add(sale_act(f"s{n}"))
    queue.close()
    raw = bytearray(path.read_bytes())
    raw[:100] = bytes(100)
    path.write_bytes(raw)
    with no_file_grows_beyond(20_000), pytest.raises(QueueFullError):
        Queue.open(path)
    assert path.read_bytes() == raw
    again = Queue.open(path)
    assert again.counts().waiting == 40
    again.close()


def test_a_folder_that_is_gone_is_told_as_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(QueueFullError):
        Queue.open(tmp_path / "nowhere" / "queue.db")
