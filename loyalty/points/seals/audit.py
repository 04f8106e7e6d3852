"""Hold the ledger against its seals: every row as it was sealed, every block in its chain.

It reads everything once, in order, and keeps none of it, so a ledger of millions of postings
needs time and no memory. Rows are read as they stand (see `kinds`): whatever a flipped bit
made of them, they are told, not stumbled over.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from loyalty.db.raw import as_it_stands, in_order, moment_text, raw, raw_columns, stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.seals.find import SEAL, SEALED, WALLET, seal_of
from loyalty.points.seals.kinds import KINDS, Kind, raw_key, told_row
from loyalty.points.seals.rollups import POINTS_UNIT, ROLLUP, Group, Sums, Zones
from loyalty.points.seals.rules import (
    NOTHING_BEFORE,
    HeadAsked,
    SealFacts,
    Told,
    digest_of,
    hash_of,
    in_words,
)


@dataclass(frozen=True, slots=True)
class _SealedRow:
    kind: str
    key: str
    row: Told
    digest: bytes | None
    block: int | None


def audit_seals(
    session: Session, program_id: int, *, zones: Zones, due_before: datetime | None
) -> Iterator[LedgerDifference]:
    """List every difference between the ledger and its seals; none when all is well.

    `due_before`: what was written before it must be sealed; None when nothing must be yet.
    `zones` are those of the stores, by their ids as 32 hex digits.
    """
    sums: dict[int, Sums] = {}
    units = {
        row[0]: row[1]
        for row in stream(
            session,
            select(raw(session, WALLET.c.wallet_id), WALLET.c.unit).where(
                WALLET.c.program_id == program_id, WALLET.c.unit != POINTS_UNIT
            ),
        )
    }
    with as_it_stands(session):
        yield from _chain(session, program_id)
        for kind in KINDS:
            for one, parts, stray in _rows(session, program_id, kind):
                yield from stray
                yield from _row(kind, one, parts, due_before=due_before)
                if kind.name == "posting" and one.block is not None:
                    _add(sums.setdefault(one.block, Sums(zones)), one.row, parts, units)
            yield from _missing(session, program_id, kind)
        yield from _strangers(session, program_id)
        yield from _sums(session, program_id, sums)


def audit_head(session: Session, program_id: int, head: HeadAsked) -> Iterator[LedgerDifference]:
    """Hold a head that somebody kept against the chain as it is now."""
    subject = f"block {head.block}"
    row = session.execute(
        select(*raw_columns(session, SEAL)).where(
            SEAL.c.program_id == program_id, SEAL.c.block == head.block
        )
    ).one_or_none()
    if row is None:
        yield LedgerDifference("the head that was kept is in the chain", subject, "none", head.told)
    elif not head.is_of(row.hash):
        found = row.hash if len(head.told) == len(row.hash) else in_words(row.hash)
        yield LedgerDifference("the head that was kept is in the chain", subject, found, head.told)


def last_sealed_at(session: Session, program_id: int) -> datetime | None:
    """Say when the newest block was sealed."""
    found: datetime | None = session.scalar(
        select(SEAL.c.sealed_at)
        .where(SEAL.c.program_id == program_id)
        .order_by(SEAL.c.block.desc())
        .limit(1)
    )
    return found


def _chain(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Walk the blocks in order, each with its rows in their places."""
    seals = stream(
        session,
        select(*raw_columns(session, SEAL))
        .where(SEAL.c.program_id == program_id)
        .order_by(SEAL.c.block),
    )
    rows = stream(
        session,
        select(SEALED.c.place, SEALED.c.block, SEALED.c.digest)
        .where(SEALED.c.program_id == program_id)
        .order_by(SEALED.c.place),
    )
    waiting = next(rows, None)
    before: SealFacts | None = None
    for row in seals:
        seal = seal_of(row)
        yield from _follows(program_id, before, seal)
        told, place = hashlib.sha256(), seal.first
        while waiting is not None and waiting.place <= seal.last:
            if waiting.place != place or waiting.block != seal.block:
                yield LedgerDifference(
                    "each row has its place in a block",
                    f"place {place}",
                    f"place {waiting.place} in block {waiting.block}",
                    f"place {place} in block {seal.block}",
                )
                place = waiting.place
            told.update(waiting.digest)
            place, waiting = place + 1, next(rows, None)
        if told.hexdigest() != seal.root:
            yield LedgerDifference(
                "a block is the hash of its rows",
                f"block {seal.block}",
                seal.root,
                told.hexdigest(),
            )
        before = seal
    for row in chain([] if waiting is None else [waiting], rows):
        yield LedgerDifference(
            "each row has its place in a block", f"place {row.place}", f"block {row.block}", "none"
        )


def _follows(
    program_id: int, before: SealFacts | None, seal: SealFacts
) -> Iterator[LedgerDifference]:
    """Hold one block against the one before it and against its own hash."""
    subject = f"block {seal.block}"
    wanted = (
        (1 if before is None else before.block + 1),
        (1 if before is None else before.last + 1),
        (NOTHING_BEFORE if before is None else before.hash),
    )
    told = (seal.block, seal.first, seal.prev)
    if told != wanted:
        yield LedgerDifference(
            "each block follows the one before it",
            subject,
            f"block {told[0]} from place {told[1]} after {told[2]}",
            f"block {wanted[0]} from place {wanted[1]} after {wanted[2]}",
        )
    found = hash_of(program_id, seal)
    if seal.hash != found:
        yield LedgerDifference("a seal is the hash of its block", subject, seal.hash, found)


_Read = tuple[_SealedRow, list[Told], list[LedgerDifference]]


def _rows(session: Session, program_id: int, kind: Kind) -> Iterator[_Read]:
    """Read the rows of a kind with what belongs to them and how they were sealed."""
    table, key = kind.table, raw_key(session, kind)
    names, by_key = table.columns.keys(), in_order(session, table.c[kind.key])
    asked = (
        select(key.label("row_key"), SEALED.c.digest, SEALED.c.block, *raw_columns(session, table))
        .outerjoin(
            SEALED,
            and_(
                SEALED.c.program_id == table.c.program_id,
                SEALED.c.kind == kind.name,
                SEALED.c.key == key,
            ),
        )
        .where(table.c.program_id == program_id)
        .order_by(by_key)
    )
    parts = _Parts(session, program_id, kind)
    for row in stream(session, asked):
        one = _SealedRow(kind.name, row[0], told_row(names, row[3:]), row[1], row[2])
        stray, own = parts.of(one.key)
        yield one, own, stray
    stray = list(parts.rest())
    if stray:
        nobody = _SealedRow(kind.name, "", {}, b"", None)
        yield nobody, [], stray


class _Parts:
    """What belongs to the rows of a kind, read beside them in the same order."""

    def __init__(self, session: Session, program_id: int, kind: Kind) -> None:
        self._kind = kind
        self._rows = iter(())  # type: Iterator[tuple[str, Told]]
        for table in kind.parts:
            self._rows = self._of_table(session, program_id, kind, table)
        self._next = next(self._rows, None)

    def of(self, key: str) -> tuple[list[LedgerDifference], list[Told]]:
        """Give what belongs to one key, and what lies before it and belongs to none."""
        stray, own = [], []
        while self._next is not None and self._next[0] < key:
            stray.append(self._stray(self._next[0]))
            self._next = next(self._rows, None)
        while self._next is not None and self._next[0] == key:
            own.append(self._next[1])
            self._next = next(self._rows, None)
        return stray, own

    def rest(self) -> Iterator[LedgerDifference]:
        """Tell what is left and belongs to none."""
        while self._next is not None:
            yield self._stray(self._next[0])
            self._next = next(self._rows, None)

    def _stray(self, key: str) -> LedgerDifference:
        name = self._kind.name
        return LedgerDifference(f"each line belongs to a {name}", f"{name} {key}", "a line", "none")

    @staticmethod
    def _of_table(
        session: Session,
        program_id: int,
        kind: Kind,
        table: Any,  # noqa: ANN401  a Table
    ) -> Iterator[tuple[str, Told]]:
        names = table.columns.keys()
        at = names.index(kind.key)
        order = [in_order(session, column) for column in table.primary_key]
        asked = (
            select(*raw_columns(session, table))
            .where(table.c.program_id == program_id)
            .order_by(*order)
        )
        for row in stream(session, asked):
            yield row[at], told_row(names, row)


def _row(
    kind: Kind, one: _SealedRow, parts: list[Told], *, due_before: datetime | None
) -> Iterator[LedgerDifference]:
    subject = f"{kind.name} {one.key}"
    if one.digest is None:
        written = str(one.row.get(kind.since, ""))
        if due_before is not None and written < moment_text(due_before):
            yield LedgerDifference("every row is sealed", subject, "in no block", "a block")
        return
    if not one.row:
        return
    found = digest_of(kind.name, one.row, parts)
    if found != one.digest:
        yield LedgerDifference(
            "a row is as it was sealed", subject, bytes(one.digest).hex(), found.hex()
        )


def _missing(session: Session, program_id: int, kind: Kind) -> Iterator[LedgerDifference]:
    """Find what was sealed and is gone."""
    table = kind.table
    is_there = exists().where(
        table.c.program_id == SEALED.c.program_id, raw_key(session, kind) == SEALED.c.key
    )
    asked = select(SEALED.c.key, SEALED.c.block).where(
        SEALED.c.program_id == program_id, SEALED.c.kind == kind.name, ~is_there
    )
    for row in stream(session, asked):
        yield LedgerDifference(
            "what was sealed is still there",
            f"{kind.name} {row.key}",
            "nothing",
            f"a row of block {row.block}",
        )


def _strangers(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find sealed rows of a kind that there is none of."""
    asked = select(SEALED.c.kind, SEALED.c.key, SEALED.c.block).where(
        SEALED.c.program_id == program_id,
        SEALED.c.kind.not_in([kind.name for kind in KINDS]),
    )
    for row in stream(session, asked):
        yield LedgerDifference(
            "what was sealed is still there",
            f"{row.kind} {row.key}",
            "no such kind of row",
            f"a row of block {row.block}",
        )


def _add(sums: Sums, row: Told, parts: Iterable[Told], units: dict[str, str]) -> None:
    try:
        sums.add(row, parts, units)
    except (KeyError, ValueError):
        return  # its digest has told it already


def _sums(session: Session, program_id: int, sums: dict[int, Sums]) -> Iterator[LedgerDifference]:
    """Hold the sums of each block against what its postings add up to."""
    wanted = {
        (block, line): (group, points, acts)
        for block, each in sums.items()
        for line, group, points, acts in each.rows()
    }
    asked = select(*raw_columns(session, ROLLUP)).where(ROLLUP.c.program_id == program_id)
    for row in stream(session, asked):
        group = Group(row.day, row.store_id or "", row.unit, row.account, row.kind)
        told = (group, row.points, row.acts)
        found = wanted.pop((row.block, row.line), None)
        if told != found:
            yield _sum_differs(row.block, row.line, told, found)
    for (block, line), found in sorted(wanted.items()):
        yield _sum_differs(block, line, None, found)


_Sum = tuple[Group, int, int]


def _sum_differs(block: int, line: int, told: _Sum | None, found: _Sum | None) -> LedgerDifference:
    return LedgerDifference(
        "sums equal the postings of their block",
        f"line {line} of block {block}",
        _sum_text(told),
        _sum_text(found),
    )


def _sum_text(told: _Sum | None) -> str:
    if told is None:
        return "nothing"
    group, points, acts = told
    where = f" of store {group.store_id}" if group.store_id else ""
    return f"{points} {group.unit} {group.account} by {acts} × {group.kind} on {group.day}{where}"
