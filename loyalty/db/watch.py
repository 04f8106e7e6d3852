"""How long the database takes, told to whoever asked for it; by default nobody did."""

from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, event

BEGAN: Final = "enlaza_began"


class Watch(Protocol):
    """Hears of waits, commits, statements, failures, in the thread whose it was; must not raise."""

    def waited(self, seconds: float) -> None:
        """An act waited so long for its turn to write (SQLite)."""

    def kept(self, acts: int, seconds: float) -> None:
        """A commit of so many acts took so long (SQLite)."""

    def ran(self, statement: str, seconds: float) -> None:
        """A statement took so long; the text has placeholders where its values stand."""

    def failed(self, why: str) -> None:
        """The storage could not be used; `why` is the driver's code and holds no values."""


class NoWatch:
    """Nobody asked."""

    def waited(self, seconds: float) -> None:
        """Forget it."""

    def kept(self, acts: int, seconds: float) -> None:
        """Forget it."""

    def ran(self, statement: str, seconds: float) -> None:
        """Forget it."""

    def failed(self, why: str) -> None:
        """Forget it."""


NO_WATCH: Final = NoWatch()


def time_statements(engine: Engine, ran: Callable[[str, float], None]) -> None:
    """Tell of every statement that an engine runs, also of those that fail."""

    def begin(connection: Connection, *_what: object) -> None:
        connection.info[BEGAN] = perf_counter()

    def end(connection: Connection, _cursor: object, statement: str, *_what: object) -> None:
        ran(statement, perf_counter() - connection.info.pop(BEGAN, perf_counter()))

    def fail(context: Any) -> None:  # noqa: ANN401  SQLAlchemy's ExceptionContext
        began = context.connection and context.connection.info.pop(BEGAN, None)
        if began and context.statement:
            ran(context.statement, perf_counter() - began)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    event.listen(engine, "handle_error", fail)
