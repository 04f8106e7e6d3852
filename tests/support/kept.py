"""A service with something to lose, on either database, and an empty place to restore it in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.backup_file import Manifest, part_of, read_backup, write_backup
from app.backups import BackupFacts
from app.keyfiles import create_keys, read_keys
from app.make_backup import make_backup
from app.restore import Restored, restore_backup
from app.settings import Settings
from loyalty.db.migrate import stamp
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.places import Place
from tests.support.postgres import client_programs
from tests.support.street import Phone, new_phone, open_street

PASSPHRASE = "four words of the baker"


@dataclass(frozen=True, slots=True)
class Kept:
    """A bakery that serves, with a phone that has bought there."""

    settings: Settings
    place: Place
    counter: Counter
    phone: Phone

    def back_up(self, folder: Path, *, passphrase: str | None = None) -> BackupFacts:
        """Make a backup."""
        clock = self.counter.tools.clock
        return make_backup(
            self.settings, folder, passphrase=passphrase, clock=clock, tell=lambda _: None
        )


def settings_for(place: Place, home: Path) -> Settings:
    """Choose what an operator would choose."""
    return Settings(
        home=home,
        public_url="https://card.example",
        proxy_hops=0,
        database_url=place.url,
        admin_database_url="" if place.is_sqlite else place.admin_url,
        pg_bin="" if place.is_sqlite else str(client_programs()),
    )


def open_kept(place: Place, database: Database, home: Path, clock: ManualClock) -> Kept:
    """Start the bakery and sell three times, once with a code that is refunded in part."""
    stamp(place.admin_url)
    home.mkdir(mode=0o700, exist_ok=True)
    tools = Tools(clock=clock, keys=create_keys(home))
    street = open_street(database, tools)
    counter = Counter(database, street, tools)
    phone = new_phone(database, street, tools)
    counter.sell("sale-1", 1_240, code=counter.shown(phone))
    counter.sell("sale-2", 300)
    counter.sell("sale-3", 2_000, code=counter.shown(phone))
    counter.refund("refund-1", "sale-3", 500)
    return Kept(settings_for(place, home), place, counter, phone)


def restore(
    settings: Settings,
    path: str | Path,
    *,
    clock: ManualClock,
    passphrase: str | None = None,
    accept_findings: bool = False,
) -> Restored:
    """Restore a backup."""
    return restore_backup(
        settings,
        Path(path),
        passphrase=passphrase,
        clock=clock,
        tell=lambda _: None,
        accept_findings=accept_findings,
    )


def served_again(kept: Kept, settings: Settings) -> Counter:
    """Serve a restored bakery as the service would: with its role, its keys, its lock."""
    database = Database.for_service(settings.database)
    tools = Tools(clock=kept.counter.tools.clock, keys=read_keys(settings.home))
    return Counter(database, kept.counter.street, tools)


def packed_again(
    path: str | Path,
    folder: Path,
    *,
    change: Callable[[Path], object] = lambda _: None,
    say: Callable[[Manifest], Manifest] = lambda manifest: manifest,
) -> Path:
    """Write a backup anew as somebody could who changed it on purpose: with all its hashes."""
    parts = folder / "parts"
    parts.mkdir(parents=True)
    manifest = read_backup(Path(path), passphrase=None, into=parts)
    change(parts)
    measured = {name: part_of(parts / name) for name in manifest.parts}
    changed = folder / "changed.tar"
    with changed.open("wb") as file:
        write_backup(file, say(replace(manifest, parts=measured)), parts, passphrase=None)
    return changed
