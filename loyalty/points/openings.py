"""What was opened before: by act, and by wallet; for lists of thousands of rows."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Column, select
from sqlalchemy.orm import Session

from loyalty.db.bulk import among
from loyalty.points.queries import ENTRY, LOT, POSTING, WALLET

AT_ONCE: Final = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Opened:
    """What an act opened: whose wallet it was then, and how many points."""

    member_id: UUID
    points: int


def openings_of_acts(
    session: Session, program_id: int, act_ids: Collection[str]
) -> dict[str, Opened]:
    """Find which of some acts were done, and what they opened."""
    acts = _by(session, POSTING.c.posting_id, POSTING.c.act_id, program_id, act_ids)
    gave: dict[UUID, tuple[UUID, int]] = {}
    for some in _parts(acts):
        rows = session.execute(
            select(ENTRY.c.posting_id, ENTRY.c.wallet_id, ENTRY.c.points).where(
                ENTRY.c.program_id == program_id,
                among(session, ENTRY.c.posting_id, some),
                ENTRY.c.wallet_id.is_not(None),
            )
        )
        for row in rows:
            _, points = gave.get(row.posting_id, (row.wallet_id, 0))
            gave[row.posting_id] = (row.wallet_id, points + row.points)
    owners = _by(
        session,
        WALLET.c.wallet_id,
        WALLET.c.wallet_id,
        program_id,
        {wallet_id for wallet_id, _ in gave.values()},
        told=WALLET.c.member_id,
    )
    return {
        acts[posting_id]: Opened(owners[wallet_id], points)
        for posting_id, (wallet_id, points) in gave.items()
    }


def members_opened(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Say which of some memberships hold, or held, points that were brought from before.

    Points keep the name of the act that gave them, also when two memberships were joined.
    """
    wallets = _by(session, WALLET.c.wallet_id, WALLET.c.member_id, program_id, member_ids)
    lots = _by(session, LOT.c.lot_id, LOT.c.wallet_id, program_id, wallets)
    found: set[UUID] = set()
    for some in _parts(lots):
        brought = select(POSTING.c.posting_id).where(
            POSTING.c.program_id == program_id,
            among(session, POSTING.c.posting_id, some),
            POSTING.c.kind == "open",
        )
        found.update(wallets[lots[lot_id]] for lot_id in session.scalars(brought))
    return frozenset(found)


def _by(
    session: Session,
    key: Column[Any],
    asked: Column[Any],
    program_id: int,
    values: Collection[Any],
    *,
    told: Column[Any] | None = None,
) -> dict[UUID, Any]:
    """Give by its key what `told` says (else `asked`) of the rows where `asked` is one of many.

    One table at a time: of a join, SQLite would read the whole ledger to find some hundred rows.
    """
    found: dict[UUID, Any] = {}
    table = asked.table
    for some in _parts(values):
        rows = session.execute(
            select(key, asked if told is None else told).where(
                table.c.program_id == program_id, among(session, asked, some)
            )
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    told = iter(values)
    while some := list(islice(told, AT_ONCE)):
        yield some
