"""The served shop is killed under load: no acknowledged sale is lost or doubled."""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.wire.messages import moment_text
from tests.support.books import Books
from tests.support.running import Json, ServedShop, ask_once, make_shop, wait_until
from tests.support.sizes import SIZE

TILLS = 6
SEED = 20_261_122

pytestmark = [pytest.mark.prove, pytest.mark.race]


@dataclass(slots=True)
class TillAtWork:
    """A till that sells without a pause and sends each sale until it is acknowledged."""

    shop: ServedShop
    headers: Mapping[str, str]
    rng: random.Random
    stop: threading.Event
    acknowledged: dict[str, Json] = field(default_factory=dict)
    sent_again: int = 0
    wrong: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Sell until told to stop; the sale in hand is still brought home."""
        while not self.stop.is_set():
            sale = self._sale()
            if not self._bring_home(sale):
                return
            self.acknowledged[sale["sale_id"]] = sale

    def _sale(self) -> Json:
        now = SystemClock().now()
        sale: Json = {
            "sale_id": str(new_id(now)),
            "total_minor": self.rng.randint(1, 9_999),
            "currency": "EUR",
            "sold_at": moment_text(now),
        }
        if self.rng.random() < 1 / 2:
            sale |= {"code": self.rng.choice(self.shop.cards), "scanned_at": moment_text(now)}
        return sale

    def _bring_home(self, sale: Json) -> bool:
        deadline, tries = time.monotonic() + 120, 0
        while time.monotonic() < deadline:
            answer = ask_once(
                self.shop.port, "POST", "/api/v1/sales", body=sale, headers=self.headers
            )
            if answer is None:
                tries += 1
                time.sleep(0.02)
                continue
            if answer.status in {200, 201}:
                self.sent_again += tries > 0
                return True
            if answer.status != 503:
                self.wrong.append(f"{answer.status} {answer.body}")
                return False
        self.wrong.append("no answer for two minutes")
        return False


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ServedShop]:
    made = make_shop(sqlite_template, tmp_path / "service")
    yield made
    made.process.kill()


def test_a_server_killed_under_load_loses_and_doubles_no_sale(shop: ServedShop) -> None:
    stop, rng = threading.Event(), random.Random(SEED)
    tills = [
        TillAtWork(shop, shop.new_till(), random.Random(f"{SEED} {number}"), stop)
        for number in range(TILLS)
    ]
    shop.start()
    threads = [threading.Thread(target=till.work) for till in tills]
    for thread in threads:
        thread.start()
    try:
        for _ in range(SIZE.kills):
            _sell_for_a_while(tills, more=rng.randint(10, 150))
            time.sleep(rng.random() / 20)  # anywhere inside an act, not at its end
            shop.process.kill()
            shop.start()
        _sell_for_a_while(tills, more=20)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [wrong for till in tills for wrong in till.wrong] == []
    shop.process.stop()
    acknowledged = {sale_id: sale for till in tills for sale_id, sale in till.acknowledged.items()}
    books = Books.of_server(shop.database)
    assert books.sales == {sale_id: sale["total_minor"] for sale_id, sale in acknowledged.items()}
    earned = [sale["total_minor"] // 100 for sale in acknowledged.values() if "code" in sale]
    assert books.points == sum(earned), "each sale was rewarded once"
    assert books.earnings == len(earned)
    assert sum(till.sent_again for till in tills) >= SIZE.kills / 2, "kills hit sales under way"
    shop.verify()


def _sell_for_a_while(tills: list[TillAtWork], *, more: int) -> None:
    def sold() -> int:
        return sum(len(till.acknowledged) for till in tills)

    goal = sold() + more
    wait_until(
        lambda: sold() >= goal or any(till.wrong for till in tills),
        f"{goal} sales are acknowledged",
    )
