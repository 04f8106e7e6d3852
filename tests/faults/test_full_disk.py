"""The disk of a running program fills up: it says so, loses nothing, and goes on by itself."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.wire.messages import moment_text
from tests.support.books import Books
from tests.support.full_disk import full_disk
from tests.support.running import Answer, Json, ServedShop, ask_once, make_shop, wait_until


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ServedShop]:
    made = make_shop(sqlite_template, tmp_path / "service")
    made.start()
    yield made
    made.process.kill()


def big_sale(shop: ServedShop) -> Json:
    """Write a sale of many lines, which needs much room."""
    now = SystemClock().now()
    line = {"description": "Pan " * 40, "quantity_milli": 1000, "total_minor": 10}
    return {
        "sale_id": str(new_id(now)),
        "total_minor": 2000,
        "currency": "EUR",
        "sold_at": moment_text(now),
        "code": shop.cards[0],
        "scanned_at": moment_text(now),
        "lines": [line] * 200,
    }


def send(shop: ServedShop, till: Mapping[str, str], sale: Json) -> Answer:
    """Report a sale as a till does."""
    answer = ask_once(shop.port, "POST", "/api/v1/sales", body=sale, headers=till)
    assert answer is not None, "the server answers whatever its disk does"
    return answer


def test_a_server_without_room_refuses_clearly_and_goes_on_when_there_is_room(
    shop: ServedShop,
) -> None:
    till = shop.new_till()
    sales = [big_sale(shop) for _ in range(40)]
    told = [send(shop, till, sale) for sale in sales[:5]]
    room = max(path.stat().st_size for path in shop.home.iterdir() if path.is_file())
    with full_disk(shop.process, size_bytes=room + 100_000):
        told += [send(shop, till, sale) for sale in sales[5:]]
        refused = [answer for answer in told if answer.status != 201]
        assert refused, "the disk was full"
        assert told[-1] is refused[-1]
        for answer in refused:
            assert answer.status == 503
            assert answer.body["code"] == "storage_unavailable"
            assert answer.body["retryable"] is True
            assert "retry-after" in answer.headers
        acknowledged = {
            sale["sale_id"]
            for sale, answer in zip(sales, told, strict=True)
            if answer.status == 201
        }
        assert set(Books.of_server(shop.database).sales) == acknowledged
        page = ask_once(shop.port, "GET", "/S/SOL")
        assert page is not None
        assert page.status == 200, "the shop has its page all the same"
    wait_until(lambda: send(shop, till, sales[-1]).status in {200, 201}, "there is room again")
    again = [send(shop, till, sale).status for sale in sales]
    assert set(again) <= {200, 201}
    shop.process.stop()
    books = Books.of_server(shop.database)
    assert books.sales == {sale["sale_id"]: 2000 for sale in sales}
    assert books.points == 20 * len(sales)
    shop.verify()
