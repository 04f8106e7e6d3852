"""The two doors to the database: `unit_of_work`, the only commit, and `reading`."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loyalty.db.failures import is_write_refused, storage_failures, why_unavailable
from loyalty.db.memory import Memory, lend_memory
from loyalty.db.postgres import POOL_SIZE, begin_in_program, check_role, postgres_engine
from loyalty.db.prepared import keep_line, line_of
from loyalty.db.sqlite import (
    FileLock,
    begin_reading,
    database_path,
    keep_private,
    reading_engine,
    writing_engine,
)
from loyalty.db.watch import NO_WATCH, Watch, time_statements
from loyalty.db.writer import GroupWriter, UnitSession
from loyalty.kernel.errors import StorageUnavailableError

# For look-ups before a program is known: sees global tables only.
NO_PROGRAM: Final = 0
NEWS: Final = "enlaza_news"

log = logging.getLogger("enlaza.database")


class Database:
    """One database, SQLite or PostgreSQL, and the doors to it.

    Made like this it is for short work (the command line, tests): on SQLite its writes wait
    their turn beside a running server. A server uses `for_service`.
    """

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE) -> None:
        self.url = make_url(url)
        self._inside = threading.local()
        self._listeners: dict[str, Callable[[int], None]] = {}
        self._lock: FileLock | None = None
        self._writer: GroupWriter | None = None
        self._memory = Memory()
        self._watch: Watch = NO_WATCH
        self._engines: list[Engine] = []
        if self.is_sqlite:
            self._path = database_path(self.url)
            keep_private(self._path)
            self.engine = reading_engine(self.url)
            writing = writing_engine(self.url)
            self._engines.append(writing)
            self._writer = GroupWriter(writing.connect)
        else:
            self.engine = postgres_engine(self.url, pool_size=pool_size)
        self._engines.append(self.engine)

    @classmethod
    def for_service(cls, url: str, *, pool_size: int = POOL_SIZE) -> "Database":
        """Open the database as its one server, checked.

        Errors: `DatabaseRefusedError` when another process serves the same file, a setting did
        not take, or the role could do more than it may; `StorageUnavailableError` when the
        database cannot be reached.
        """
        database = cls(url, pool_size=pool_size)
        if database.is_sqlite:
            database._lock = FileLock(database._path)
            database._lock.hold()
        try:
            database.check()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is the one-file database."""
        return self.url.get_backend_name() == "sqlite"

    def check(self) -> None:
        """Look whether the database answers and is set up as the service needs it.

        Errors: `DatabaseRefusedError`, `StorageUnavailableError`.
        """
        with storage_failures(), self.engine.connect() as connection:
            # On SQLite connecting has set the PRAGMAs and read them back.
            connection.execute(text("SELECT 1"))
            if not self.is_sqlite:
                check_role(connection)

    def close(self) -> None:
        """End every connection and let another process serve the file."""
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self.engine.dispose()
            if self._lock is not None:
                self._lock.release()

    def listen(self, news: str, listener: Callable[[int], None]) -> None:
        """Call `listener(program_id)` after each act that told this news was kept."""
        self._listeners[news] = listener

    def watched_by(self, watch: Watch) -> None:
        """Tell `watch`, and no other before it, how long waits, commits and statements take."""
        if self._watch is NO_WATCH:
            for engine in self._engines:
                time_statements(engine, self._ran)
        self._watch = watch
        if self._writer is not None:
            self._writer.watch = watch

    @contextmanager
    def unit_of_work(self, program_id: int) -> Iterator[Session]:
        """Open one act: everything inside is committed at the end, or nothing is.

        When the block has ended, the act is on the disk. No network, no signature and no
        template inside: others wait for their turn.

        Errors: `StorageUnavailableError` when the database cannot take it, or when it is not
        known whether it did; the caller's id makes sending it again safe.
        """
        with self._entered(), self._failures_told():
            opened = self._writer.block() if self._writer else self._own_transaction(program_id)
            with opened as session:
                lend_memory(session, self._memory)
                yield session
        self._tell(session, program_id)

    @contextmanager
    def reading(self, program_id: int) -> Iterator[Session]:
        """Open a look at the database as it is now; trying to write inside is a bug.

        Errors: `StorageUnavailableError` when the database cannot be read.
        """
        with self._entered(), self._failures_told(), self.engine.connect() as connection:
            try:
                if self.is_sqlite:
                    begin_reading(connection)
                with Session(bind=connection, autoflush=False) as session:
                    line = line_of(connection, self._ran)
                    keep_line(session, line)
                    lend_memory(session, self._memory)
                    if not self.is_sqlite:
                        begin_in_program(session, program_id, reads=True)
                    yield session
                    if not self.is_sqlite:
                        # A rollback would make psycopg forget every statement it has prepared.
                        line.driver.commit()
            except DBAPIError as error:
                if is_write_refused(error):
                    message = "a look at the database does not write"
                    raise AssertionError(message) from error
                raise

    @contextmanager
    def _own_transaction(self, program_id: int) -> Iterator[Session]:
        """Do one act on a connection of its own: PostgreSQL groups commits by itself."""
        with self.engine.connect() as connection:
            connection.begin()
            with UnitSession(
                bind=connection, join_transaction_mode="rollback_only", expire_on_commit=False
            ) as session:
                keep_line(session, line_of(connection, self._ran))
                begin_in_program(session, program_id)
                yield session
                session.keep()
            connection.commit()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Hold that a thread goes through one door at a time: a second would wait for the first."""
        assert not getattr(self._inside, "door", False), "a block of the database inside another"
        self._inside.door = True
        try:
            yield
        finally:
            self._inside.door = False

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            with storage_failures():
                yield
        except StorageUnavailableError as error:
            self._watch.failed(why_unavailable(error))
            raise

    def _ran(self, statement: str, seconds: float) -> None:
        self._watch.ran(statement, seconds)

    def _tell(self, session: Session, program_id: int) -> None:
        for news in session.info.get(NEWS, ()):
            listener = self._listeners.get(news)
            if listener is None:
                continue
            try:
                listener(program_id)
            except Exception:
                log.exception("after an act was kept, telling of %s failed", news)


def tell_when_kept(session: Session, news: str) -> None:
    """Ask for `news` to be told once this act is on the disk (see `Database.listen`)."""
    session.info.setdefault(NEWS, set()).add(news)
