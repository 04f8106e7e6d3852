"""What caps have counted: by member in a day, a month and ever, and by rule for all together."""

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ClauseElement

from loyalty.db.prepared import Prepared
from loyalty.db.writes import is_postgresql, table_of
from loyalty.points.earning.basis import Uses
from loyalty.points.earning.models import RuleTotal, RuleUse

USE: Final = table_of(RuleUse)
TOTAL: Final = table_of(RuleTotal)
# What a card earned by all rules together, and by how many sales.
ALL_RULES: Final = ""
EVER: Final = "ever"
_MONTH: Final = len("2026-11")


def _add_use(dialect: Dialect) -> ClauseElement:
    adding = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(USE)
    told = adding.excluded
    return adding.on_conflict_do_update(
        index_elements=list(USE.primary_key),
        set_={"points": USE.c.points + told.points, "sales": USE.c.sales + told.sales},
    )


def _add_total(dialect: Dialect) -> ClauseElement:
    adding = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(TOTAL)
    return adding.on_conflict_do_update(
        index_elements=list(TOTAL.primary_key),
        set_={"points": TOTAL.c.points + adding.excluded.points},
    )


_KEY: Final = ("program_id", "rule_id", "period", "wallet_id")
_ADD: Final = Prepared(_add_use, columns=(*_KEY, "points", "sales"))
# A row that is not there would be one below zero, which none may be.
_TAKE: Final = Prepared(
    update(USE)
    .where(*(USE.c[name] == bindparam(f"of_{name}") for name in _KEY))
    .values(points=USE.c.points + bindparam("more"), sales=USE.c.sales + bindparam("more_sales"))
)
_TOTAL: Final = Prepared(_add_total, columns=("program_id", "rule_id", "shelf", "points"))
_GIVEN: Final = Prepared(
    select(func.coalesce(func.sum(TOTAL.c.points), 0)).where(
        TOTAL.c.program_id == bindparam("program"), TOTAL.c.rule_id == bindparam("rule")
    )
)
# The first shelf that nobody has in hand; the rows are tried one by one, and no further.
_FREE_SHELF: Final = Prepared(
    text(
        "SELECT shelf FROM generate_series(0, 999) AS shelf "
        "WHERE pg_try_advisory_xact_lock(CAST(:kind AS integer), shelf) LIMIT 1"
    ).bindparams(bindparam("kind", required=True))
)


def periods_of(day: str) -> tuple[str, str, str]:
    """Name the stretches of time that a rule's caps count in."""
    return day, day[:_MONTH], EVER


def rows_of(uses: Uses) -> Iterator[tuple[tuple[str, str], tuple[int, int]]]:
    """Say which counters of its wallet a receipt moves: rule and period, points and sales.

    The program's own caps count by the day only.
    """
    for rule_id, counted in uses.rules.items():
        periods = (uses.day,) if rule_id == ALL_RULES else periods_of(uses.day)
        for period in periods:
            yield (rule_id, period), counted


def count_uses(session: Session, program_id: int, uses: Uses | None) -> None:
    """Count what a receipt gave to a locked wallet, or what a refund took of it."""
    if uses is None:
        return
    wallet_id = UUID(uses.wallet)
    for (rule_id, period), (points, sales) in rows_of(uses):
        key = (program_id, rule_id, period, wallet_id)
        if points < 0 or sales < 0:
            told = {f"of_{name}": value for name, value in zip(_KEY, key, strict=True)}
            _TAKE.changed(session, told | {"more": points, "more_sales": sales})
        else:
            told = dict(zip(_KEY, key, strict=True))
            _ADD.changed(session, told | {"points": points, "sales": sales})
    for rule_id, (points, _) in uses.rules.items():
        if rule_id != ALL_RULES and points:
            shelf = _shelf(session, program_id)
            row = {"program_id": program_id, "rule_id": rule_id, "shelf": shelf, "points": points}
            _TOTAL.changed(session, row)


def given_by_rule(session: Session, program_id: int, rule_id: str) -> int:
    """Add up what a rule has given to all members: as many rows as there are shelves."""
    return int(_GIVEN.scalar(session, program=program_id, rule=rule_id))


def _shelf(session: Session, program_id: int) -> int:
    """Take a shelf of the program's totals in hand until this act ends; nobody is waited for."""
    if not is_postgresql(session):
        return 0
    told = hashlib.sha256(f"points_rule_total\0{program_id}".encode()).digest()
    kind = int.from_bytes(told[:4], "big", signed=True)
    found = _FREE_SHELF.scalar(session, kind=kind)
    assert found is not None, "more acts at once than there are shelves"
    return int(found)
