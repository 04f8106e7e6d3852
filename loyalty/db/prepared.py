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

from sqlalchemy import BindParameter, ClauseElement, Connection, Dialect, Table, bindparam, insert
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
CURSORS: Final = "enlaza_cursors"
KEPT_ROWS_MAX: Final = 1000
TOGETHER_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """The connection a session works on, and the driver's connection behind it.

    `ran` hears of each statement and its seconds, as of those that SQLAlchemy runs.

    `cursors` live as long as the driver's connection, one for each statement: psycopg finds out
    how values are written and answers are read for each new cursor, which is half of what a short
    statement costs (measured: 29 µs, and 15 with a cursor that has run it before). SQLite keeps
    none, because an open cursor there holds on to what it reads.
    """

    connection: Connection
    driver: DBAPIConnection
    dialect: Dialect
    ran: Callable[[str, float], None]
    cursors: "dict[Prepared, DBAPICursor] | None"

    def cursor(self, statement: "Prepared") -> DBAPICursor:
        """Give what a statement runs on; `done` takes it back."""
        if self.cursors is None:
            return self.driver.cursor()
        kept = self.cursors.get(statement)
        if kept is None:
            kept = self.cursors[statement] = self.driver.cursor()
        return kept

    def done(self, statement: "Prepared", cursor: DBAPICursor, *, rows: int = 0) -> None:
        """Take a cursor back; one that still holds many rows is not kept."""
        if self.cursors is None or rows > KEPT_ROWS_MAX:
            cursor.close()
            if self.cursors is not None:
                self.cursors.pop(statement, None)

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
    keeps = connection.dialect.name == "postgresql"
    cursors = connection.info.setdefault(CURSORS, {}) if keeps else None
    return Line(connection, driver, connection.dialect, ran, cursors)


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
        line, compiled, cursor = self._run(session, values)
        found: Sequence[Row] = ()
        try:
            found = cursor.fetchall()
            return [compiled.row(raw) for raw in found]
        finally:
            line.done(self, cursor, rows=len(found))

    def first(self, session: Session, **values: object) -> Row | None:
        """Run it and give its first row, or None."""
        line, compiled, cursor = self._run(session, values)
        try:
            raw = cursor.fetchone()
            return None if raw is None else compiled.row(raw)
        finally:
            line.done(self, cursor)

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
        line, _, cursor = self._run(session, values)
        try:
            return cursor.rowcount
        finally:
            line.done(self, cursor)

    def write_all(self, session: Session, rows: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each row of values."""
        line = line_of_session(session)
        compiled = self._compiled.get(line.dialect.name) or self._compile(line.dialect)
        asked = [compiled.parameters(values) for values in rows]
        cursor = line.cursor(self)
        try:
            run_told(line, cursor.executemany, compiled.text, asked)
        finally:
            line.done(self, cursor)

    def _run(
        self, session: Session, values: Mapping[str, object]
    ) -> tuple[Line, _Compiled, DBAPICursor]:
        line = line_of_session(session)
        compiled = self._compiled.get(line.dialect.name) or self._compile(line.dialect)
        cursor = line.cursor(self)
        try:
            run_told(line, cursor.execute, compiled.text, compiled.parameters(values))
        except BaseException:
            line.done(self, cursor)
            raise
        return line, compiled, cursor

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


def run_told(line: Line, run: Callable[[str, Any], Any], text: str, asked: object) -> None:
    """Run a statement; whoever watches hears of it, and an error is SQLAlchemy's."""
    began = perf_counter()
    try:
        run(text, asked)
    except Exception as error:
        raise line.told(error, text, asked) from error
    finally:
        line.ran(text, perf_counter() - began)


def run_text(session: Session, text: str, values: Sequence[Any], *, many: bool = False) -> None:
    """Run a statement as the driver takes it: with `values`, or with each of many rows of them."""
    line = line_of_session(session)
    cursor = line.driver.cursor()
    try:
        run_told(line, cursor.executemany if many else cursor.execute, text, values)
    finally:
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
        own = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        return own(table).on_conflict_do_nothing() if unless_known else own(table)

    return Prepared(write, columns=names)


def insert_row(session: Session, table: Table, values: Mapping[str, object]) -> None:
    """Insert a row whose key is free."""
    _insert(table, tuple(values), unless_known=False).changed(session, values)


@lru_cache(maxsize=256)
def _insert_together(table: Table, names: tuple[str, ...], count: int) -> Prepared:
    rows = [
        {name: bindparam(f"{name}_{row}", type_=table.c[name].type) for name in names}
        for row in range(count)
    ]
    return Prepared(insert(table).values(rows))


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows whose keys are free, each with the same names; none is fine, too.

    On PostgreSQL a few go in one statement: the driver's way with many costs as much as three.
    """
    if not rows:
        return
    names = tuple(rows[0])
    line = line_of_session(session)
    if line.cursors is not None and 1 < len(rows) <= TOGETHER_MAX:
        values = {f"{name}_{at}": row[name] for at, row in enumerate(rows) for name in names}
        _insert_together(table, names, len(rows)).changed(session, values)
    else:
        _insert(table, names, unless_known=False).write_all(session, rows)


def insert_unless_known(session: Session, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless one of its unique keys is taken; say whether it is new."""
    return _insert(table, tuple(values), unless_known=True).changed(session, values) == 1
