"""What may happen to a till in years: nothing is lost, and it says how it stands."""

import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from loyalty.journeys.pair_till import revoke_till
from loyalty.wire.messages import moment_text
from pos_plugin.client import pair
from tests.support.books import Books
from tests.support.counter_till import (
    CounterTill,
    assert_books_equal,
    counter_till,
    sale_act,
    sale_body,
)
from tests.support.fault_proxy import CLEAR, Fault, FaultProxy, always, bad_line
from tests.support.running import ServedShop, make_shop, wait_until
from tests.support.sizes import some

SEED = 20_261_122
DAY_S = 86_400.0
YEAR_S = 365 * DAY_S
PAGE_BYTES = 4096

pytestmark = [pytest.mark.prove, pytest.mark.race]


def served(template: Path, home: Path) -> Iterator[ServedShop]:
    """Serve a shop in a process of its own."""
    made = make_shop(template, home)
    made.start()
    yield made
    made.process.kill()


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """The shop that most of these tills belong to."""
    yield from served(sqlite_template, tmp_path_factory.mktemp("trouble") / "service")


@pytest.fixture
def own_shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ServedShop]:
    """A shop for one test, which does to its server what it likes."""
    yield from served(sqlite_template, tmp_path / "service")


@pytest.fixture
def line(shop: ServedShop) -> Iterator[FaultProxy]:
    with bad_line(shop.port, seed=SEED) as proxy:
        yield proxy


@pytest.fixture
def till(shop: ServedShop, line: FaultProxy, tmp_path: Path) -> Iterator[CounterTill]:
    with counter_till(shop, line.url, tmp_path / "till", seed=SEED) as made:
        wait_until(lambda: made.agent.line.state != "down", "the till has its line")
        yield made


def sell(till: CounterTill, count: int) -> None:
    """Confirm some sales."""
    for _ in range(count):
        till.sell()


def pair_again(shop: ServedShop, line: FaultProxy, till: CounterTill) -> None:
    """Pair the same machine anew, as the owner does after a till was revoked."""
    till.agent.stop()
    till.home.forget_paired()
    till.home.write_paired(pair(line.url, shop.offer()))
    till.restart()


def copy_of(path: Path, to: Path) -> Path:
    """Copy a database that is in use, as a backup does."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def put_back(shop: ServedShop, copy: Path) -> None:
    """Restore the server from a copy and start it."""
    shop.process.stop()
    for side in ("", "-wal", "-shm"):
        shop.database.with_name(shop.database.name + side).unlink(missing_ok=True)
    shutil.copyfile(copy, shop.database)
    shop.database.chmod(0o600)
    shop.start()


def test_sales_that_arrived_unanswered_before_a_till_was_revoked_count_once(
    shop: ServedShop, line: FaultProxy, till: CounterTill
) -> None:
    sell(till, 10)
    till.drain()
    before = len(Books.of_server(shop.database).sales)
    line.weather = always(Fault.LOSE_ANSWER)
    sell(till, 10)
    wait_until(lambda: len(Books.of_server(shop.database).sales) > before, "some arrived")
    line.cut()
    sell(till, 10)
    with shop.parts() as parts, parts.database.unit_of_work(shop.program_id) as session:
        till_id = UUID(till.agent.paired.till_id)
        revoke_till(session, shop.program_id, till_id, tools=parts.tools)
    line.weather = CLEAR
    line.connect()
    till.agent.drainer.wake()
    wait_until(lambda: till.agent.state().line == "refused", "the till says it was revoked")
    sell(till, 10)
    assert till.waiting() == 30
    pair_again(shop, line, till)
    till.drain()
    assert_books_equal(shop, till)


@pytest.mark.parametrize(
    "when", some(["after some sales", "before the till was paired"], "before the till was paired")
)
def test_a_server_put_back_to_an_older_day_gets_everything_again(
    own_shop: ServedShop, tmp_path: Path, when: str
) -> None:
    early = copy_of(own_shop.database, tmp_path / "early.db")
    with (
        bad_line(own_shop.port) as line,
        counter_till(own_shop, line.url, tmp_path / "till", seed=SEED) as till,
    ):
        sell(till, 60)
        till.drain()
        late = copy_of(own_shop.database, tmp_path / "late.db")
        sell(till, 60)
        till.drain()
        assert_books_equal(own_shop, till)
        line.cut()
        sell(till, 20)
        put_back(own_shop, late if when == "after some sales" else early)
        line.connect()
        till.agent.drainer.wake()
        if when == "before the till was paired":
            wait_until(lambda: till.agent.state().line == "refused", "nobody knows this till")
            pair_again(own_shop, line, till)
        wait_until(lambda: len(Books.of_server(own_shop.database).sales) == 140, "all is back")
        till.drain()
        assert_books_equal(own_shop, till)
        own_shop.verify()


JUMPS_S = {
    "a day ahead": DAY_S,
    "a day behind": -DAY_S,
    "ten years ahead": 10 * YEAR_S,
    "ten years behind": -10 * YEAR_S,
}


@pytest.mark.parametrize("jump", some(JUMPS_S, "a day ahead", "ten years behind"))
def test_a_machine_whose_clock_jumps_tells_the_servers_time(
    shop: ServedShop,
    till: CounterTill,
    monkeypatch: pytest.MonkeyPatch,
    jump: str,
) -> None:
    sell(till, 3)
    wait_until(till.agent.clock.is_sure, "the till heard the server's time")
    monkeypatch.setattr(till.agent.clock, "_wall", lambda: time.time() + JUMPS_S[jump])
    _, certainty = till.agent.clock.stamp()
    assert certainty == "sure"
    assert abs(till.agent.clock.now().timestamp() - time.time()) < 60
    sell(till, 3)
    till.drain()
    assert_books_equal(shop, till)


def test_a_sale_told_years_off_is_kept_once_and_told_so(
    own_shop: ServedShop, tmp_path: Path
) -> None:
    rng = random.Random(SEED)
    with counter_till(own_shop, own_shop.base_url, tmp_path / "till", seed=SEED) as till:
        told = {}
        for years in (-20, -1, 1, 30):
            for certainty in ("sure", "unsure"):
                at = moment_text(till.agent.clock.now() + timedelta(days=365 * years))
                body = sale_body(own_shop, rng) | {"code": own_shop.cards[0], "clock": certainty}
                body |= {"sold_at": at, "scanned_at": at}
                till.agent.take(sale_act(body))
                told[body["sale_id"]] = body["total_minor"]
        till.drain()
        assert till.agent.queue.counts().aside == 0
        assert Books.of_server(own_shop.database).sales == told
        own_shop.verify()


def spoil_page(page: int) -> Callable[[Path], None]:
    """Make a page of the file unreadable."""

    def spoil(queue: Path) -> None:
        pages = queue.stat().st_size // PAGE_BYTES
        with queue.open("r+b") as file:
            file.seek(page % pages * PAGE_BYTES)
            file.write(random.Random(SEED).randbytes(PAGE_BYTES))

    return spoil


def cut_short(queue: Path) -> None:
    """Lose the second half of the file."""
    with queue.open("r+b") as file:
        file.truncate(queue.stat().st_size // 2 // PAGE_BYTES * PAGE_BYTES)


def empty(queue: Path) -> None:
    """Lose all of the file."""
    queue.write_bytes(b"")


# What is spoiled, and how many of forty waiting sales may be gone with it.
DAMAGES = {
    "its first page": (spoil_page(0), 0),
    "its second page": (spoil_page(1), 0),
    "a page in the middle": (spoil_page(7), 8),
    "its last page": (spoil_page(-1), 8),
    "its second half": (cut_short, 40),
    "all of it": (empty, 40),
}
TRIED = some(DAMAGES, "its first page", "a page in the middle")


@pytest.mark.parametrize(("spoil", "may_lose"), [DAMAGES[name] for name in TRIED], ids=TRIED)
def test_a_damaged_queue_file_sends_what_can_be_read_and_says_what_is_lost(
    shop: ServedShop,
    line: FaultProxy,
    till: CounterTill,
    spoil: Callable[[Path], None],
    may_lose: int,
) -> None:
    sell(till, 20)
    till.drain()
    line.cut()
    sell(till, 40)
    till.agent.stop()
    spoil(till.home.queue_file)
    line.connect()
    till.restart()
    damaged = till.agent.state().damaged
    assert damaged is not None, "the till says that its file was damaged"
    assert (till.home.path / str(damaged["file"])).exists(), "the damaged file is kept"
    sell(till, 10)
    till.drain()
    there = Books.of_server(shop.database).since(till.before)
    assert set(there.sales) <= set(till.confirmed)
    lost = set(till.confirmed) - set(there.sales)
    assert len(lost) <= may_lose, "a page that is gone takes its own sales and no others"
    for sale_id in lost:
        del till.confirmed[sale_id]
    for sale_id, total_minor in there.sales.items():
        assert till.confirmed[sale_id]["total_minor"] == total_minor
