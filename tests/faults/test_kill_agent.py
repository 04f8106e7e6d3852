"""The agent at the counter is killed under load: no acknowledged sale is lost or doubled."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pos_plugin.acts import Json
from pos_plugin.queue import Queue
from tests.support.books import Books
from tests.support.counter_till import points_of, sale_body
from tests.support.fault_proxy import CLEAR, LOSSY, FaultProxy, bad_line
from tests.support.full_disk import full_disk
from tests.support.running import ServedShop, make_shop, wait_until
from tests.support.sizes import SIZE
from tests.support.till_process import TillPage, TillProcess, make_till

PAGES = 3
SEED = 20_261_122

pytestmark = [pytest.mark.prove, pytest.mark.race]


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ServedShop]:
    made = make_shop(sqlite_template, tmp_path / "service")
    made.start()
    yield made
    made.process.kill()


@pytest.fixture
def line(shop: ServedShop) -> Iterator[FaultProxy]:
    with bad_line(shop.port, seed=SEED) as proxy:
        yield proxy


@pytest.fixture
def till(shop: ServedShop, line: FaultProxy, tmp_path: Path) -> Iterator[TillProcess]:
    made = make_till(shop, line.url, tmp_path / "till")
    made.start()
    yield made
    made.process.kill()


class Cashiers:
    """Pages that sell without a pause until they are told to stop."""

    def __init__(self, shop: ServedShop, till: TillProcess) -> None:
        self.shop = shop
        self.till = till
        self.acknowledged: dict[str, Json] = {}
        self.sent_again = 0
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(PAGES)
        self._jobs = [self._pool.submit(self._work, number) for number in range(PAGES)]

    def _work(self, number: int) -> None:
        page, rng = TillPage(self.till), random.Random(f"{SEED} {number}")
        while not self._stop.is_set():
            body = sale_body(self.shop, rng)
            kept, times = page.sell(body)
            assert kept, "no answer for two minutes"
            self.sent_again += times > 1
            self.acknowledged[body["sale_id"]] = body

    def sell_more(self, count: int) -> None:
        """Wait until so many more sales are acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(
            lambda: len(self.acknowledged) >= goal or any(job.done() for job in self._jobs),
            f"{goal} sales are acknowledged",
        )

    def stop(self) -> None:
        """Let each bring its last sale home."""
        self._stop.set()
        self._pool.shutdown()
        for job in self._jobs:
            job.result()


def assert_books_equal(shop: ServedShop, till: TillProcess, sold: dict[str, Json]) -> None:
    """Hold that counter and service have the same sales, each once, when both have ended."""
    till.process.stop()
    shop.process.stop()
    books = Books.of_server(shop.database)
    assert books.sales == {sale_id: body["total_minor"] for sale_id, body in sold.items()}
    assert books.points == sum(points_of(body) for body in sold.values())
    assert books.earnings == sum("code" in body for body in sold.values())
    with closing(Queue.open(till.home.queue_file)) as queue:
        assert queue.damage() is None
        states = {one.act_id: one.state for one in queue.recent(len(sold) + 100)}
    assert states == dict.fromkeys(sold, "done")
    shop.verify()


def test_an_agent_killed_under_load_loses_and_doubles_no_sale(
    shop: ServedShop, line: FaultProxy, till: TillProcess
) -> None:
    rng = random.Random(SEED)
    cashiers = Cashiers(shop, till)
    try:
        for number in range(SIZE.kills):
            # In turn over a good line and a bad one, so that it dies with a queue too.
            line.weather = (CLEAR, LOSSY)[number % 2]
            cashiers.sell_more(rng.randint(5, 60))
            time.sleep(rng.random() / 20)  # anywhere inside an act, not at its end
            till.process.kill()
            till.start()
        line.weather = CLEAR
        cashiers.sell_more(10)
    finally:
        cashiers.stop()
    line.deliver_late()
    wait_until(lambda: till.waiting() == 0, "everything is sent")
    assert cashiers.sent_again > 0, "kills hit sales under way"
    assert_books_equal(shop, till, cashiers.acknowledged)


def test_agent_and_server_may_both_die_at_once(shop: ServedShop, till: TillProcess) -> None:
    rng = random.Random(SEED)
    cashiers = Cashiers(shop, till)
    try:
        for number in range(max(2, SIZE.kills // 5)):
            cashiers.sell_more(rng.randint(5, 40))
            shop.process.kill()
            cashiers.sell_more(rng.randint(1, 10))
            till.process.kill()
            if number % 2:
                shop.start()
                till.start()
            else:
                till.start()
                cashiers.sell_more(5)
                shop.start()
    finally:
        cashiers.stop()
    wait_until(lambda: till.waiting() == 0, "everything is sent")
    assert_books_equal(shop, till, cashiers.acknowledged)


def test_a_counter_without_room_refuses_clearly_and_goes_on_when_there_is_room(
    shop: ServedShop, line: FaultProxy, till: TillProcess
) -> None:
    page, rng = TillPage(till), random.Random(SEED)
    line.cut()
    lines = [{"description": "Pan " * 40, "quantity_milli": 1000, "total_minor": 10}] * 40
    sales = [sale_body(shop, rng) | {"lines": lines} for _ in range(60)]
    answers = [page.post("/api/v1/sales", sale) for sale in sales[:5]]
    assert [answer and answer.status for answer in answers] == [202] * 5
    room = max(path.stat().st_size for path in till.home.path.iterdir() if path.is_file())
    with full_disk(till.process, size_bytes=room + 50_000):
        answers += [page.post("/api/v1/sales", sale) for sale in sales[5:]]
        told = [answer.status if answer else None for answer in answers]
        assert told[-1] == 507
        assert set(told) == {202, 507}
        refused = next(answer for answer in answers if answer and answer.status == 507)
        assert refused.body["code"] == "till_cannot_keep"
        assert till.waiting() == told.count(202), (
            "what was kept is kept, and the till still says so"
        )
        line.connect()
    wait_until(lambda: till.waiting() == 0, "what was kept is sent when there is room again")
    kept = {
        sale["sale_id"]: sale for sale, status in zip(sales, told, strict=True) if status == 202
    }
    assert set(Books.of_server(shop.database).sales) == set(kept)
    for sale in sales:
        assert page.sell(sale)[0]
    wait_until(lambda: till.waiting() == 0, "everything is sent")
    assert_books_equal(shop, till, {sale["sale_id"]: sale for sale in sales})


def test_a_second_agent_on_the_same_queue_ends_with_a_sentence(
    shop: ServedShop, till: TillProcess
) -> None:
    second = till.command("serve", "--port", "0")
    assert second.returncode == 2
    assert second.stderr.startswith("enlaza-till: ")
    assert "Traceback" not in second.stderr
    body = sale_body(shop, random.Random(SEED))
    assert TillPage(till).sell(body)[0]
    wait_until(lambda: till.waiting() == 0, "the first agent goes on")
    assert_books_equal(shop, till, {body["sale_id"]: body})
