"""The power goes at any moment: the file is whole, and every acknowledged act is in it."""

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import loyalty.db.sqlite as sqlite_module
from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import issue_card_text
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from tests.support.checkout import Counter
from tests.support.places import copy_sqlite
from tests.support.power_loss import Cut, Log, Synced, Write, cuts
from tests.support.recording_vfs import recorded
from tests.support.sizes import SIZE
from tests.support.street import STREET_PROGRAM, Phone, new_phone, open_street

TILLS = 4
SALES_PER_TILL = 25
# Images whose whole ledger is computed anew, of all images one in:
VERIFIED_ONE_IN = 20
SEED = 20_261_122

pytestmark = pytest.mark.prove


def with_setting(name: str, value: int) -> tuple[tuple[str, int | str], ...]:
    """Change one setting of the server's connections."""
    return tuple((key, value if key == name else old) for key, old in sqlite_module.PRAGMAS)


def till_at_work(counter: Counter, phone: Phone, till: int, log: Log) -> None:
    """Sell, and give money back now and then; each act is acknowledged when it returned."""
    street, rng = counter.street, random.Random(f"{SEED} {till}")
    with counter.database.reading(street.program_id) as session:
        card = card_by_id(session, street.program_id, phone.card_id)
        assert card is not None
        code = issue_card_text(session, card, keys=counter.tools.keys)
    for number in range(SALES_PER_TILL):
        sale_id = f"sale-{till}-{number}"
        counter.sell(sale_id, rng.randint(100, 9_999), code=rng.choice((code, None)))
        log.acknowledge(sale_id)
        if number % 5 == 4:
            counter.refund(f"refund-{till}-{number}", sale_id, rng.randint(1, 100))
            log.acknowledge(f"refund-{till}-{number}")


def serve(url: str, log: Log, tools: Tools) -> None:
    """Open the file as its one server does, and let four tills work at once."""
    database = Database.for_service(url)
    try:
        street = open_street(database, tools)
        log.acknowledge("program")
        counter = Counter(database, street, tools)
        phones = [new_phone(database, street, tools) for _ in range(TILLS)]
        with ThreadPoolExecutor(TILLS) as pool:
            jobs = [
                pool.submit(till_at_work, counter, phone, till, log)
                for till, phone in enumerate(phones)
            ]
            for job in jobs:
                job.result()
    finally:
        database.close()


def acts_in(path: Path) -> set[str] | None:
    """Read which acts a file holds; None when it is damaged."""
    try:
        with closing(sqlite3.connect(path)) as image:
            if image.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return None
            found = {row[0] for row in image.execute("SELECT sale_id FROM sale")}
            found |= {row[0] for row in image.execute("SELECT refund_id FROM sale_refund")}
            if image.execute("SELECT 1 FROM program").fetchone():
                found.add("program")
            return found
    except sqlite3.DatabaseError:
        return None


def test_the_server_loses_nothing_acknowledged_when_the_power_goes(
    folders: tuple[Path, Path],
    sqlite_template: Path,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, images = folders
    # The log is folded into the file often, because that is where a file can be torn.
    monkeypatch.setattr(sqlite_module, "PRAGMAS", with_setting("wal_autocheckpoint", 100))
    url = copy_sqlite(sqlite_template, work / "enlaza.db").url
    log = recorded(work, lambda log: serve(url, log, tools))
    assert log.count(Synced) > TILLS * SALES_PER_TILL / 4
    rng, verified = random.Random(SEED), 0
    for number, disk in enumerate(cuts(log, SIZE.images, rng)):
        disk.write_image(images, rng)
        found = acts_in(images / "enlaza.db")
        assert found is not None, f"damaged at {disk.place} of {log.length}"
        assert disk.acknowledged - found == set(), f"lost at {disk.place} of {log.length}"
        if number % VERIFIED_ONE_IN == 0 and "program" in found:
            verified += 1
            opened = Database.for_service(f"sqlite:///{images / 'enlaza.db'}")
            with closing(opened), opened.reading(STREET_PROGRAM) as session:
                assert verify_program(session, STREET_PROGRAM, tools=tools) == ()
    assert verified > 1


@pytest.mark.parametrize(("synchronous", "is_damaged"), [(1, False), (0, True)])
def test_the_images_show_what_a_weaker_setting_would_lose(
    folders: tuple[Path, Path],
    sqlite_template: Path,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
    synchronous: int,
    is_damaged: bool,  # noqa: FBT001  a case of the table
) -> None:
    work, images = folders
    monkeypatch.setattr(sqlite_module, "PRAGMAS", with_setting("wal_autocheckpoint", 100))
    monkeypatch.setattr(sqlite_module, "PRAGMAS", with_setting("synchronous", synchronous))
    url = copy_sqlite(sqlite_template, work / "enlaza.db").url
    log = recorded(work, lambda log: serve(url, log, tools))
    rng, lost, damaged = random.Random(SEED), 0, 0
    for disk in cuts(log, 200, rng):
        disk.write_image(images, rng)
        found = acts_in(images / "enlaza.db")
        damaged += found is None
        lost += found is not None and bool(disk.acknowledged - found)
    assert lost > 10
    assert (damaged > 10) is is_damaged
    assert log.count(Write) + log.count(Cut) > 0
