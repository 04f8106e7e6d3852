"""The two doors to the database: `unit_of_work`, the only commit, and `reading`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from loyalty.kernel.errors import StorageUnavailableError

# For look-ups before a program is known: sees global tables only.
NO_PROGRAM: Final = 0


class Database:
    """One database, SQLite or PostgreSQL, and the doors to it."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = self._engine()
        self._writer = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is the one-file database."""
        return self.url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """End every connection."""
        self.engine.dispose()

    def _engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url)
        engine = create_engine(
            self.url,
            connect_args={"isolation_level": None, "timeout": 10, "check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: object, _: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()  # type: ignore[attr-defined]
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "busy_timeout=10000",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine

    @contextmanager
    def unit_of_work(self, program_id: int) -> Iterator[Session]:
        """Open one act: everything inside is committed at the end, or nothing is.

        Errors: `StorageUnavailableError` when the database cannot take it.
        """
        with self._writer, self.engine.connect() as connection:
            try:
                self._begin(connection, program_id)
                with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
                    yield session
                    session.flush()
                    session.commit()
                connection.commit()
            except OperationalError as error:
                raise StorageUnavailableError from error
            except DBAPIError:
                raise

    @contextmanager
    def reading(self, program_id: int) -> Iterator[Session]:
        """Open a look at the database; nothing written inside survives."""
        with self.engine.connect() as connection:
            self._begin(connection, program_id, write=False)
            with Session(bind=connection, autoflush=False) as session:
                yield session

    def _begin(self, connection: Connection, program_id: int, *, write: bool = True) -> None:
        if self.is_sqlite:
            connection.execute(text("BEGIN IMMEDIATE" if write else "BEGIN"))
        else:
            connection.execute(
                text("SELECT set_config('enlaza.program_id', :program, true)"),
                {"program": str(program_id)},
            )
