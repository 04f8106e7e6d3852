"""The disk is full, the file read-only or locked: told as such, nothing acknowledged is lost."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import loyalty.db.sqlite as sqlite_module
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.places import copy_sqlite
from tests.support.service import Service, Shop, make_service, open_shop

SALE = {"currency": "EUR", "sold_at": "2026-03-02T09:00:00Z"}
Trouble = str


class House:
    """A service on a SQLite file that gets into trouble and out again."""

    def __init__(self, path: Path, tools: Tools, patch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.patch = patch
        self.tools = tools
        self.locker = sqlite3.connect(path, isolation_level=None)
        self.open()

    def open(self) -> None:
        """Start the service, as after a restart."""
        self.database = Database(f"sqlite:///{self.path}")
        settings = Settings(home=self.path.parent, demo=True, rate_limit="")
        self.service: Service = make_service(self.database, self.tools, settings)

    def close(self) -> None:
        """Stop everything."""
        self.database.close()
        self.locker.close()

    def troubled(self, trouble: Trouble) -> None:
        """Let the storage refuse writes in one of the ways it can."""
        if trouble == "locked":
            self.locker.execute("BEGIN IMMEDIATE")
            return
        self.database.close()
        pages = self.locker.execute("PRAGMA page_count").fetchone()[0]
        pragma = ("max_page_count", pages) if trouble == "full" else ("query_only", 1)
        self.reopen((*sqlite_module.PRAGMAS, pragma))

    def reopen(self, pragmas: tuple[tuple[str, int | str], ...]) -> None:
        """Start the service with other settings of its database."""
        self.patch.setattr(sqlite_module, "PRAGMAS", pragmas)
        self.open()

    def sale(self, shop: Shop, sale_id: str) -> tuple[int, str]:
        """Report a sale as a till does."""
        sale = {**SALE, "sale_id": sale_id, "total_minor": 1240, "code": shop.card_text}
        lines = [
            {"description": "Pan " * 40, "quantity_milli": 1000, "total_minor": 10}
            for _ in range(200)
        ]
        sale["lines"] = lines
        answer = self.service.post("/api/v1/sales", shop.as_till(), json=sale)
        return answer.status_code, answer.get_json().get("code", "")

    def kept(self) -> set[str]:
        """List the sales that are really in the file."""
        return {row[0] for row in self.locker.execute("SELECT sale_id FROM sale")}


@pytest.fixture
def house(
    sqlite_template: Path, tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    others = tuple(pair for pair in sqlite_module.PRAGMAS if pair[0] != "busy_timeout")
    calm = (("busy_timeout", 50), *others)
    monkeypatch.setattr(sqlite_module, "PRAGMAS", calm)
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    made = House(tmp_path / "enlaza.db", tools, monkeypatch)
    yield made
    made.close()


class Lines:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []

    def error(self, event: str, *, why: str) -> None:
        self.errors.append((event, why))

    def warning(self, event: str, **facts: object) -> None:
        """A slow statement is no error."""


WHY = {"locked": "SQLITE_BUSY", "read-only": "SQLITE_READONLY", "full": "SQLITE_FULL"}


@pytest.mark.parametrize("trouble", WHY)
def test_the_log_says_what_is_wrong_with_the_storage(
    house: House, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines()
    monkeypatch.setattr("app.metrics.log", lines)
    shop = open_shop(house.service, program_id=7, slug="PANADERIA-SOL")
    before = failures_counted(house)
    house.troubled(trouble)
    told = [house.sale(shop, sale_id)[0] for sale_id in ("s1", "s2", "s3", "s4")]
    assert {event for event, _ in lines.errors} == {"storage unavailable"}
    assert {why.split()[-1] for _, why in lines.errors} == {WHY[trouble]}
    assert failures_counted(house) - before == len(lines.errors) >= told.count(503) > 0
    if trouble == "locked":
        house.locker.execute("ROLLBACK")


def failures_counted(house: House) -> float:
    """Read the counter as a collector does."""
    found = re.search(
        r"^enlaza_storage_failures_total (\S+)$", house.service.get("/metrics").text, re.MULTILINE
    )
    assert found
    return float(found[1])


@pytest.mark.parametrize("trouble", ["locked", "read-only", "full"])
def test_what_cannot_be_kept_is_refused_and_kept_when_sent_again(
    house: House, trouble: Trouble
) -> None:
    untroubled = sqlite_module.PRAGMAS
    shop = open_shop(house.service, program_id=7, slug="PANADERIA-SOL")
    assert house.sale(shop, "before")[0] == 201
    house.troubled(trouble)
    # The first may still find room in the file; what is acknowledged is there.
    told = {sale_id: house.sale(shop, sale_id) for sale_id in ("s1", "s2", "s3", "s4")}
    assert told["s4"] == (503, "storage_unavailable")
    acknowledged = {sale_id for sale_id, (status, _) in told.items() if status == 201}
    assert house.kept() == acknowledged | {"before"}
    page = house.service.get("/S/PANADERIA-SOL")
    assert page.status_code == 200, "the shop has its page all the same"
    assert "Panadería Sol" in page.text
    if trouble == "locked":
        house.locker.execute("ROLLBACK")
    else:
        house.database.close()
        house.reopen(untroubled)
    again = {sale_id: house.sale(shop, sale_id)[0] for sale_id in told}
    assert again == {sale_id: 200 if sale_id in acknowledged else 201 for sale_id in told}
    assert house.sale(shop, "before")[0] == 200
    assert house.kept() == {"before", *told}
