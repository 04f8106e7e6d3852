"""The restore drill: a backup of a shop that sells, brought back elsewhere and served there."""

import random
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backups import last_backup
from app.settings import Settings
from loyalty.db.migrate import stamp, upgrade
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.sales.queries import sales_between
from loyalty.wire.messages import moment_text
from tests.support.kept import PASSPHRASE, settings_for
from tests.support.places import postgres_place, sqlite_place
from tests.support.ports import free_port
from tests.support.running import (
    COMMAND,
    Json,
    Process,
    ServedShop,
    ask_once,
    make_shop,
    new_card,
    operators_environ,
    shop_on,
    wait_until,
)
from tests.support.sizes import SIZE_NAME

TILLS = {"test": 2, "prove": 6}[SIZE_NAME]
SALES_BEFORE = {"test": 20, "prove": 400}[SIZE_NAME]
PAUSE_S = {"test": 0.05, "prove": 0.0}[SIZE_NAME]  # few sales are enough in a look
KNOWN_SENT_AGAIN = 50
SEED = 20_261_122
EVER = datetime(2000, 1, 1, tzinfo=UTC)

pytestmark = [pytest.mark.prove, pytest.mark.race]


@dataclass(slots=True)
class Till:
    """Sells without a pause and remembers what was acknowledged."""

    shop: ServedShop
    headers: Mapping[str, str]
    rng: random.Random
    stop: threading.Event
    acknowledged: dict[str, Json]
    refused: list[str]

    def work(self) -> None:
        """Sell until told to stop."""
        while not self.stop.is_set():
            now = SystemClock().now()
            sale: Json = {
                "sale_id": str(new_id(now)),
                "total_minor": self.rng.randint(1, 9_999),
                "currency": "EUR",
                "sold_at": moment_text(now),
                "code": self.rng.choice(self.shop.cards),
                "scanned_at": moment_text(now),
            }
            answer = ask_once(
                self.shop.port, "POST", "/api/v1/sales", body=sale, headers=self.headers
            )
            if answer is None or answer.status != 201:
                self.refused.append(str(answer))
                return
            self.acknowledged[sale["sale_id"]] = sale
            time.sleep(PAUSE_S)


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServedShop, ServedShop]]:
    """A shop, and an empty place for it on another machine."""
    here, there = tmp_path / "service", tmp_path / "elsewhere"
    if request.param == "sqlite":
        shop = make_shop(request.getfixturevalue("sqlite_template"), here)
        yield from _with_elsewhere(shop, settings_for(sqlite_place(there / "enlaza.db"), there))
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    with postgres_place(server, template=template) as place, postgres_place(server) as empty:
        here.mkdir()
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = replace(settings_for(place, here), public_url=url, port=port)
        stamp(place.admin_url)
        upgrade(place.admin_url, service_url=place.url)
        yield from _with_elsewhere(shop_on(settings), settings_for(empty, there))


def _with_elsewhere(
    shop: ServedShop, settings: Settings
) -> Iterator[tuple[ServedShop, ServedShop]]:
    settings.home.mkdir()
    port = free_port()
    settings = replace(settings, public_url=f"http://127.0.0.1:{port}", port=port)
    process = Process(
        (*COMMAND, "serve"), operators_environ(settings), settings.home / "server.log"
    )
    there = replace(shop, home=settings.home, port=port, process=process, settings=settings)
    try:
        yield shop, there
    finally:
        shop.process.kill()
        there.process.kill()


def sales_of(shop: ServedShop) -> dict[str, int]:
    """Read what is kept of sales, with their totals."""
    with shop.parts() as parts, parts.database.reading(shop.program_id) as session:
        until = SystemClock().now() + timedelta(days=1)
        found = sales_between(session, shop.program_id, since=EVER, until=until)
    return {sale.sale_id: sale.total_minor for sale in found}


def test_a_shop_that_sells_is_backed_up_restored_elsewhere_and_sells_on(
    pair: tuple[ServedShop, ServedShop], tmp_path: Path
) -> None:
    shop, there = pair
    stop, acknowledged, refused = threading.Event(), dict[str, Json](), list[str]()
    headers = [shop.new_till() for _ in range(TILLS)]
    tills = [
        Till(shop, one, random.Random(f"{SEED} {number}"), stop, acknowledged, refused)
        for number, one in enumerate(headers)
    ]
    shop.start()
    threads = [threading.Thread(target=till.work) for till in tills]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(acknowledged) >= SALES_BEFORE or bool(refused), "there are sales")
        before = dict(acknowledged)
        secret = tmp_path / "passphrase"
        secret.write_text(PASSPHRASE)
        secret.chmod(0o600)
        made = shop.command("backup", str(tmp_path / "backups"), "--passphrase-file", str(secret))
        assert made.returncode == 0, made.stdout + made.stderr
        meanwhile = len(acknowledged) - len(before)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert refused == [], "nobody at a till noticed the backup"
    assert meanwhile > 0, "they sold while it was made"
    facts = last_backup(shop.home)
    assert facts is not None
    shop.process.kill()  # the machine is gone

    began = time.monotonic()
    done = there.command("restore", facts.path, "--passphrase-file", str(secret))
    took_s = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    sys.stdout.write(
        f"backup: {facts.rows} rows, {facts.seconds} s, {meanwhile} sales meanwhile\n"
        f"{done.stdout}restore command: {took_s:.1f} s\n"
    )
    kept = sales_of(there)
    for sale_id, sale in before.items():
        assert kept[sale_id] == sale["total_minor"], "acknowledged before it began, so it is there"
    there.start()
    try:
        _send_again(there, headers[0], acknowledged, kept)
        _scan_old_and_new(there, headers[0])
    finally:
        there.process.stop()
    there.verify()
    assert sales_of(there) == {one: sale["total_minor"] for one, sale in acknowledged.items()}


def _send_again(
    there: ServedShop,
    headers: Mapping[str, str],
    acknowledged: Mapping[str, Json],
    kept: Mapping[str, int],
) -> None:
    """Send again as tills do: what was lost is new, what is in the backup is known."""
    lost = [sale_id for sale_id in acknowledged if sale_id not in kept]
    for sale_id in [*lost, *list(kept)[:KNOWN_SENT_AGAIN]]:
        answer = ask_once(
            there.port, "POST", "/api/v1/sales", body=acknowledged[sale_id], headers=headers
        )
        assert answer is not None
        assert answer.status == (200 if sale_id in kept else 201), answer.body


def _scan_old_and_new(there: ServedShop, headers: Mapping[str, str]) -> None:
    """Read a card of before, and one that the restored service signed."""
    with there.parts() as parts:
        fresh = new_card(parts, there.made)
    for code in (there.cards[0], fresh):
        scan = {"code": code, "scanned_at": moment_text(SystemClock().now())}
        answer = ask_once(there.port, "POST", "/api/v1/scans", body=scan, headers=headers)
        assert answer is not None
        assert (answer.status, answer.body["outcome"]) == (200, "ok"), answer.body
