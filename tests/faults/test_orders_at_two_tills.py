"""The server dies, two tills give the same order, one till dies too: it is sold once."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from loyalty.kernel.clock import SystemClock
from loyalty.orders.place import NOBODY
from loyalty.wire.messages import moment_text
from pos_plugin.acts import Json
from pos_plugin.queue import Queue
from tests.browser.till.pickups import open_pickups, ready_order
from tests.browser.till.support import Shop
from tests.support.books import Books
from tests.support.running import ServedShop, make_shop, wait_until
from tests.support.till_process import TillPage, TillProcess, make_till

pytestmark = [pytest.mark.prove, pytest.mark.race]


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ServedShop]:
    made = make_shop(sqlite_template, tmp_path / "service")
    made.start()
    yield made
    made.process.kill()


@pytest.fixture
def tills(shop: ServedShop, tmp_path: Path) -> Iterator[tuple[TillProcess, TillProcess]]:
    left = make_till(shop, shop.base_url, tmp_path / "left")
    right = make_till(shop, shop.base_url, tmp_path / "right")
    yield left, right
    left.process.kill()
    right.process.kill()


def handoff(code: str) -> Json:
    return {
        "handoff_id": str(uuid4()),
        "code": code,
        "handed_at": moment_text(SystemClock().now()),
    }


def codes_of_ready_orders(shop: ServedShop, count: int) -> list[str]:
    with shop.parts() as parts:
        desk = open_pickups(Shop(shop.base_url, parts, shop.made))
        return [desk.code(ready_order(desk, NOBODY)) for _ in range(count)]


def gave(page: TillPage, body: Json) -> tuple[int, str | None]:
    answer = page.post("/api/v1/handoffs", body)
    assert answer is not None
    return answer.status, answer.body.get("code")


def has_copied(till: TillProcess, count: int) -> bool:
    """Say whether a till holds so many orders."""
    with closing(sqlite3.connect(till.home.books_file)) as file:
        row = file.execute("SELECT value FROM word WHERE name = 'orders'").fetchone()
    return row is not None and len(json.loads(row[0])["orders"]) == count


def test_one_order_given_at_two_tills_without_a_server_is_sold_once(
    shop: ServedShop, tills: tuple[TillProcess, TillProcess]
) -> None:
    shown, other = codes_of_ready_orders(shop, 2)
    pages = [TillPage(till) for till in tills]
    for till in tills:
        till.start()
        wait_until(partial(has_copied, till, 2), "the till knows which orders wait")
    shop.process.kill()
    left, right = pages
    first, second = handoff(shown), handoff(shown)
    assert gave(left, first) == (202, None)
    tills[0].process.kill()
    tills[0].start()
    # What it gave outlives it: the same press is the same handoff, another one gives nothing.
    assert gave(left, first) == (202, None)
    assert gave(left, handoff(shown)) == (409, "order_needs_line")
    assert gave(right, second) == (202, None)
    assert gave(right, handoff(other)) == (202, None)
    shop.start()
    wait_until(lambda: sum(till.waiting() for till in tills) == 0, "everything is sent")
    assert sum(till.state()["queue"]["aside"] for till in tills) == 1
    for till in tills:
        till.process.stop()
    asides = []
    for till in tills:
        with closing(Queue.look(till.home.queue_file)) as queue:
            asides += queue.aside()
    (aside,) = asides
    assert aside.act_id in {first["handoff_id"], second["handoff_id"]}
    assert (aside.problem or {})["state"] == "done"
    shop.process.stop()
    assert sorted(Books.of_server(shop.database).sales.values()) == [1240, 1240]
    shop.verify()
