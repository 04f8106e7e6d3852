"""Hold the ledger against its seals: every row as it was sealed, every block in its chain.

It reads everything once, in order, and keeps none of it, so a ledger of millions of postings
needs time and no memory. Rows are read as they stand (see `kinds`): whatever a flipped bit
made of them, they are told, not stumbled over.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.raw import (
    as_it_stands,
    in_order,
    moment_text,
    raw,
    raw_columns,
    stream,
    stream_plain,
)
from loyalty.points.difference import LedgerDifference
from loyalty.points.seals.beside import side_by_side
from loyalty.points.seals.find import SEAL, SEALED, WALLET, seal_of
from loyalty.points.seals.kinds import KINDS, Kind, key_order, raw_key, told_row
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

    def add(block: int, posting: Told, entries: Sequence[Told]) -> None:
        of_block = sums.get(block)
        if of_block is None:
            of_block = sums[block] = Sums(zones)
        with suppress(KeyError, ValueError):  # its digest has told it already
            of_block.add(posting, entries, units)

    with as_it_stands(session):
        yield from _chain(session, program_id)
        for kind in KINDS:
            adds = add if kind.name == "posting" else None
            yield from _rows(session, program_id, kind, adds, due_before=due_before)
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
    rows = stream_plain(
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
        while waiting is not None and waiting[0] <= seal.last:
            if waiting[0] != place or waiting[1] != seal.block:
                yield LedgerDifference(
                    "each row has its place in a block",
                    f"place {place}",
                    f"place {waiting[0]} in block {waiting[1]}",
                    f"place {place} in block {seal.block}",
                )
                place = waiting[0]
            told.update(waiting[2])
            place, waiting = place + 1, next(rows, None)
        if told.hexdigest() != seal.root:
            yield LedgerDifference(
                "a block is the hash of its rows",
                f"block {seal.block}",
                seal.root,
                told.hexdigest(),
            )
        before = seal
    for place, block, _ in chain([] if waiting is None else [waiting], rows):
        yield LedgerDifference(
            "each row has its place in a block", f"place {place}", f"block {block}", "none"
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


def _rows(
    session: Session,
    program_id: int,
    kind: Kind,
    sums: Callable[[int, Told, Sequence[Told]], None] | None,
    *,
    due_before: datetime | None,
) -> Iterator[LedgerDifference]:
    """Digest the rows of a kind with what belongs to them, and hold them against their seals."""
    table, key = kind.table, raw_key(session, kind)
    names = table.columns.keys()
    asked = (
        select(key.label("row_key"), *raw_columns(session, table))
        .where(table.c.program_id == program_id)
        .order_by(key_order(session, kind))
    )
    sealed = (
        select(SEALED.c.key, SEALED.c.digest, SEALED.c.block)
        .where(SEALED.c.program_id == program_id, SEALED.c.kind == kind.name)
        .order_by(in_order(session, SEALED.c.key))
    )
    # What is read first is the older look: what was written in between counts as not sealed yet.
    seals = _begun(stream_plain(session, sealed))
    parts = _Parts(session, program_id, kind)
    for told, seal in side_by_side(stream_plain(session, asked), seals):
        if told is None:
            yield _gone(f"{kind.name} {seal[0]}", "nothing", seal[2])
            continue
        row_key, *values = told
        row = told_row(names, values)
        own = parts.of(row_key)
        if not seal:
            yield from _unsealed(kind, row_key, row, due_before)
            continue
        _, digest, block = seal
        found = digest_of(kind.name, row, own)
        if found != digest:
            yield LedgerDifference(
                "a row is as it was sealed",
                f"{kind.name} {row_key}",
                bytes(digest).hex(),
                found.hex(),
            )
        if sums is not None:
            sums(block, row, own)
    parts.rest()
    for stray in parts.strays:
        yield LedgerDifference(
            f"each line belongs to a {kind.name}", f"{kind.name} {stray}", "a line", "none"
        )


def _unsealed(
    kind: Kind, key: str, row: Told, due_before: datetime | None
) -> Iterator[LedgerDifference]:
    written = str(row.get(kind.since, ""))
    if due_before is not None and written < moment_text(due_before):
        yield LedgerDifference(
            "every row is sealed", f"{kind.name} {key}", "in no block", "a block"
        )


class _Parts:
    """What belongs to the rows of a kind, read beside them in the same order.

    `strays` are the keys of what belongs to none.
    """

    def __init__(self, session: Session, program_id: int, kind: Kind) -> None:
        self.strays: list[str] = []
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._names: Sequence[str] = ()
        self._at = 0
        for table in kind.parts:
            self._names = table.columns.keys()
            self._at = self._names.index(kind.key)
            order = [in_order(session, column) for column in table.primary_key]
            asked = (
                select(*raw_columns(session, table))
                .where(table.c.program_id == program_id)
                .order_by(*order)
            )
            self._rows = stream_plain(session, asked)
        self._next = next(self._rows, None)

    def of(self, key: str) -> Sequence[Told]:
        """Give what belongs to one key; what lies before it belongs to none."""
        row, at = self._next, self._at
        if row is None or row[at] > key:
            return ()
        own = []
        while row is not None and row[at] <= key:
            if row[at] == key:
                own.append(told_row(self._names, row))
            else:
                self.strays.append(row[at])
            row = next(self._rows, None)
        self._next = row
        return own

    def rest(self) -> None:
        """Read what is left and belongs to none."""
        if self._next is not None:
            self.strays += [row[self._at] for row in chain([self._next], self._rows)]
            self._next = None


def _begun(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Ask for rows now and not when the first is needed."""
    first = next(rows, None)
    return iter(()) if first is None else chain([first], rows)


def _gone(subject: str, told: str, block: int) -> LedgerDifference:
    return LedgerDifference(
        "what was sealed is still there", subject, told, f"a row of block {block}"
    )


def _strangers(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find sealed rows of a kind that there is none of."""
    asked = select(SEALED.c.kind, SEALED.c.key, SEALED.c.block).where(
        SEALED.c.program_id == program_id,
        SEALED.c.kind.not_in([kind.name for kind in KINDS]),
    )
    for row in stream(session, asked):
        yield _gone(f"{row.kind} {row.key}", "no such kind of row", row.block)


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
