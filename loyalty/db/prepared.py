"""Statements of the busiest paths: compiled once, then run on the driver's own cursor.

Building, looking up and running a statement through SQLAlchemy costs more than the database
takes to answer it (measured: 120 µs against 15), and a sale has a score of them. So they are
written once, as every other statement, with `bindparam` where values come in; what is compiled
for SQLite and for PostgreSQL is kept. Errors, savepoints and types are SQLAlchemy's all the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any, Final

from sqlalchemy import BindParameter, ClauseElement, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from loyalty.db.watch import NO_WATCH

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
DRIVER: Final = "enlaza_driver"


@dataclass(frozen=True, slots=True)
class Line:
    """The connection a session works on, and the driver's connection behind it.

    `ran` hears of each statement and its seconds, as of those that SQLAlchemy runs.
    """

    connection: Connection
    driver: DBAPIConnection
    dialect: Dialect
    ran: Callable[[str, float], None]

    def told(self, error: Exception, text: str, parameters: Any) -> BaseException:  # noqa: ANN401
        """Tell a driver's error as SQLAlchemy does; a connection that is gone is not used again."""
        module = self.dialect.loaded_dbapi
        if not isinstance(error, module.Error):
            return error
        is_gone = self.dialect.is_disconnect(error, self.driver, None)
        told = DBAPIError.instance(
            text,
            parameters,
            error,
            module.Error,
            hide_parameters=self.connection.engine.hide_parameters,
            connection_invalidated=is_gone,
            dialect=self.dialect,
        )
        if is_gone:
            self.connection.invalidate(error)
        return told


def line_of(connection: Connection, ran: Callable[[str, float], None] = NO_WATCH.ran) -> Line:
    """Find the driver behind a connection."""
    driver = connection.connection.dbapi_connection
    assert driver is not None, "a session was opened on a connection that is gone"
    return Line(connection, driver, connection.dialect, ran)


def keep_line(session: Session, line: Line) -> None:
    """Note the line of a session that was just opened, so that it is not looked up again.

    The session itself begins only when something else than a prepared statement asks it to.
    """
    session.info[DRIVER] = line


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one kind of database takes it."""

    text: str
    binds: tuple[tuple[str, Convert | None], ...]
    constants: Mapping[str, Any]
    reads: tuple[tuple[int, Convert], ...]  # of the columns that come as something else
    positional: bool

    def parameters(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  what the driver takes
        told = {**self.constants, **values} if self.constants else values
        if self.positional:
            return [told[name] if bind is None else bind(told[name]) for name, bind in self.binds]
        return {name: told[name] if bind is None else bind(told[name]) for name, bind in self.binds}

    def row(self, raw: Row) -> Row:
        if not self.reads:
            return raw
        values = list(raw)
        for column, read in self.reads:
            values[column] = read(values[column])
        return tuple(values)


class Prepared:
    """One statement, for both databases, to be run many times."""

    def __init__(
        self,
        write: ClauseElement | Callable[[Dialect], ClauseElement],
        *,
        columns: Iterable[str] | None = None,
    ) -> None:
        """Take a statement, or what writes it where the two databases need different words.

        `columns` are those that an INSERT fills, by the names its values will have.
        """
        self._write = write
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, **values: object) -> list[Row]:
        """Run it and give its rows."""
        compiled, cursor = self._run(session, values)
        try:
            return [compiled.row(raw) for raw in cursor.fetchall()]
        finally:
            cursor.close()

    def first(self, session: Session, **values: object) -> Row | None:
        """Run it and give its first row, or None."""
        compiled, cursor = self._run(session, values)
        try:
            raw = cursor.fetchone()
            return None if raw is None else compiled.row(raw)
        finally:
            cursor.close()

    def one(self, session: Session, **values: object) -> Row:
        """Run it and give its row, which is there."""
        row = self.first(session, **values)
        assert row is not None, "a row that must be there is not"
        return row

    def scalar(self, session: Session, **values: object) -> Any:  # noqa: ANN401
        """Run it and give the first value of its first row, or None."""
        row = self.first(session, **values)
        return None if row is None else row[0]

    def changed(self, session: Session, values: Mapping[str, object]) -> int:
        """Run it and say how many rows it wrote."""
        _, cursor = self._run(session, values)
        try:
            return cursor.rowcount
        finally:
            cursor.close()

    def write_all(self, session: Session, rows: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each row of values."""
        line = line_of_session(session)
        compiled = self._compiled.get(line.dialect.name) or self._compile(line.dialect)
        asked = [compiled.parameters(values) for values in rows]
        cursor = line.driver.cursor()
        _tell(line, cursor, cursor.executemany, compiled.text, asked)
        cursor.close()

    def _run(self, session: Session, values: Mapping[str, object]) -> tuple[_Compiled, DBAPICursor]:
        line = line_of_session(session)
        compiled = self._compiled.get(line.dialect.name) or self._compile(line.dialect)
        cursor = line.driver.cursor()
        _tell(line, cursor, cursor.execute, compiled.text, compiled.parameters(values))
        return compiled, cursor

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._write(dialect) if callable(self._write) else self._write
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        converts = _binds(binds, dialect)
        made = _Compiled(
            text=str(compiled),
            binds=tuple((name, converts.get(name)) for name in compiled.positiontup or binds),
            constants={name: bind.value for name, bind in binds.items() if not bind.required},
            reads=tuple(
                (column, read)
                for column, read in enumerate(_reads(statement, dialect))
                if read is not None
            ),
            positional=compiled.positiontup is not None,
        )
        self._compiled[dialect.name] = made
        return made


def _tell(
    line: Line, cursor: DBAPICursor, run: Callable[[str, Any], Any], text: str, asked: object
) -> None:
    began = perf_counter()
    try:
        run(text, asked)
    except Exception as error:
        cursor.close()
        raise line.told(error, text, asked) from error
    finally:
        line.ran(text, perf_counter() - began)


def run_text(session: Session, text: str, values: Sequence[Any], *, many: bool = False) -> None:
    """Run a statement as the driver takes it: with `values`, or with each of many rows of them."""
    line = line_of_session(session)
    cursor = line.driver.cursor()
    _tell(line, cursor, cursor.executemany if many else cursor.execute, text, values)
    cursor.close()


def line_of_session(session: Session) -> Line:
    """Give the line a session works on."""
    line: Line | None = session.info.get(DRIVER)
    if line is None or session.in_nested_transaction():
        connection = session.connection()  # opens the savepoint, if it is not open yet
        if line is None:
            line = line_of(connection)
            keep_line(session, line)
        assert connection is line.connection, "a session went over to another connection"
    return line


def _binds(binds: Mapping[str, BindParameter[Any]], dialect: Dialect) -> dict[str, Convert]:
    found = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in binds.items()
    }
    return {name: convert for name, convert in found.items() if convert is not None}


def _reads(statement: ClauseElement, dialect: Dialect) -> Iterable[Convert | None]:
    columns: Iterable[Any] = getattr(statement, "selected_columns", ())
    for column in columns:
        kind: TypeEngine[Any] = column.type
        yield kind.dialect_impl(dialect).result_processor(dialect, None)


# Inserts, told by the names of their values.


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], *, unless_known: bool) -> Prepared:
    def write(dialect: Dialect) -> ClauseElement:
        insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        return insert(table).on_conflict_do_nothing() if unless_known else insert(table)

    return Prepared(write, columns=names)


def insert_row(session: Session, table: Table, values: Mapping[str, object]) -> None:
    """Insert a row whose key is free."""
    _insert(table, tuple(values), unless_known=False).changed(session, values)


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows whose keys are free, each with the same names; none is fine, too."""
    if rows:
        _insert(table, tuple(rows[0]), unless_known=False).write_all(session, rows)


def insert_unless_known(session: Session, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless one of its unique keys is taken; say whether it is new."""
    return _insert(table, tuple(values), unless_known=True).changed(session, values) == 1
