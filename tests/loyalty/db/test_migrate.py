"""Migrations lead to what the models say, on both databases, up and down."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from loyalty.db import migrate
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.session import Database
from loyalty.schema import metadata
from tests.support.counters import add_row, rows
from tests.support.places import Place
from tests.support.schema import describe


def described(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return describe(connection)
    finally:
        engine.dispose()


def run(url: str, statement: str) -> None:
    engine = create_engine(url)

    def execute(connection: Connection) -> None:
        connection.execute(text(statement))

    try:
        with engine.begin() as connection:
            execute(connection)
    finally:
        engine.dispose()


def test_migrations_and_models_make_the_same_database(
    empty_place: Place, request: pytest.FixtureRequest
) -> None:
    kind = "sqlite_only" if empty_place.is_sqlite else "postgres_only"
    place = request.getfixturevalue(kind)
    migrate.upgrade(empty_place.admin_url)
    assert described(empty_place.admin_url) == described(place.admin_url)
    assert migrate.check(empty_place.admin_url) == ()


def test_every_migration_goes_up_and_down(empty_place: Place) -> None:
    url = empty_place.admin_url
    before = described(url)
    steps = migrate.revisions()
    forms = []
    for step in steps:
        migrate.upgrade(url, revision=step)
        forms.append(described(url))
    for step, form in zip(reversed(steps), reversed(forms), strict=True):
        migrate.downgrade(url, "-1")
        migrate.upgrade(url, revision=step)
        assert described(url) == form
        migrate.downgrade(url, "-1")
    assert described(url) == before
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.newest()


def test_a_migrated_database_serves(empty_place: Place) -> None:
    assert not migrate.has_tables(empty_place.admin_url)
    migrate.upgrade(empty_place.admin_url, service_url=empty_place.url)
    migrate.require_current(empty_place.url)
    assert migrate.has_tables(empty_place.admin_url)
    database = Database.for_service(empty_place.url)
    with database.unit_of_work(1) as session:
        add_row(session, "a")
    with database.reading(1) as session:
        assert rows(session) == {"a"}
    database.close()
    assert migrate.current(empty_place.url) == migrate.newest()
    migrate.upgrade(empty_place.admin_url, service_url=empty_place.url)


def test_a_difference_is_told(empty_place: Place) -> None:
    url = empty_place.admin_url
    assert migrate.check(url) == (f"the database is at None, not at {migrate.newest()}",)
    migrate.upgrade(url)
    run(url, "ALTER TABLE store ADD COLUMN mood INTEGER")
    if empty_place.is_sqlite:
        run(url, "DROP TRIGGER points_entry_no_update")
    else:
        run(url, "DROP TRIGGER points_entry_append_only ON points_entry")
        run(url, "DROP POLICY program_only ON store")
        run(url, "ALTER TABLE sale NO FORCE ROW LEVEL SECURITY")
    told = migrate.check(url)
    assert any("mood" in sentence for sentence in told)
    guards = [sentence.removeprefix("a guard is missing: ") for sentence in told[1:]]
    if empty_place.is_sqlite:
        assert guards == ["points_entry_no_update"]
    else:
        assert guards == [
            "points_entry_append_only",
            "program_only on sale",
            "program_only on store",
        ]


def test_tables_made_by_the_models_can_be_taken_over(place: Place) -> None:
    assert migrate.current(place.admin_url) is None
    with pytest.raises(DatabaseRefusedError, match="enlaza db upgrade"):
        migrate.require_current(place.admin_url)
    migrate.stamp(place.admin_url)
    assert migrate.check(place.admin_url) == ()


def test_migrations_do_not_need_todays_code() -> None:
    for path in (migrate.FOLDER / "versions").glob("*.py"):
        source = path.read_text()
        assert "loyalty" not in source, f"{path.name} imports code that will change"


def test_the_ledger_is_among_the_guarded() -> None:
    assert {"points_posting", "points_entry"} <= set(metadata.tables)


def test_a_service_role_that_owns_its_tables_is_refused(empty_place: Place) -> None:
    if empty_place.is_sqlite:
        migrate.upgrade(empty_place.admin_url)
        Database.for_service(empty_place.admin_url).close()
        return
    migrate.upgrade(empty_place.admin_url)
    with pytest.raises(DatabaseRefusedError):
        Database.for_service(empty_place.admin_url)


def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    migrate.upgrade(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    with database.unit_of_work(1) as session:
        add_row(session, "a")
        files = sorted(tmp_path.iterdir())
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)
    assert len(files) == 3, "the file, its log and the log's index"
    database.close()
