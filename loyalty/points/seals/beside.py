"""Rows and their seals read side by side, each in the order of its keys, and neither kept.

A join would leave it to the database how to find a million rows a million seals. With row
policies PostgreSQL cannot use an index for it, and whoever has just sealed a ledger for the first
time has no statistics of it yet: it then went through all seals for each row.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Row = tuple[Any, ...]


def side_by_side(rows: Iterable[Row], seals: Iterable[Row]) -> Iterator[tuple[Row | None, Row]]:
    """Pair each row with the seal of its key, the first value of both; None where there is none.

    A seal without a row comes as (None, seal), and a row without a seal as (row, ()). Rows of one
    key, which only damage can make, have the same seal. Lists that are not in the order of their
    keys make more that is without the other, never a pair that is none.
    """
    waiting = iter(seals)
    seal, is_used = next(waiting, None), False
    for row in rows:
        key = row[0]
        while seal is not None and seal[0] != key and _is_before(seal[0], key):
            if not is_used:
                yield None, seal
            seal, is_used = next(waiting, None), False
        if seal is not None and seal[0] == key:
            is_used = True
            yield row, seal
        else:
            yield row, ()
    if seal is not None and not is_used:
        yield None, seal
    for rest in waiting:
        yield None, rest


def _is_before(one: object, other: object) -> bool:
    """Compare keys; damage can make a number or bytes of a text."""
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    return str(one) < str(other)
