"""Many rows in one statement: values told by column, not by row.

A row told by itself is turned into parameters one by one, and PostgreSQL runs a statement for
each. Here what all rows share is turned once, and PostgreSQL takes each column as an array.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Dialect,
    Subquery,
    Table,
    Text,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.orm import Session

from loyalty.db.prepared import line_of_session, run_text
from loyalty.db.writes import is_postgresql

# By the names of columns: a list has a value for each row, anything else is the same in all.
Columns = Mapping[str, object]
T = TypeVar("T")
_IGNORE: Final = " ON CONFLICT DO NOTHING"


def insert_many(
    session: Session, table: Table, columns: Columns, *, unless_known: bool = False
) -> None:
    """Insert rows whose keys are free; with `unless_known`, those whose keys are."""
    dialect = line_of_session(session).dialect
    each = [name for name, told in columns.items() if isinstance(told, list)]
    assert each, "rows are told by at least one list"
    same = [name for name in columns if name not in each]
    values = _turned(table, columns, (*same, *each), dialect)
    after = _IGNORE if unless_known else ""
    text = f"INSERT INTO {table.name} ({', '.join((*same, *each))})"
    if dialect.name == "postgresql":
        told = ", ".join(
            _placed(table, name, dialect, is_list=name in each) for name in (*same, *each)
        )
        run_text(session, f"{text} SELECT {told}{after}", values)
        return
    text += f" VALUES ({', '.join('?' * len(values))}){after}"
    run_text(session, text, _rows(values), many=True)


def add_many(
    session: Session, table: Table, keys: Columns, *, sets: Columns, adds: Columns
) -> None:
    """Change rows found by `keys`, each once: `sets` is put in the place of, `adds` is added to."""
    dialect = line_of_session(session).dialect
    names = (*sets, *adds, *keys)
    values = _turned(table, {**sets, **adds, **keys}, names, dialect)
    if dialect.name == "postgresql":
        changes = [f"{name} = told.{name}" for name in sets]
        changes += [f"{name} = {table.name}.{name} + told.{name}" for name in adds]
        found = " AND ".join(f"{table.name}.{name} = told.{name}" for name in keys)
        told = ", ".join(
            f"{_placed(table, name, dialect, is_list=isinstance(value, list))} AS {name}"
            for name, value in zip(names, values, strict=True)
        )
        text = f"UPDATE {table.name} SET {', '.join(changes)} FROM (SELECT {told}) told"  # noqa: S608  names of ours
        run_text(session, f"{text} WHERE {found}", values)
        return
    changes = [f"{name} = ?" for name in sets] + [f"{name} = {name} + ?" for name in adds]
    found = " AND ".join(f"{name} = ?" for name in keys)
    text = f"UPDATE {table.name} SET {', '.join(changes)} WHERE {found}"  # noqa: S608  names of ours
    run_text(session, text, _rows(values), many=True)


def among(session: Session, asked: ColumnElement[T], values: Sequence[T]) -> ColumnElement[bool]:
    """Ask for rows whose column is one of many values, each told by itself to SQLite.

    PostgreSQL takes them as one array: a thousand told one by one are read, planned and
    compared one by one.
    """
    if not is_postgresql(session):
        return asked.in_(values)
    return asked == func.any(bindparam(None, list(values), type_=ARRAY(asked.type)))


def told_rows(session: Session, values: Sequence[str]) -> Subquery:
    """Make a table of one column, `told`, of many texts: one value to send, one text to compile."""
    if is_postgresql(session):
        told = func.unnest(bindparam(None, list(values), type_=ARRAY(Text)))
        return select(told.label("told")).subquery()
    each = func.json_each(json.dumps(list(values))).table_valued(column("value", Text))
    return select(each.c.value.label("told")).subquery()


def _placed(table: Table, name: str, dialect: Dialect, *, is_list: bool) -> str:
    kind = _type(table.c[name], dialect)
    return f"unnest(%s::{kind}[])" if is_list else f"%s::{kind}"


def _turned(
    table: Table, columns: Columns, names: Sequence[str], dialect: Dialect
) -> list[object | list[object]]:
    """Turn values into what the driver takes: one, or a list of one for each row."""
    turned: list[object | list[object]] = []
    for name in names:
        told, turn = columns[name], _turn(table.c[name], dialect)
        turned.append(list(map(turn, told)) if isinstance(told, list) else turn(told))
    return turned


def _rows(values: Sequence[object | list[object]]) -> list[tuple[object, ...]]:
    lists = [told if isinstance(told, list) else repeat(told) for told in values]
    return list(zip(*lists, strict=False))


@lru_cache(maxsize=512)
def _turn(column: Column[Any], dialect: Dialect) -> Callable[[object], object]:
    return column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is


def _as_it_is(value: object) -> object:
    return value


@lru_cache(maxsize=512)
def _type(column: Column[Any], dialect: Dialect) -> str:
    return column.type.compile(dialect)
