"""Which rows of the ledger are in no block yet, and what they hash to.

What is looked for is what is missing, never what came after a mark: a transaction that commits
late has an id and a time older than what is sealed already, and a mark would skip it for ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, Table, Uuid, and_, or_, select, union
from sqlalchemy.orm import Session

from loyalty.db.bulk import among, told_rows
from loyalty.db.raw import in_order, raw, raw_columns
from loyalty.db.writes import table_of
from loyalty.kernel.ids import first_id_at
from loyalty.points.models import Wallet
from loyalty.points.seals.kinds import KINDS, Kind, raw_key, told_row
from loyalty.points.seals.models import Seal, Sealed
from loyalty.points.seals.rollups import POINTS_UNIT, Sums, Zones
from loyalty.points.seals.rules import SealFacts, Told, digest_of

SEAL: Final = table_of(Seal)
SEALED: Final = table_of(Sealed)
WALLET: Final = table_of(Wallet)
_AT_ONCE: Final = 1000  # ids in one look, as a block has rows
_PAGE: Final = 1000  # keys at once, as a block has rows

Passed = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RowFound:
    """One row that is to be sealed."""

    kind: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of the next block and their sums; it follows the block `before`.

    `passed` is the last key of each kind so far, for who looks through a whole ledger.
    """

    before: SealFacts | None
    rows: tuple[RowFound, ...]
    sums: Sums
    passed: Passed


def last_seal(session: Session, program_id: int) -> SealFacts | None:
    """Find the newest block of a program."""
    row = session.execute(
        select(*raw_columns(session, SEAL))
        .where(SEAL.c.program_id == program_id)
        .order_by(SEAL.c.block.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else seal_of(row)


def seal_of(row: Any) -> SealFacts:  # noqa: ANN401  a row of raw columns
    """Make the facts of a block from its raw columns."""
    return SealFacts(
        block=row.block,
        first=row.first,
        last=row.last,
        count=row.count,
        root=row.root,
        prev=row.prev,
        hash=row.hash,
        sealed_at=row.sealed_at,
    )


def next_batch(
    session: Session,
    program_id: int,
    *,
    since: datetime | None,
    passed: Passed,
    zones: Zones,
    limit: int,
) -> Batch:
    """Find up to `limit` rows that no block holds, written since a moment (None: ever).

    `passed` is what the batch before told, so that nothing is looked through twice.

    The last block is looked up first: when it is still the last one at the writing, nothing
    of what is found here has been sealed meanwhile.
    """
    before = last_seal(session, program_id)
    sums = Sums(zones)
    found: list[RowFound] = []
    upto = dict(passed)
    for kind in KINDS:
        if len(found) == limit:
            break
        keys, upto[kind.name] = _unsealed(
            session,
            program_id,
            kind,
            since=since,
            after=upto.get(kind.name),
            most=limit - len(found),
        )
        rows = _rows_of(session, program_id, kind, keys)
        parts = _parts(session, program_id, kind, [key for key, _ in rows])
        if kind.name == "posting":
            units = _units(session, program_id, parts)
            for key, row in rows:
                sums.add(row, parts.get(key, ()), units)
        found += [
            RowFound(kind.name, key, digest_of(kind.name, row, parts.get(key, ())))
            for key, row in rows
        ]
    return Batch(before, tuple(found), sums, upto)


def sums_of_block(session: Session, program_id: int, block: int, *, zones: Zones) -> Sums:
    """Add up the postings that a block holds, from their lines; what it holds never changes."""
    kind = next(one for one in KINDS if one.name == "posting")
    seal = session.execute(
        select(SEAL.c.first, SEAL.c.last).where(
            SEAL.c.program_id == program_id, SEAL.c.block == block
        )
    ).one()
    told = session.scalars(
        select(SEALED.c.key)
        .where(SEALED.c.program_id == program_id, SEALED.c.place.between(seal.first, seal.last))
        .where(SEALED.c.kind == kind.name)
        .order_by(SEALED.c.place)
    ).all()
    rows = _rows_of(session, program_id, kind, {key: UUID(key) for key in told})
    parts = _parts(session, program_id, kind, list(told))
    units, sums = _units(session, program_id, parts), Sums(zones)
    for key, row in rows:
        sums.add(row, parts.get(key, ()), units)
    return sums


def _unsealed(
    session: Session,
    program_id: int,
    kind: Kind,
    *,
    since: datetime | None,
    after: object,
    most: int,
) -> tuple[dict[str, object], object]:
    """Find up to `most` keys that no block holds, as sealed and as typed; and the last looked at.

    Keys are read in their order and then looked up among the sealed ones: where rows are guarded,
    PostgreSQL joins both only by reading all that was ever sealed.
    """
    found: dict[str, object] = {}
    asked = _keys(session, program_id, kind, since=since)
    while True:
        page = session.execute(_after(asked, kind, after).limit(_PAGE)).all()
        known = _sealed_among(session, program_id, kind, [row[0] for row in page])
        for row in page:
            if row[0] not in known:
                found[row[0]] = row[1]
            after = tuple(row[1:])
            if len(found) == most:
                return found, after
        if len(page) < _PAGE:
            return found, after


def _keys(session: Session, program_id: int, kind: Kind, *, since: datetime | None) -> Select[Any]:
    """Ask for the keys of rows written since a moment: as sealed, as typed, and what is second."""
    table, column = kind.table, kind.table.c[kind.key]
    order = _order(kind)
    asked = (
        select(raw_key(session, kind), *order).where(table.c.program_id == program_id)
    ).order_by(*order)
    if since is not None and kind.timed:
        return asked.where(column >= first_id_at(since))
    if since is not None and kind.windows:
        return asked.where(column.in_(_lately(program_id, kind, since)))
    if since is not None and not kind.few:
        return asked.where(table.c[kind.since] >= since)
    return asked


def _order(kind: Kind) -> list[ColumnElement[Any]]:
    return [kind.table.c[name] for name in (kind.key, kind.second) if name is not None]


def _after(asked: Select[Any], kind: Kind, after: object) -> Select[Any]:
    """Go on behind the last row that was looked at."""
    if after is None:
        return asked
    assert isinstance(after, tuple), "what was passed is told by its key"
    first, *second = _order(kind)
    if not second:
        return asked.where(first > after[0])
    return asked.where(or_(first > after[0], and_(first == after[0], second[0] > after[1])))


def _sealed_among(
    session: Session, program_id: int, kind: Kind, keys: Sequence[str]
) -> frozenset[str]:
    """Say which of some keys a block holds.

    Each is found by its own index. While the first blocks are written, PostgreSQL takes what is
    sealed for a handful of rows: asked for all keys at once it read all of it for each block.
    """
    told = told_rows(session, keys)
    sealed = select(SEALED.c.place).where(
        SEALED.c.program_id == program_id, SEALED.c.kind == kind.name, SEALED.c.key == told.c.told
    )
    is_sealed = sealed.limit(1).correlate(told).scalar_subquery().is_not(None)
    return frozenset(session.scalars(select(told.c.told).where(is_sealed)))


def _rows_of(
    session: Session, program_id: int, kind: Kind, keys: Mapping[str, object]
) -> list[tuple[str, Told]]:
    """Read the rows of some keys as they stand, in the order of the keys."""
    table, names, typed = kind.table, kind.table.columns.keys(), [*keys.values()]
    found: dict[str, Told] = {}
    for start in range(0, len(typed), _AT_ONCE):
        asked = select(raw_key(session, kind), *raw_columns(session, table)).where(
            table.c.program_id == program_id,
            among(session, table.c[kind.key], typed[start : start + _AT_ONCE]),
        )
        found |= {row[0]: told_row(names, row[1:]) for row in session.execute(asked)}
    return [(key, found[key]) for key in keys if key in found]


def _lately(program_id: int, kind: Kind, since: datetime) -> CompoundSelect[Any]:
    """Ask for the keys of what may have been written since a moment, each by its index."""
    return union(
        *(
            select(moment.table.c[kind.key]).where(
                moment.table.c.program_id == program_id, moment >= since
            )
            for moment in kind.windows
        )
    )


def _parts(
    session: Session, program_id: int, kind: Kind, keys: list[str]
) -> Mapping[str, list[Told]]:
    """Read what belongs to some rows, by their keys, in the order it is digested."""
    found: dict[str, list[Told]] = defaultdict(list)
    for table in kind.parts:
        names = table.columns.keys()
        at = names.index(kind.key)
        for start in range(0, len(keys), _AT_ONCE):
            for row in session.execute(
                _parts_of(session, table).where(
                    table.c.program_id == program_id,
                    among(session, table.c[kind.key], _typed(kind, keys[start : start + _AT_ONCE])),
                )
            ):
                found[row[at]].append(told_row(names, row))
    return found


def _typed(kind: Kind, keys: list[str]) -> list[UUID] | list[str]:
    """Give keys back their type, so that the index of the table finds them."""
    is_uuid = isinstance(kind.table.c[kind.key].type, Uuid)
    return [UUID(key) for key in keys] if is_uuid else keys


def _parts_of(session: Session, table: Table) -> Any:  # noqa: ANN401  a select of raw columns
    order = [in_order(session, column) for column in table.primary_key]
    return select(*raw_columns(session, table)).order_by(*order)


def _units(
    session: Session, program_id: int, parts: Mapping[str, Iterable[Told]]
) -> dict[str, str]:
    """Say which of the wallets that lines speak of keep something else than points."""
    ids = sorted(
        {str(line["wallet_id"]) for each in parts.values() for line in each if "wallet_id" in line}
    )
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.execute(
            select(raw(session, WALLET.c.wallet_id), WALLET.c.unit).where(
                WALLET.c.program_id == program_id,
                among(
                    session,
                    WALLET.c.wallet_id,
                    [UUID(one) for one in ids[start : start + _AT_ONCE]],
                ),
                WALLET.c.unit != POINTS_UNIT,
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found
