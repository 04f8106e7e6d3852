"""The power goes at the counter at any moment: what was confirmed is in the queue, and whole."""

import random
import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from pos_plugin.acts import Act, Settled
from pos_plugin.queue import Queue
from pos_plugin.queue_file import Connection, connect_sqlite
from tests.support.power_loss import Log, Synced, cuts
from tests.support.recording_vfs import recorded
from tests.support.sizes import SIZE

CASHIERS = 3
ACTS_PER_CASHIER = 60
SEED = 20_261_122
MADE_AT = "2026-03-02T09:00:00.000Z"

pytestmark = pytest.mark.prove


def connect_folding_often(path: str) -> Connection:
    """Connect as the agent does; the log is folded into the file often, where it can be torn."""
    connection = connect_sqlite(path)
    connection.execute("PRAGMA wal_autocheckpoint=40")
    return connection


def act(act_id: str, rng: random.Random) -> Act:
    """Write a sale of some lines."""
    line = {"description": "Pan " * rng.randint(1, 40), "quantity_milli": 1000, "total_minor": 10}
    lines = [line] * rng.randint(0, 12)
    body = {"sale_id": act_id, "total_minor": 1240, "currency": "EUR", "lines": lines}
    return Act(act_id, "sale", act_id, body, None, MADE_AT, {"tone": "attention"})


def confirm(queue: Queue, cashier: int, log: Log) -> None:
    """Confirm sales; each is acknowledged when it is kept."""
    rng = random.Random(f"{SEED} {cashier}")
    for number in range(ACTS_PER_CASHIER):
        act_id = f"sale-{cashier}-{number}"
        queue.add(act(act_id, rng))
        log.acknowledge(act_id)


def settle(queue: Queue, done: Event, log: Log) -> None:
    """Answer what waits as a server does, until everything is answered."""
    while True:
        was_done = done.is_set()
        waiting = queue.waiting(20)
        results = [
            Settled(one.seq or 0, "created", {"sale_id": one.act_id, "replayed": False})
            for one in waiting
        ]
        queue.settle_all(results)
        for one in waiting:
            log.acknowledge(f"done {one.act_id}")
        if was_done and not waiting:
            return


def a_day(folder: Path, log: Log, *, synchronous: str = "FULL") -> None:
    """Open the queue, let three cashiers confirm and a server answer, close."""
    queue = Queue.open(folder / "queue.db", connect=connect_folding_often)
    try:
        queue._run(f"PRAGMA synchronous={synchronous}")
        done = Event()
        with ThreadPoolExecutor(CASHIERS + 1) as pool:
            server = pool.submit(settle, queue, done, log)
            jobs = [pool.submit(confirm, queue, cashier, log) for cashier in range(CASHIERS)]
            try:
                for job in jobs:
                    job.result()
            finally:
                done.set()
            server.result()
    finally:
        queue.close()


def is_whole(path: Path) -> bool:
    """Let SQLite alone judge a copy of the image, before the agent looks at it."""
    beside = path.parent.with_name("judged")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(path.parent, beside)
    try:
        with closing(sqlite3.connect(beside / path.name)) as image:
            checked: Sequence[str] = image.execute("PRAGMA integrity_check").fetchone()
            return tuple(checked) == ("ok",)
    except sqlite3.DatabaseError:
        return False


def test_the_queue_loses_nothing_confirmed_when_the_power_goes(folders: tuple[Path, Path]) -> None:
    work, images = folders
    Queue.open(work / "queue.db").close()
    log = recorded(work, lambda log: a_day(work, log))
    assert log.count(Synced) > CASHIERS * ACTS_PER_CASHIER
    confirmed = {f"sale-{at}-{n}" for at in range(CASHIERS) for n in range(ACTS_PER_CASHIER)}
    rng = random.Random(SEED)
    for disk in cuts(log, SIZE.images, rng):
        where = f"at {disk.place} of {log.length}"
        disk.write_image(images, rng)
        assert is_whole(images / "queue.db"), f"damaged {where}"
        queue = Queue.open(images / "queue.db")
        with closing(queue):
            assert queue.damage() is None, f"a power cut is no damage {where}"
            states = {one.act_id: one.state for one in queue.recent(10_000)}
        kept = set(states) | {f"done {act_id}" for act_id in states if states[act_id] == "done"}
        assert disk.acknowledged - kept == set(), f"lost {where}"
        assert set(states) <= confirmed, "nothing that nobody confirmed"


def test_the_images_show_what_a_weaker_queue_would_lose(folders: tuple[Path, Path]) -> None:
    work, images = folders
    Queue.open(work / "queue.db").close()
    log = recorded(work, lambda log: a_day(work, log, synchronous="NORMAL"))
    rng, lost = random.Random(SEED), 0
    for disk in cuts(log, 100, rng):
        disk.write_image(images, rng)
        with closing(Queue.open(images / "queue.db")) as queue:
            kept = {one.act_id for one in queue.recent(10_000)}
        lost += bool({told for told in disk.acknowledged if " " not in told} - kept)
    assert lost > 10
