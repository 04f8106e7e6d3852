"""A service comes back from its backup: whole, checked, and over nothing that is there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text, update

from app.backup_file import BackupRefusedError, read_backup
from app.keyfiles import KeyFilesError, add_link_secret, create_keys, keys_folder, read_keys
from app.restore import _nobody_serves
from app.settings import Settings
from loyalty.codes.keys import rotate_ring
from loyalty.db import postgres_copies
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.migrate import check, current, newest, require_current, revisions, upgrade
from loyalty.db.session import Database
from loyalty.orders.errors import OrderStateError
from loyalty.sales.models import Sale
from loyalty.social.connect import NewConnection, connect, secrets_of
from tests.support.clock import ManualClock
from tests.support.desk import Desk, take_orders_in
from tests.support.kept import (
    PASSPHRASE,
    Kept,
    open_kept,
    packed_again,
    restore,
    served_again,
    settings_for,
)
from tests.support.places import Place, postgres_place, sqlite_place
from tests.support.postgres import Server
from tests.support.tamper import change_behind_our_back


@pytest.fixture
def kept(place: Place, database: Database, tmp_path: Path, clock: ManualClock) -> Kept:
    return open_kept(place, database, tmp_path / "home", clock)


@pytest.fixture
def elsewhere(kept: Kept, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    home = tmp_path / "elsewhere"
    home.mkdir(mode=0o700)
    if kept.place.is_sqlite:
        yield settings_for(sqlite_place(home / "enlaza.db"), home)
        return
    with postgres_place(request.getfixturevalue("postgres_server")) as made:
        yield settings_for(made, home)


@pytest.fixture
def backup(kept: Kept, tmp_path: Path) -> str:
    return kept.back_up(tmp_path / "backups").path


def is_untouched(settings: Settings) -> bool:
    """Say whether there is neither database nor key where something was to be restored."""
    if settings.admin_database_url:
        empty = not postgres_copies.rows_of(settings.admin_database_url)
    else:
        empty = not (settings.home / "enlaza.db").exists()
    return empty and not keys_folder(settings.home).exists()


def is_counted(settings: Settings) -> bool:
    """Say whether the database knows what its tables hold; SQLite looks by itself."""
    if not settings.admin_database_url:
        return True
    asked = text("SELECT count(*) FROM pg_stats WHERE tablename = 'sale'")
    engine = create_engine(settings.admin_database_url)
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(asked))
    finally:
        engine.dispose()


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_was_sold_is_there_old_codes_are_read_and_new_ones_signed(
    kept: Kept, elsewhere: Settings, tmp_path: Path, clock: ManualClock, passphrase: str | None
) -> None:
    printed = kept.counter.shown(kept.phone)
    with kept.counter.database.unit_of_work(kept.counter.street.program_id) as session:
        rotate_ring(
            session,
            kept.counter.street.program_id,
            keys=kept.counter.tools.keys,
            at=clock.now(),
        )
    made = kept.back_up(tmp_path / "backups", passphrase=passphrase)
    restored = restore(elsewhere, made.path, clock=clock, passphrase=passphrase)
    assert restored.manifest.rows == made.rows > 0
    assert (restored.programs, restored.findings) == (1, ())
    assert check(elsewhere.admin_database_url or elsewhere.database) == ()
    assert is_counted(elsewhere)
    counter = served_again(kept, elsewhere)
    try:
        assert counter.findings() == ()
        assert counter.scan(printed).outcome == "ok"
        assert counter.sell("sale-2", 300).replayed, "the till that sends again is known"
        clock.advance(minutes=5)
        fresh = counter.shown(kept.phone)
        assert fresh != printed
        assert counter.scan(fresh).outcome == "ok"
        assert counter.sell("sale-4", 900, code=fresh).points_earned == 9
        assert counter.findings() == ()
    finally:
        counter.database.close()


def test_orders_are_handed_over_and_networks_asked_after_a_restore(
    kept: Kept, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    street, tools = kept.counter.street, kept.counter.tools
    desk = take_orders_in(street, kept.counter.database, tools, clock)
    waiting = desk.make_ready(desk.place({desk.product(): 2}))
    code, delegated = desk.code(waiting), desk.delegate(waiting)[1]
    draft = NewConnection(
        street.store_id,
        "mastodon",
        "https://social.example",
        "pan@social.example",
        "1001",
        {"token": "token-of-the-shop"},
    )
    with kept.counter.database.unit_of_work(street.program_id) as session:
        connection_id = connect(session, street.program_id, draft, at=clock.now(), keys=tools.keys)
    made = kept.back_up(tmp_path / "backups")
    assert b"token-of-the-shop" not in Path(made.path).read_bytes()
    assert restore(elsewhere, made.path, clock=clock).findings == ()
    counter = served_again(kept, elsewhere)
    try:
        with counter.database.reading(street.program_id) as session:
            secrets = secrets_of(session, street.program_id, connection_id, keys=counter.tools.keys)
        assert secrets == {"token": "token-of-the-shop"}
        again = Desk(counter.database, street, counter.tools, clock)
        assert again.order(waiting).state == "ready"
        again.hand_off(again.handoff(delegated))
        assert again.order(waiting).state == "done"
        with pytest.raises(OrderStateError):
            again.hand_off(again.handoff(code))
        assert again.findings() == ()
    finally:
        counter.database.close()


def test_restoring_never_overwrites(kept: Kept, backup: str, clock: ManualClock) -> None:
    with pytest.raises(BackupRefusedError, match="never overwrites"):
        restore(kept.settings, backup, clock=clock)
    assert kept.counter.findings() == ()


def test_other_keys_are_not_replaced(backup: str, elsewhere: Settings, clock: ManualClock) -> None:
    there = create_keys(elsewhere.home)
    with pytest.raises(BackupRefusedError, match="other keys"):
        restore(elsewhere, backup, clock=clock)
    assert read_keys(elsewhere.home) == there


def test_the_services_own_keys_stay_with_what_they_learned_since(
    kept: Kept, backup: str, elsewhere: Settings, clock: ManualClock
) -> None:
    add_link_secret(kept.settings.home)
    keys_folder(kept.settings.home).rename(keys_folder(elsewhere.home))
    there = read_keys(elsewhere.home)
    restore(elsewhere, backup, clock=clock)
    assert read_keys(elsewhere.home) == there
    assert len(there.link_secrets) == 2


def test_a_master_key_that_does_not_open_the_codes_is_found_out(
    backup: str, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    def other_master(parts: Path) -> None:
        (parts / "keys" / "master.key").write_text("ab" * 32 + "\n")

    changed = packed_again(backup, tmp_path / "changed", change=other_master)
    with pytest.raises(BackupRefusedError, match="master key"):
        restore(elsewhere, changed, clock=clock)
    assert is_untouched(elsewhere)


def test_keys_that_can_be_no_keys_are_refused(
    backup: str, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    changed = packed_again(
        backup,
        tmp_path / "changed",
        change=lambda parts: (parts / "keys" / "root.key").write_text("short"),
    )
    with pytest.raises(KeyFilesError):
        restore(elsewhere, changed, clock=clock)
    assert is_untouched(elsewhere)


def test_tables_of_a_newer_version_are_refused(
    backup: str, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    changed = packed_again(
        backup, tmp_path / "changed", say=lambda told: replace(told, schema="20991231_2359")
    )
    with pytest.raises(BackupRefusedError, match="newer version"):
        restore(elsewhere, changed, clock=clock)
    assert is_untouched(elsewhere)


def test_rows_that_are_missing_inside_are_missed(
    backup: str, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    changed = packed_again(
        backup,
        tmp_path / "changed",
        say=lambda told: replace(told, tables={**told.tables, "sale": told.tables["sale"] + 1}),
    )
    with pytest.raises(BackupRefusedError, match="sale"):
        restore(elsewhere, changed, clock=clock)
    assert is_untouched(elsewhere)


def test_a_database_that_is_none_is_refused(
    kept: Kept, backup: str, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    name = "enlaza.db" if kept.place.is_sqlite else "enlaza.dump"
    changed = packed_again(
        backup,
        tmp_path / "changed",
        change=lambda parts: (parts / name).write_bytes(b"no database" * 1000),
    )
    with pytest.raises(DatabaseRefusedError):
        restore(elsewhere, changed, clock=clock)
    assert is_untouched(elsewhere)


def test_books_that_do_not_agree_are_restored_only_on_purpose(
    kept: Kept, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    change_behind_our_back(
        kept.place, update(Sale).where(Sale.sale_id == "sale-1").values(total_minor=99_900)
    )
    path = kept.back_up(tmp_path / "backups").path
    with pytest.raises(BackupRefusedError, match="a sale has earned what is left of it"):
        restore(elsewhere, path, clock=clock)
    assert is_untouched(elsewhere)
    restored = restore(elsewhere, path, clock=clock, accept_findings=True)
    assert len(restored.findings) == 1


def test_a_backup_of_the_other_database_is_refused(
    sqlite_only: Place, tmp_path: Path, clock: ManualClock, postgres_server: Server
) -> None:
    opened = Database(sqlite_only.url)
    kept = open_kept(sqlite_only, opened, tmp_path / "home", clock)
    path = kept.back_up(tmp_path / "backups").path
    opened.close()
    with postgres_place(postgres_server) as empty:
        there = settings_for(empty, tmp_path / "elsewhere")
        with pytest.raises(BackupRefusedError, match="of sqlite"):
            restore(there, path, clock=clock)


def test_older_tables_are_brought_up_to_date(
    empty_place: Place, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> None:
    upgrade(empty_place.admin_url, revision=revisions()[0])
    home = tmp_path / "home"
    home.mkdir()
    create_keys(home)
    old = Kept(settings_for(empty_place, home), empty_place, None, None)  # type: ignore[arg-type]
    path = _back_up_old(old, tmp_path / "backups", clock)
    assert read_backup(path, passphrase=None).schema == revisions()[0]
    there = tmp_path / "elsewhere"
    there.mkdir()
    if empty_place.is_sqlite:
        _restores_to_newest(settings_for(sqlite_place(there / "enlaza.db"), there), path, clock)
        return
    with postgres_place(request.getfixturevalue("postgres_server")) as made:
        _restores_to_newest(settings_for(made, there), path, clock)


def _back_up_old(old: Kept, folder: Path, clock: ManualClock) -> Path:
    from app.make_backup import make_backup  # noqa: PLC0415

    made = make_backup(old.settings, folder, passphrase=None, clock=clock, tell=lambda _: None)
    return Path(made.path)


def _restores_to_newest(settings: Settings, path: Path, clock: ManualClock) -> None:
    restore(settings, path, clock=clock)
    assert current(settings.admin_database_url or settings.database) == newest()
    require_current(settings.database)


def test_a_file_that_is_served_is_not_restored_over(
    sqlite_only: Place, tmp_path: Path, clock: ManualClock
) -> None:
    opened = Database(sqlite_only.url)
    path = open_kept(sqlite_only, opened, tmp_path / "home", clock).back_up(tmp_path / "b").path
    opened.close()
    served = Database.for_service(sqlite_only.url)
    try:
        with pytest.raises(DatabaseRefusedError, match="another server is running"):
            restore(settings_for(sqlite_only, tmp_path / "new"), path, clock=clock)
    finally:
        served.close()


def test_while_a_file_is_restored_no_server_starts_on_it(tmp_path: Path) -> None:
    there = sqlite_place(tmp_path / "enlaza.db")
    with (
        _nobody_serves(settings_for(there, tmp_path), is_sqlite=True),
        pytest.raises(DatabaseRefusedError, match="another server is running"),
    ):
        Database.for_service(there.url)


def test_a_log_without_its_database_would_be_mixed_in_and_is_refused(
    sqlite_only: Place, tmp_path: Path, clock: ManualClock
) -> None:
    opened = Database(sqlite_only.url)
    path = open_kept(sqlite_only, opened, tmp_path / "home", clock).back_up(tmp_path / "b").path
    opened.close()
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / "enlaza.db-wal").write_bytes(b"left of another database")
    with pytest.raises(BackupRefusedError, match="-wal is there"):
        restore(settings_for(sqlite_place(there / "enlaza.db"), there), path, clock=clock)


def test_a_restore_that_was_cut_short_serves_nothing_and_is_begun_anew(
    postgres_only: Place, postgres_server: Server, tmp_path: Path, clock: ManualClock
) -> None:
    opened = Database(postgres_only.url)
    kept = open_kept(postgres_only, opened, tmp_path / "home", clock)
    path = kept.back_up(tmp_path / "backups").path
    opened.close()
    parts = tmp_path / "parts"
    parts.mkdir()
    read_backup(Path(path), passphrase=None, into=parts)
    with postgres_place(postgres_server) as made:
        settings = settings_for(made, tmp_path / "elsewhere")
        postgres_copies.begin_load(made.admin_url)
        program = str(Path(settings.pg_bin) / "pg_restore")
        postgres_copies.load(made.admin_url, parts / "enlaza.dump", program=program)
        with pytest.raises(DatabaseRefusedError, match="enlaza restore"):
            require_current(made.url)
        restore(settings, path, clock=clock)
        counter = served_again(kept, settings)
        assert counter.findings() == ()
        counter.database.close()
