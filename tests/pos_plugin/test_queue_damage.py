"""A damaged queue file is set aside, what is readable is rescued, and the till says so."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_plugin.queue import Queue, QueueDamagedError
from pos_plugin.queue_file import PAGE_BYTES, Connection, connect_sqlite
from pos_plugin.rescue import read_damaged
from tests.support.acts import sale_act

REFUSED = {"code": "currency_mismatch"}
COUNT = 60


def fill(path: Path, *, count: int = COUNT) -> None:
    """Confirm sales of several sizes; the first ten are answered, the eleventh refused."""
    queue = Queue.open(path)
    for n in range(1, count + 1):
        queue.add(sale_act(f"s{n}", note="x" * (137 * n % 9_000)))
    for n in range(1, 11):
        queue.settle(n, "created", {"sale_id": f"s{n}"})
    queue.settle(11, "rejected", REFUSED)
    queue.close()


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue of twenty acts, to be copied."""
    path = tmp_path_factory.mktemp("whole") / "queue.db"
    fill(path, count=20)
    return path


def crashed_copy(path: Path, to: Path) -> Path:
    """Copy a queue as a process that died left it: with its log."""
    to.mkdir()
    for part in path.parent.glob("queue.db*"):
        if not part.name.endswith("-shm"):
            shutil.copyfile(part, to / part.name)
    return to / "queue.db"


def ids(queue: Queue) -> set[str]:
    return {state.act_id for state in queue.recent(10_000)}


def damage(path: Path, spoil: Callable[[bytearray], None]) -> None:
    raw = bytearray(path.read_bytes())
    spoil(raw)
    path.write_bytes(raw)


def zero(first: int, last: int) -> Callable[[bytearray], None]:
    def spoil(raw: bytearray) -> None:
        raw[first:last] = bytes(last - first)

    return spoil


def spoilt(first: int, last: int) -> Callable[[bytearray], None]:
    def spoil(raw: bytearray) -> None:
        for at in range(first, last):
            raw[at] ^= 0x55

    return spoil


def connect_without_memory(path: str) -> Connection:
    """Connect so that every page is read from the file each time."""
    connection = connect_sqlite(path)
    connection.execute("PRAGMA cache_size=0")
    return connection


def test_a_whole_file_is_read_page_by_page_as_sqlite_reads_it(tmp_path: Path) -> None:
    fill(tmp_path / "queue.db")
    found = read_damaged(tmp_path / "queue.db")
    assert [act.act_id for act in found.acts] == [f"s{n}" for n in range(1, COUNT + 1)]
    states = [found.events[act.act_id].state for act in found.acts]
    assert states == ["done"] * 10 + ["aside"] + ["waiting"] * (COUNT - 11)
    assert found.lost == 0


def test_without_its_header_everything_is_rescued(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    fill(path)
    damage(path, zero(0, 100))
    queue = Queue.open(path)
    told = queue.damage()
    assert told is not None
    assert (told.rescued, told.lost) == (COUNT - 10, 0)
    assert (tmp_path / told.file).exists()
    assert ids(queue) == {f"s{n}" for n in range(1, COUNT + 1)}
    assert [state.seq for state in queue.waiting()] == list(range(1, COUNT - 10))
    assert [state.problem for state in queue.aside()] == [REFUSED]
    assert queue.add(sale_act("next")).seq == COUNT - 10
    queue.close()
    again = Queue.open(path)
    assert again.damage() == told
    again.dismiss_damage()
    assert again.damage() is None
    again.close()


def test_a_rescued_queue_counts_under_a_new_id(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    queue = Queue.open(path)
    queue.add(sale_act())
    before = queue.queue_id
    queue.close()
    damage(path, zero(0, 16))
    again = Queue.open(path)
    assert again.queue_id not in {"", before}
    again.close()


@pytest.mark.parametrize("page", [2, 5, 11, 30])
def test_a_spoilt_page_in_the_middle_costs_only_what_lay_on_it(tmp_path: Path, page: int) -> None:
    path = tmp_path / "queue.db"
    fill(path)
    rng = random.Random(page)
    start = (page - 1) * PAGE_BYTES

    def spoil(raw: bytearray) -> None:
        raw[start : start + PAGE_BYTES] = rng.randbytes(PAGE_BYTES)

    damage(path, spoil)
    queue = Queue.open(path)
    told = queue.damage()
    if told is not None:
        gone = {f"s{n}" for n in range(1, COUNT + 1)} - ids(queue)
        assert len(gone) <= 12
        assert told.lost <= len(gone)
    assert queue.add(sale_act("next")).is_new
    queue.close()


def test_a_changed_amount_is_never_sent(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    fill(path, count=12)
    damage(path, lambda raw: raw.__setitem__(slice(0, None), raw.replace(b":1240", b":9999", 11)))
    queue = Queue.open(path)
    assert queue.damage() is not None
    assert {state.act.body["total_minor"] for state in queue.recent(100)} <= {1240}
    queue.close()


@pytest.mark.parametrize("kept", [0, 1, 100, 3 * PAGE_BYTES, 10 * PAGE_BYTES + 17])
def test_a_cut_file_gives_what_is_left_of_it(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "queue.db"
    fill(path)
    damage(path, lambda raw: raw.__delitem__(slice(kept, None)))
    queue = Queue.open(path)
    assert queue.damage() is not None
    assert ids(queue) <= {f"s{n}" for n in range(1, COUNT + 1)}
    assert queue.add(sale_act("next")).is_new
    queue.close()


def open_log(tmp_path: Path) -> tuple[Path, int]:
    """Leave a queue behind whose acts are only in its log; gives it and the size of the log."""
    queue = Queue.open(tmp_path / "queue.db")
    for n in range(1, 21):
        queue.add(sale_act(f"s{n}"))
    path = crashed_copy(queue.path, tmp_path / "crashed")
    queue.close()
    return path, path.with_name("queue.db-wal").stat().st_size


def test_a_log_that_is_broken_in_the_middle_loses_nothing_behind_it(tmp_path: Path) -> None:
    path, size = open_log(tmp_path)
    log = path.with_name("queue.db-wal")
    damage(log, spoilt(size // 3, size // 3 + 300))
    queue = Queue.open(path)
    lost = {f"s{n}" for n in range(1, 21)} - ids(queue)
    told = queue.damage()
    assert lost == set()
    assert told is not None
    assert told.rescued > 0
    assert (path.parent / f"{told.file}-wal").exists()
    assert [state.seq for state in queue.waiting()] == list(range(1, 21))
    queue.close()


def test_a_log_without_its_header_loses_nothing(tmp_path: Path) -> None:
    path, _ = open_log(tmp_path)
    damage(path.with_name("queue.db-wal"), zero(0, 32))
    queue = Queue.open(path)
    assert ids(queue) == {f"s{n}" for n in range(1, 21)}
    assert queue.damage() is not None
    queue.close()


def test_a_cut_log_gives_every_act_before_the_cut(tmp_path: Path) -> None:
    path, size = open_log(tmp_path)
    damage(path.with_name("queue.db-wal"), lambda raw: raw.__delitem__(slice(size // 2, None)))
    queue = Queue.open(path)
    found = ids(queue)
    assert found == {f"s{n}" for n in range(1, len(found) + 1)}
    assert len(found) >= 8
    queue.close()


def test_a_file_that_is_spoilt_while_it_serves_is_mended_and_the_sale_is_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "queue.db"
    fill(path)
    queue = Queue.open(path, connect=connect_without_memory)
    damage(path, zero(PAGE_BYTES, 40 * PAGE_BYTES))
    with pytest.raises(QueueDamagedError):
        queue.waiting()
    assert queue.is_doubtful
    queue.mend()
    assert not queue.is_doubtful
    assert queue.damage() is not None
    assert queue.add(sale_act("next")).is_new
    queue.close()


def test_a_rescue_that_was_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    fill(whole / "queue.db")
    path = tmp_path / "queue.db"
    path.write_bytes(b"nothing of a queue")
    (tmp_path / "queue.db-wal").write_bytes(b"a log of the damaged file")
    shutil.copyfile(whole / "queue.db", tmp_path / "queue.db.rescued")
    queue = Queue.open(path)
    assert ids(queue) == {f"s{n}" for n in range(1, COUNT + 1)}
    assert not (tmp_path / "queue.db.rescued").exists()
    queue.close()


@settings(derandomize=True)
@given(seed=st.integers(0, 2**32), places=st.integers(1, 40))
def test_whatever_is_spoilt_nothing_is_invented_and_the_till_goes_on(
    tmp_path_factory: pytest.TempPathFactory, whole_file: Path, seed: int, places: int
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    path = folder / "queue.db"
    shutil.copyfile(whole_file, path)
    rng = random.Random(seed)

    def spoil(raw: bytearray) -> None:
        for _ in range(places):
            at = rng.randrange(len(raw))
            raw[at] = rng.randrange(256)

    damage(path, spoil)
    queue = Queue.open(path)
    try:
        for state in queue.recent(1_000):
            n = int(state.act_id.removeprefix("s"))
            assert state.act == sale_act(f"s{n}", note="x" * (137 * n % 9_000))
        assert queue.add(sale_act("next")).is_new
    finally:
        queue.close()
        shutil.rmtree(folder)
