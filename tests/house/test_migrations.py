"""Whoever changes a model changes the migrations; quick form, SQLite.

A change of a model is a migration of its own: `make migration M="what it does"`; one that is
out there is never rewritten.

tests/loyalty/db/test_migrate.py compares both databases whole, up and down.
"""

from pathlib import Path

from sqlalchemy import create_engine

from loyalty.db import migrate
from tests.support.places import Place
from tests.support.schema import describe


def described(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return describe(connection)
    finally:
        engine.dispose()


def test_migrations_lead_to_what_the_models_say(sqlite_only: Place, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    migrate.upgrade(url)
    how = 'the models changed: run `make migration M="what it does"` and commit what it wrote'
    assert described(url) == described(sqlite_only.url), how
    assert migrate.check(url) == ()


def test_migrations_are_named_by_their_day_and_need_no_code_of_ours() -> None:
    paths = sorted((migrate.FOLDER / "versions").glob("*.py"))
    assert paths
    for path in paths:
        day = path.name.split("_")[0]
        assert len(day) == len("2026-11-21-2340"), path.name
        assert "loyalty" not in path.read_text(), "old migrations must not need today's code"
