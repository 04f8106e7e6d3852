"""Why a wallet holds what it holds: each lot, what it paid for, and what is owed; by its lines.

Everything here is added up from the lines of the ledger, so that the sums are the balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.points.queries import ENTRY, LOT, EntryFacts, PostingFacts, postings_by_id
from loyalty.points.rules import LotFacts


@dataclass(frozen=True, slots=True)
class Moved:
    """What one act did to a lot or to the debt; `points` are signed as the wallet sees them."""

    act: PostingFacts
    points: int


@dataclass(frozen=True, slots=True)
class LotStory:
    """One lot: what brought it here, and everything that took from it or gave back, in order.

    Units: points. `came` and the `moves` add up to `remaining`. `earned` is all that the act
    which brought it put into this wallet: what is not in the lot repaid a debt. `source` is the
    act that issued the points, in this wallet or in one that was joined to it.
    """

    lot: LotFacts
    source: PostingFacts
    brought_by: PostingFacts
    earned: int
    came: int
    moves: tuple[Moved, ...]

    @property
    def remaining(self) -> int:
        """What is still in it, by its lines."""
        return self.came + sum(each.points for each in self.moves)


@dataclass(frozen=True, slots=True)
class WalletStory:
    """A wallet by its lines: `posted` are the points in its lots, `debt` what it owes.

    `by_kind` says what each kind of act brought (+) or took (−); it adds up to `posted` less
    `debt`. `debts` are the acts that owed (−) or repaid (+).
    """

    posted: int
    debt: int
    lots: tuple[LotStory, ...]
    debts: tuple[Moved, ...]
    by_kind: Mapping[str, int]


def tell_wallet(
    entries: Sequence[EntryFacts],
    postings: Mapping[UUID, PostingFacts],
    lots: Mapping[UUID, LotFacts],
) -> WalletStory:
    """Tell a wallet's story from its lines, in the order they were recorded."""
    ordered = sorted(
        entries,
        key=lambda e: (postings[e.posting_id].recorded_at, e.posting_id.int, e.line),
    )
    of_lots: dict[UUID, list[EntryFacts]] = {}
    debts: list[Moved] = []
    by_kind: dict[str, int] = {}
    earned: dict[UUID, int] = {}
    for entry in ordered:
        act = postings[entry.posting_id]
        by_kind[act.kind] = by_kind.get(act.kind, 0) + entry.points
        earned[entry.posting_id] = earned.get(entry.posting_id, 0) + entry.points
        if entry.lot_id is None:
            debts.append(Moved(act, entry.points))
        else:
            of_lots.setdefault(entry.lot_id, []).append(entry)
    told = tuple(_lot_story(lots[lot_id], of, postings, earned) for lot_id, of in of_lots.items())
    return WalletStory(
        posted=sum(each.remaining for each in told),
        debt=-sum(each.points for each in debts),
        lots=told,
        debts=tuple(debts),
        by_kind=by_kind,
    )


def _lot_story(
    lot: LotFacts,
    entries: Sequence[EntryFacts],
    postings: Mapping[UUID, PostingFacts],
    earned: Mapping[UUID, int],
) -> LotStory:
    own = [each for each in entries if each.posting_id == lot.lot_id]
    first = (own or [each for each in entries if each.points > 0])[0]
    brought_by = postings[first.posting_id]
    return LotStory(
        lot=lot,
        source=postings.get(lot.lot_id, brought_by),
        brought_by=brought_by,
        earned=earned[first.posting_id] if first.posting_id == lot.lot_id else first.points,
        came=first.points,
        moves=tuple(
            Moved(postings[each.posting_id], each.points) for each in entries if each is not first
        ),
    )


def wallet_story(session: Session, program_id: int, wallet_id: UUID) -> WalletStory:
    """Read a wallet's lines and tell its story."""
    entries = _entries(session, program_id, wallet_id)
    lots = _lots(session, program_id, wallet_id)
    acts = {each.posting_id for each in entries} | lots.keys()
    return tell_wallet(entries, postings_by_id(session, program_id, acts), lots)


def _entries(session: Session, program_id: int, wallet_id: UUID) -> tuple[EntryFacts, ...]:
    rows = session.execute(
        select(
            ENTRY.c.posting_id,
            ENTRY.c.line,
            ENTRY.c.account,
            ENTRY.c.wallet_id,
            ENTRY.c.store_id,
            ENTRY.c.lot_id,
            ENTRY.c.points,
        ).where(ENTRY.c.program_id == program_id, ENTRY.c.wallet_id == wallet_id)
    )
    return tuple(EntryFacts(*row) for row in rows)


def _lots(session: Session, program_id: int, wallet_id: UUID) -> dict[UUID, LotFacts]:
    rows = session.execute(
        select(
            LOT.c.lot_id,
            LOT.c.earned_at,
            LOT.c.expires_at,
            LOT.c.remaining,
            LOT.c.held,
            LOT.c.available_at,
        ).where(LOT.c.program_id == program_id, LOT.c.wallet_id == wallet_id)
    )
    return {row.lot_id: LotFacts(*row) for row in rows}
