"""Flip single bits in stored rows, past every guard, and take each one back.

The way only somebody with the database in hand could: triggers, checks and references are off
as far as a superuser can switch them off. What the database itself cannot hold is not a flip.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Inspector, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loyalty.db.base import APPEND_ONLY_TABLES
from tests.support.places import Place

EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001  a stored wall time
MICROSECOND: Final = timedelta(microseconds=1)
# No amount, id, time or hash: counts the changes of a balance, for the ETag of a page. And a day
# of the year, which nothing follows from, that was moved to another program: it is not seen here.
# And on which of several like shelves a part of a sum lies.
COUNTERS: Final = {
    ("points_balance", "version"),
    ("points_birthday", "program_id"),
    ("points_rule_total", "shelf"),
}


@dataclass(frozen=True, slots=True)
class Flip:
    """One bit of one value of one row."""

    table: str
    column: str
    before: object
    after: object


class Flipper:
    """A superuser's connection to a database at rest."""

    def __init__(self, connection: Connection, tables: tuple[str, ...], seed: int) -> None:
        self.connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._random = random.Random(seed)
        self._row = "rowid" if self.is_sqlite else "ctid"
        told: Inspector = inspect(connection)
        self._columns = {
            table: [
                column["name"]
                for column in told.get_columns(table)
                if (table, column["name"]) not in COUNTERS
            ]
            for table in tables
        }
        self._rows = {
            table: list(
                connection.exec_driver_sql(f"SELECT {self._row} FROM {table}").scalars()  # noqa: S608
            )
            for table in tables
        }
        self._tables = [table for table in tables if self._rows[table]]
        connection.rollback()

    @contextmanager
    def flipped(self) -> Iterator[tuple[Flip, Session]]:
        """Flip one bit somewhere, give a look at the database as it is then, and undo it."""
        while True:
            with self.connection.begin() as whole:
                self._guards_off()
                flip = self._flip()
                if flip is not None:
                    with Session(bind=self.connection, autoflush=False) as session:
                        yield flip, session
                whole.rollback()
            if flip is not None:
                return

    @contextmanager
    def changed(self, statement: str) -> Iterator[Session]:
        """Change something by hand, give a look at the database as it is then, and undo it."""
        with self.connection.begin() as whole:
            self._guards_off()
            assert self.connection.exec_driver_sql(statement).rowcount > 0, "nothing was changed"
            with Session(bind=self.connection, autoflush=False) as session:
                yield session
            whole.rollback()

    def _guards_off(self) -> None:
        if not self.is_sqlite:
            self.connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            return
        for table in APPEND_ONLY_TABLES & self._columns.keys():
            for act in ("update", "delete"):
                self.connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{act}")

    def _flip(self) -> Flip | None:
        table = self._random.choice(self._tables)
        column = self._random.choice(self._columns[table])
        row = self._random.choice(self._rows[table])
        at = {"row": row}
        where = f"FROM {table} WHERE {self._row} = :row"
        told = f"CAST({column} AS BLOB), typeof({column})" if self.is_sqlite else f"{column}, ''"
        stored, kind = self.connection.execute(text(f"SELECT {told} {where}"), at).one()
        if stored is None:
            return None
        if self.is_sqlite and kind == "integer":
            stored = int(stored)
        value = "CAST(:after AS TEXT)" if self.is_sqlite and kind == "text" else ":after"
        change = f"UPDATE {table} SET {column} = {value} WHERE {self._row} = :row"  # noqa: S608
        try:
            after = self._other(stored)
            if after == stored:
                return None  # an empty text has no bit
            with self.connection.begin_nested():
                self.connection.execute(text(change), {**at, "after": after})
        except (DBAPIError, OverflowError, ValueError):
            return None  # the database itself does not hold such a value
        return Flip(table, column, stored, after)

    def _other(self, stored: Any) -> Any:  # noqa: ANN401, PLR0911  whatever a column holds
        """Flip one bit of a value as it is stored."""
        pick = self._random.randrange
        if isinstance(stored, bool):
            return not stored
        if isinstance(stored, int):
            return stored ^ (1 << pick(31))
        if isinstance(stored, UUID):
            return UUID(int=stored.int ^ (1 << pick(128)))
        if isinstance(stored, datetime):
            since = (stored.replace(tzinfo=None) - EPOCH) // MICROSECOND
            other = EPOCH + (since ^ (1 << pick(56))) * MICROSECOND
            return other.replace(tzinfo=stored.tzinfo)
        if isinstance(stored, date):
            return date.fromordinal(stored.toordinal() ^ (1 << pick(20)))
        if isinstance(stored, str):
            return self._other(stored.encode()).decode()
        told = bytearray(stored)
        at, bit = divmod(pick(8 * len(told)), 8) if told else (0, 0)
        if told:
            told[at] ^= 1 << bit
        return bytes(told)


def _unguarded(driver: Any, _: object) -> None:  # noqa: ANN401  SQLite's connection
    driver.isolation_level = None  # a change of a table belongs to the transaction, too
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("PRAGMA ignore_check_constraints=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def flipper(
    place: Place, tables: tuple[str, ...], *, seed: int, superuser: str | None
) -> Iterator[Flipper]:
    """Open a database as one who may do anything: `superuser` names the role on PostgreSQL."""
    url = make_url(place.admin_url)
    owner = create_engine(url if superuser is None else url.set(username=superuser))
    if superuser is None:
        event.listen(owner, "connect", _unguarded)
        event.listen(owner, "begin", _begin)
    try:
        with owner.connect() as connection:
            yield Flipper(connection, tables, seed)
    finally:
        owner.dispose()
