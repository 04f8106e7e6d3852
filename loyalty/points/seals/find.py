"""Which rows of the ledger are in no block yet, and what they hash to.

What is looked for is what is missing, never what came after a mark: a transaction that commits
late has an id and a time older than what is sealed already, and a mark would skip it for ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Table, Uuid, exists, select
from sqlalchemy.orm import Session

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
_AT_ONCE: Final = 500  # ids in one look

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
        asked = _unsealed(session, program_id, kind, since=since, after=upto.get(kind.name))
        read = session.execute(asked.limit(limit - len(found))).all()
        rows = [(row[0], told_row(kind.table.columns.keys(), row[2:])) for row in read]
        if read:
            upto[kind.name] = read[-1][1]
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


def _unsealed(
    session: Session, program_id: int, kind: Kind, *, since: datetime | None, after: object
) -> Select[Any]:
    """Ask for rows that no block holds: key as sealed, key as typed, every column as it stands."""
    table, key = kind.table, raw_key(session, kind)
    column = table.c[kind.key]
    is_sealed = exists().where(
        SEALED.c.program_id == table.c.program_id,
        SEALED.c.kind == kind.name,
        SEALED.c.key == key,
    )
    asked = (
        select(key.label("as_sealed"), column.label("as_typed"), *raw_columns(session, table))
        .where(table.c.program_id == program_id, ~is_sealed)
        .order_by(column)
    )
    if after is not None:
        # Of a key that several rows share, those that were sealed are left out already.
        asked = asked.where(column >= after if kind.second else column > after)
    if since is not None and kind.timed:
        asked = asked.where(column >= first_id_at(since))
    elif since is not None and not kind.few:
        asked = asked.where(table.c[kind.since] >= since)
    return asked


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
                    table.c[kind.key].in_(_typed(kind, keys[start : start + _AT_ONCE])),
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
                WALLET.c.wallet_id.in_([UUID(one) for one in ids[start : start + _AT_ONCE]]),
                WALLET.c.unit != POINTS_UNIT,
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found
