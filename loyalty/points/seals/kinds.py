"""Which rows are sealed, and how they are read: as they stand in the database, not as we type them.

Types are not applied: a text that is no time any more, or an id that is no id, is to be seen
as it is and not to end the reading. Both databases give the same texts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    cast,
    collate,
    func,
    text,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType, TypeDecorator

from loyalty.db.writes import is_postgresql, table_of
from loyalty.points.earning.models import Ruleset
from loyalty.points.models import Answer, Entry, Hold, HoldEnd, HoldLot, Policy, Posting, Wallet
from loyalty.points.seals.models import Head
from loyalty.points.seals.rules import Told

_FORM: Final = "YYYY-MM-DD HH24:MI:SS.US"
_DAY: Final = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sealed row: its table and key, when it was written, what belongs to it.

    `since` is the column that tells when, None in tables of a few rows. A `timed` key begins
    with that time (UUIDv7), so it is looked for by the key. Rows of `parts` carry the same key
    and are digested with it.
    """

    name: str
    table: Table
    key: str
    since: str | None = None
    timed: bool = False
    parts: tuple[Table, ...] = ()


KINDS: Final = (
    Kind("wallet", table_of(Wallet), "wallet_id", "opened_at", timed=True),
    Kind(
        "posting",
        table_of(Posting),
        "posting_id",
        "recorded_at",
        timed=True,
        parts=(table_of(Entry),),
    ),
    Kind("answer", table_of(Answer), "act_id", "answered_at"),
    Kind("hold", table_of(Hold), "hold_id", "opened_at", parts=(table_of(HoldLot),)),
    Kind("hold_end", table_of(HoldEnd), "hold_id", "at"),
    Kind("ruleset", table_of(Ruleset), "version", "in_force_from"),
    Kind("policy", table_of(Policy), "version", "made_at"),
    Kind("head", table_of(Head), "day", "told_at"),
)


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


def raw_key(session: Session, kind: Kind) -> ColumnElement[Any]:
    """Ask for a key as the sealed rows tell it: always a text."""
    column = kind.table.c[kind.key]
    told = raw(session, column)
    return cast(told, Text) if isinstance(column.type, Integer) else told


def in_order(session: Session, column: Column[Any]) -> ColumnElement[Any]:
    """Order by a column byte by byte, as Python compares texts."""
    is_text = isinstance(column.type, Text) and is_postgresql(session)
    return collate(column, "C") if is_text else column


def raw_columns(session: Session, table: Table) -> list[ColumnElement[Any]]:
    """Ask for every column of a table as it stands there."""
    return [raw(session, column).label(column.name) for column in table.columns]


def told_row(names: Sequence[str], values: Sequence[object]) -> Told:
    """Put names to what was read; what is empty is left out."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


@contextmanager
def as_it_stands(session: Session) -> Iterator[None]:
    """Read texts that are broken, too, and take the time a whole ledger needs."""
    if is_postgresql(session):
        session.execute(text("SET LOCAL statement_timeout = 0"))
        yield
        return
    driver: Any = session.connection().connection.dbapi_connection
    before = driver.text_factory
    driver.text_factory = _any_text
    try:
        yield
    finally:
        driver.text_factory = before


def _any_text(found: bytes) -> str:
    return found.decode("utf-8", "surrogateescape")
