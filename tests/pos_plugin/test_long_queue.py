"""A week without a line: the queue is long, and neither start nor memory grows with it."""

import gc
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pos_plugin.client import Paired, Service
from pos_plugin.clock import TillClock
from pos_plugin.known import KnownBooks
from pos_plugin.queue import Queue
from pos_plugin.sync import BATCH_MAX, Drainer
from tests.support.acts import sale_act
from tests.support.scripted import Json, created, scripted_service, told
from tests.support.sizes import SIZE_NAME

COUNT = 5_000 if SIZE_NAME == "prove" else 500
LINES = [{"description": "Pan de pueblo", "quantity_milli": 1000, "total_minor": 248}] * 5
# Of what Python holds: some batches with their answers, whatever the queue's length.
GROWTH_BYTES_MAX = 6_000_000
START_S_MAX = 10.0
# How often the agent's own interpreter looks for cycles; that of the tests does so less often.
AS_THE_AGENT = (700, 10, 10)

pytestmark = pytest.mark.prove


def script(body: Json) -> Json:
    """Accept everything; what this service remembers stays small too."""
    return told([created(event["seq"]) for event in body["events"]], seen_to=10**9, missing=[])


@pytest.fixture
def agents_memory() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*AS_THE_AGENT)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("agents_memory")
def test_a_long_queue_starts_quickly_and_drains_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with closing(Queue.open(path)) as queue:
        for n in range(COUNT):
            queue.add(sale_act(f"s{n}", code="B" * 154, lines=LINES))
    began = time.monotonic()
    queue = Queue.open(path)
    assert time.monotonic() - began < START_S_MAX
    sizes: list[int] = []
    with scripted_service(script) as (port, bodies), closing(queue):
        paired = Paired(f"http://127.0.0.1:{port}", 7, "t", "k", bytes(32))
        clock = TillClock()
        with (
            closing(Service(paired)) as service,
            closing(KnownBooks(tmp_path / "books.db", paired, clock=clock)) as books,
        ):
            drainer = Drainer(service, queue, books, clock, version="1")
            drainer.beat()
            tracemalloc.start()
            try:
                while drainer.beat():
                    sizes.append(len(bodies[-1]["events"]))
                    del bodies[:]
                grown = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert queue.counts().waiting == 0
    assert set(sizes) == {BATCH_MAX}
    assert sum(sizes) == COUNT - BATCH_MAX
    assert grown < GROWTH_BYTES_MAX
