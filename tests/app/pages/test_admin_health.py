"""The owner is told in plain words whether all is well."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.backups import BackupFacts, remember_backup
from app.keyfiles import create_keys
from app.settings import Settings
from loyalty.db.leases import end_lease, take_lease
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.programs.queues import Progress, QueueKey, QueueReport, note_contact
from tests.support.clock import ManualClock
from tests.support.forms import Visitor, staff_visitor
from tests.support.service import Service, Shop, make_service, open_shop


@pytest.fixture
def own_tools(clock: ManualClock, tmp_path: Path) -> Tools:
    return Tools(clock=clock, keys=create_keys(tmp_path))


@pytest.fixture
def served(sqlite_database: Database, own_tools: Tools, tmp_path: Path) -> Service:
    settings = Settings(
        home=tmp_path,
        public_url="http://localhost",
        proxy_hops=0,
        mail_url="smtp://mail.example",
        rate_limit="",
    )
    return make_service(sqlite_database, own_tools, settings)


@pytest.fixture
def own_shop(served: Service) -> Shop:
    return open_shop(served, program_id=7, slug="PANADERIA-SOL")


@pytest.fixture
def boss(served: Service, own_shop: Shop) -> Visitor:
    return staff_visitor(served, own_shop, "owner")


def make_well(served: Service, tmp_path: Path) -> None:
    """Run the jobs once and put a backup by."""
    now = served.services.tools.clock.now()
    with served.services.database.unit_of_work(NO_PROGRAM) as session:
        take_lease(session, "sweep", holder="one", at=now, hold=timedelta(minutes=5))
        end_lease(session, "sweep", holder="one", at=now)
    facts = BackupFacts(
        made_at=now - timedelta(hours=3),
        path="somewhere",
        size_bytes=5 * 1024 * 1024,
        encrypted=True,
        checked=True,
        rows=9,
        seconds=0.1,
    )
    remember_backup(tmp_path, facts)


def report(served: Service, shop: Shop, *, waiting: int, aside: int = 0) -> None:
    """Let the till's agent tell how its queue stands."""
    now = served.services.tools.clock.now()
    told = QueueReport(
        waiting=waiting,
        oldest_made_at=now - timedelta(minutes=1) if waiting else None,
        aside=aside,
        version="0.2.0",
    )
    queue = QueueKey(shop.program_id, shop.till_id, new_id(now))
    with served.services.database.unit_of_work(shop.program_id) as session:
        note_contact(session, queue, told, Progress(0, 0, ()), clashes=0, at=now)


def test_all_is_well(boss: Visitor, served: Service, own_shop: Shop, tmp_path: Path) -> None:
    make_well(served, tmp_path)
    report(served, own_shop, waiting=0)
    boss.open("/admin/health")
    assert '<h1 class="tool-title">Todo en orden</h1>' in boss.text
    assert "Qué mirar" not in boss.text
    assert "programa de caja 0.2.0 · última señal hoy, 10:00" in boss.text
    assert "Hace 3 horas (hoy, 7:00), 5 MB." in boss.text or "(hoy, 07:00), 5 MB." in boss.text
    assert "Comprobada: se leyó entera al acabar. Cifrada con contraseña." in boss.text


def test_each_trouble_says_what_since_when_and_what_to_do(
    boss: Visitor, served: Service, own_shop: Shop, clock: ManualClock
) -> None:
    report(served, own_shop, waiting=3)
    clock.advance(hours=1)
    boss.open("/admin/health")
    assert "3 cosas por mirar" in boss.text
    assert "Caja 1 se calló con 3 ventas sin enviar" in boss.text
    assert "Desde hoy, 10:00" in boss.text
    assert "Están a salvo en ella y se mandan solas." in boss.text
    assert "Aún no hay ninguna copia" in boss.text
    assert "enlaza backup CARPETA" in boss.text
    assert "Las tareas de fondo no corren" in boss.text


def test_every_page_of_an_owner_carries_the_one_sign(
    boss: Visitor, served: Service, own_shop: Shop, tmp_path: Path
) -> None:
    make_well(served, tmp_path)
    boss.open("/admin")
    assert "state-dot is-success" in boss.text
    report(served, own_shop, waiting=0, aside=1)
    boss.open("/admin/people")
    assert "state-dot is-attention" in boss.text
    assert "1 cosa por mirar" in boss.text


def test_it_is_told_in_english_too(boss: Visitor, served: Service, own_shop: Shop) -> None:
    report(served, own_shop, waiting=0, aside=1)
    boss.headers["Accept-Language"] = "en"
    boss.open("/admin/health")
    assert "3 things to look at" in boss.text
    assert "Caja 1 set aside 1 sale that could not be saved" in boss.text


def test_how_far_the_points_ledger_is_sealed_is_told_and_when_it_waits(
    boss: Visitor, served: Service, own_shop: Shop, tmp_path: Path, clock: ManualClock
) -> None:
    parts = served.services
    sale = {"total_minor": 1240, "currency": "EUR", "code": own_shop.card_text}
    sold = {**sale, "sold_at": "2026-03-02T09:00:00Z", "scanned_at": "2026-03-02T09:00:00Z"}
    boss.open("/admin/health")
    assert "Aún no hay nada sellado." in boss.text
    served.post("/api/v1/sales", own_shop.as_till(), json={**sold, "sale_id": "sale-0001"})
    seal_ledger(parts.database, own_shop.program_id, tools=parts.tools)
    boss.open("/admin/health")
    assert "Sellado hasta el bloque 1, hoy, 10:00." in boss.text
    clock.advance(minutes=1)
    served.post("/api/v1/sales", own_shop.as_till(), json={**sold, "sale_id": "sale-0002"})
    clock.advance(minutes=5)
    make_well(served, tmp_path)
    boss.open("/admin/health")
    assert "no se está sellando" not in boss.text, "a minute or five are nothing"
    clock.advance(minutes=6)
    make_well(served, tmp_path)
    boss.open("/admin/health")
    assert "El libro de puntos no se está sellando" in boss.text
    assert "Desde hoy, 10:01" in boss.text
    boss.headers["Accept-Language"] = "en"
    boss.open("/admin/health")
    assert "The points ledger is not being sealed" in boss.text
    seal_ledger(parts.database, own_shop.program_id, tools=parts.tools)
    boss.open("/admin/health")
    assert "The points ledger is not being sealed" not in boss.text
    assert "Sealed up to block 2" in boss.text


def test_a_manager_has_neither_page_nor_sign(served: Service, own_shop: Shop) -> None:
    manager = staff_visitor(served, own_shop, "manager")
    assert manager.open("/admin/health").status_code == 403
    manager.open("/admin")
    assert "state-dot" not in manager.text


def test_a_till_page_that_only_asks_the_time_was_heard_of(
    served: Service, own_shop: Shop, clock: ManualClock
) -> None:
    clock.advance(hours=2)
    served.get("/api/v1/time", own_shop.as_till_browser())
    boss = staff_visitor(served, own_shop, "owner")
    boss.open("/admin/health")
    assert "última señal hoy, 12:00" in boss.text
    assert served.get("/api/v1/time").status_code == 200
