"""Read rows as they stand in the database, not as their types say: for who checks them.

Types are not applied: a text that is no time any more, or an id that is no id, is to be seen
as it is and not to end the reading. Both databases give the same texts.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from operator import methodcaller
from typing import Any, Final
from typing import cast as cast_to

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CursorResult,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    cast,
    collate,
    func,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType, TypeDecorator

from loyalty.db.writes import is_postgresql

_FORM: Final = "YYYY-MM-DD HH24:MI:SS.US"
_DAY: Final = "YYYY-MM-DD"
_AT_ONCE: Final = 2000
_ANY_TEXT: Final = methodcaller("decode", "utf-8", "surrogateescape")


def moment_text(moment: datetime) -> str:
    """Write a moment as both databases tell it here."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def raw(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Ask for a column as it stands there: a number, or a text of one form on both databases."""
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, Boolean):
        return cast(column, Integer)
    if not is_postgresql(session):
        return type_coerce(column, NullType())
    if isinstance(kind, Uuid):
        return func.replace(cast(column, Text), "-", "")
    if isinstance(kind, DateTime):
        return func.to_char(func.timezone("UTC", column), _FORM)
    if isinstance(kind, Date):
        return func.to_char(column, _DAY)
    return column


def in_order(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Order by a column byte by byte, as Python compares texts."""
    is_text = isinstance(column.type, Text) and is_postgresql(session)
    return collate(column, "C") if is_text else column


def raw_columns(session: Session, table: FromClause) -> list[ColumnElement[Any]]:
    """Ask for every column of a table as it stands there."""
    return [raw(session, column).label(name) for name, column in table.columns.items()]


@contextmanager
def as_it_stands(session: Session) -> Iterator[None]:
    """Read texts that are broken, too, and take the time a whole ledger needs."""
    if is_postgresql(session):
        session.execute(text("SET LOCAL statement_timeout = 0"))
        # Cursors are read to their end: no plan that is quick only for the first rows.
        session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
        session.execute(text("SET LOCAL work_mem = '64MB'"))
        yield
        return
    driver: Any = session.connection().connection.dbapi_connection
    before = driver.text_factory
    driver.text_factory = _ANY_TEXT
    try:
        yield
    finally:
        driver.text_factory = before


@contextmanager
def everything_joined(session: Session) -> Iterator[None]:
    """Join whole tables by reading each once, whatever PostgreSQL believes of their sizes.

    Of a ledger that was filled or brought back just now it has no statistics: it then takes
    tables of a hundred thousand rows for a handful and goes through one for each row of another.
    """
    if not is_postgresql(session):
        yield
        return
    session.execute(text("SET LOCAL enable_nestloop = off"))
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a transaction that failed lets go of it by itself
            session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))


def stream(session: Session, asked: Select[Any]) -> Iterator[Any]:
    """Read rows one by one, however many there are."""
    found = session.execute(asked, execution_options={"yield_per": _AT_ONCE})
    return chain.from_iterable(found.partitions())


def stream_plain(session: Session, asked: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Read rows as the driver gives them, without names and types: half the work for millions.

    Only for columns that need no type (see `raw`): numbers, texts and bytes.
    """
    found = session.execute(asked, execution_options={"yield_per": _AT_ONCE})
    cursor: Any = cast_to("CursorResult[Any]", found).cursor
    try:
        first = found.fetchone()  # SQLAlchemy has read this one ahead; the others are the driver's
        if first is None:
            return
        yield tuple(first)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
    finally:
        found.close()
