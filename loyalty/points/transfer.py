"""Two memberships become one: what one wallet holds or owes goes over, and can come back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import LotBirth, WalletDraft
from loyalty.points.lots import births_of
from loyalty.points.move_holds import MovedHold, holds_to_move, move_holds, move_points_held
from loyalty.points.posting import (
    Act,
    Kind,
    content_hash,
    lock_wallets,
    open_posting,
    write_lines,
)
from loyalty.points.queries import BalanceFacts, EntryFacts, entries_of
from loyalty.points.release import draft_of, lapse_overdue
from loyalty.points.rules import Draw, LotFacts, draw_order
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Parts:
    """What belongs to whom of two that were joined: lots that go, lots that stay, and holds.

    `wallets` are those of the memberships that go: a hold that was opened there goes with them.
    """

    go: Collection[UUID] = ()
    stay: Collection[UUID] = ()
    wallets: Collection[UUID] = ()

    def share(self, lot: LotFacts, *, came: int) -> int:
        """Say how much of a lot goes back, when so much of it `came` by the transfer."""
        if lot.lot_id in self.go:
            return lot.free
        return 0 if lot.lot_id in self.stay else min(came, lot.free)


NOTHING_KNOWN: Final = Parts()


@dataclass(frozen=True, slots=True)
class Transferred:
    """What changed hands: points and debt, and what both wallets hold after it.

    `source` is the wallet that was emptied at the join, `target` the one that stays.
    """

    points: int
    debt: int
    source: BalanceFacts
    target: BalanceFacts
    posting_id: UUID
    replayed: bool


def transfer(
    session: Session, program_id: int, *, source: UUID, target: UUID, act: Act, at: datetime
) -> Transferred:
    """Move everything that is free in `source` to `target`, and what it owes with it.

    Lots keep their name, age and end. A debt on either side is paid with the points of the
    other, as if all had been earned in one wallet. What is held goes over as it is, and its
    holds with it. Doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """

    def move(source_draft: WalletDraft, target_draft: WalletDraft, posting_id: UUID) -> None:
        for lot in draw_order(source_draft.lots()):
            if lot.free > 0:
                _hand_over(lot, source_draft, target_draft, points=lot.free)
        target_draft.take(source_draft.clear_debt())
        held = holds_to_move(session, program_id, source)
        move_points_held(held, source_draft, target_draft)
        move_holds(session, program_id, held, target=target, posting_id=posting_id, at=at)

    return _post(session, program_id, _Pair(source, target), act, "transfer", move, at=at)


def transfer_back(
    session: Session,
    program_id: int,
    *,
    source: UUID,
    target: UUID,
    act: Act,
    at: datetime,
    parts: Parts = NOTHING_KNOWN,
) -> Transferred:
    """Undo the transfer `act.reverses`: what came from `source` goes back out of `target`.

    `target` is where it is now: the wallet it went to, or one that this was joined to since.
    `parts` says what belongs to which of both; where it says nothing of a lot, as much goes
    back as came by the transfer. What the points had repaid is owed again, and a debt that
    went over returns. Points that were used together in between stay used: of each lot, what
    is still there goes back. Holds that went over go back as they are; what was held since
    stays held where it is.
    Doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """
    reverses = act.reverses
    entries = () if reverses is None else entries_of(session, program_id, reverses)
    moved = _moved(entries, source)
    kept = _kept(entries, source)
    owed = sum(e.points for e in entries if e.account == "debt" and e.wallet_id == source)
    births = births_of(session, program_id, source, tuple(moved))

    def move(source_draft: WalletDraft, target_draft: WalletDraft, posting_id: UUID) -> None:
        held = holds_to_move(session, program_id, target, opened_in={source, *parts.wallets})
        move_points_held(held, target_draft, source_draft)
        move_holds(session, program_id, held, target=source, posting_id=posting_id, at=at)
        reserved = _reserved(held)
        for lot in target_draft.lots():
            came = max(0, kept.get(lot.lot_id, 0) - reserved.get(lot.lot_id, 0))
            points = parts.share(lot, came=came)
            if points > 0:
                _hand_over(lot, target_draft, source_draft, points=points)
        for lot_id, points in moved.items():
            repaid = points - max(kept.get(lot_id, 0), reserved.get(lot_id, 0))
            target_draft.take(repaid)
            source_draft.give(repaid, births[lot_id])
        source_draft.take(owed)
        target_draft.give(owed, LotBirth(posting_id, earned_at=at))

    return _post(session, program_id, _Pair(source, target), act, "transfer_back", move, at=at)


def _hand_over(lot: LotFacts, giver: WalletDraft, taker: WalletDraft, *, points: int) -> None:
    """Move free points of a lot; it keeps its name, age and end."""
    giver.draw(Draw(lot.lot_id, points))
    birth = LotBirth(lot.lot_id, lot.earned_at, lot.expires_at, lot.available_at)
    taker.give(points, birth)


@dataclass(frozen=True, slots=True)
class _Pair:
    source: UUID
    target: UUID


_Move = Callable[[WalletDraft, WalletDraft, UUID], None]


def _post(
    session: Session,
    program_id: int,
    pair: _Pair,
    act: Act,
    kind: Kind,
    move: _Move,
    *,
    at: datetime,
) -> Transferred:
    """Enter one act over two wallets: lock both, let `move` work it out, write the result."""
    assert pair.source != pair.target, "a wallet does not move into itself"
    asked = content_hash(kind, pair.source, pair.target, act.subject, act.reverses)
    opened = open_posting(session, program_id, act, kind=kind, request_hash=asked, at=at)
    held = lock_wallets(session, program_id, [pair.source, pair.target])
    source, target = held[pair.source], held[pair.target]
    if opened.is_new:
        source = lapse_overdue(session, program_id, source, at=at)
        target = lapse_overdue(session, program_id, target, at=at)
        source_draft = draft_of(session, program_id, source)
        target_draft = draft_of(session, program_id, target)
        move(source_draft, target_draft, opened.posting_id)
        lines = [*source_draft.lines(), *target_draft.lines()]
        write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
        source = save_draft(session, program_id, source, source_draft)
        target = save_draft(session, program_id, target, target_draft)
    entries = entries_of(session, program_id, opened.posting_id)
    return Transferred(
        points=abs(_sum(entries, "wallet", pair.source)),
        debt=abs(_sum(entries, "debt", pair.source)),
        source=source,
        target=target,
        posting_id=opened.posting_id,
        replayed=not opened.is_new,
    )


def _reserved(held: Sequence[MovedHold]) -> dict[UUID, int]:
    """Say how much of each lot some holds reserve."""
    reserved: dict[UUID, int] = {}
    for each in held:
        for draw in each.draws:
            reserved[draw.lot_id] = reserved.get(draw.lot_id, 0) + draw.points
    return reserved


def _kept(entries: Sequence[EntryFacts], source: UUID) -> dict[UUID, int]:
    """Say how much of each lot came to the other wallet of a transfer and paid no debt there."""
    return {
        entry.lot_id: entry.points
        for entry in entries
        if entry.wallet_id not in {None, source} and entry.lot_id is not None and entry.points > 0
    }


def _moved(entries: Sequence[EntryFacts], source: UUID) -> dict[UUID, int]:
    """Say how much of each lot left the wallet that a transfer emptied."""
    return {
        entry.lot_id: -entry.points
        for entry in entries
        if entry.wallet_id == source and entry.lot_id is not None and entry.points < 0
    }


def _sum(entries: Sequence[EntryFacts], account: str, wallet_id: UUID) -> int:
    return sum(e.points for e in entries if e.account == account and e.wallet_id == wallet_id)
