"""What was opened before: by act, and by wallet; for lists of thousands of rows."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

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
    found: dict[str, Opened] = {}
    for some in _parts(act_ids):
        rows = session.execute(
            select(POSTING.c.act_id, ENTRY.c.points, WALLET.c.member_id)
            .join(
                ENTRY,
                (ENTRY.c.program_id == POSTING.c.program_id)
                & (ENTRY.c.posting_id == POSTING.c.posting_id),
            )
            .join(
                WALLET,
                (WALLET.c.program_id == ENTRY.c.program_id)
                & (WALLET.c.wallet_id == ENTRY.c.wallet_id),
            )
            .where(POSTING.c.program_id == program_id, POSTING.c.act_id.in_(some))
        )
        for row in rows:
            before = found.get(row.act_id)
            points = row.points + (before.points if before else 0)
            found[row.act_id] = Opened(row.member_id, points)
    return found


def members_opened(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Say which of some memberships hold, or held, points that were brought from before.

    Points keep the name of the act that gave them, also when two memberships were joined.
    """
    found: set[UUID] = set()
    for some in _parts(member_ids):
        rows = session.execute(
            select(WALLET.c.member_id)
            .join(
                LOT,
                (LOT.c.program_id == WALLET.c.program_id) & (LOT.c.wallet_id == WALLET.c.wallet_id),
            )
            .join(
                POSTING,
                (POSTING.c.program_id == LOT.c.program_id) & (POSTING.c.posting_id == LOT.c.lot_id),
            )
            .where(
                WALLET.c.program_id == program_id,
                WALLET.c.member_id.in_(some),
                POSTING.c.kind == "open",
            )
        )
        found.update(row.member_id for row in rows)
    return frozenset(found)


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    told = iter(values)
    while some := list(islice(told, AT_ONCE)):
        yield some
