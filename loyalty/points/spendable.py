"""What a wallet can spend at a moment, by the reader's clock; jobs only tidy up afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.points.holds import draws_of_holds, open_holds, overdue_among
from loyalty.points.lots import lots_of
from loyalty.points.queries import BALANCE, OF_WALLET, WALLET, BalanceFacts
from loyalty.points.rules import Draw, LotFacts

_VERSIONS: Final = Prepared(
    select(func.sum(BALANCE.c.version))
    .join(WALLET, OF_WALLET)
    .where(WALLET.c.program_id == bindparam("program"), WALLET.c.member_id == bindparam("member"))
)


@dataclass(frozen=True, slots=True)
class Spendable:
    """What a wallet is at a moment: `free` to spend, `held`, `pending` until later, and owed.

    `expiring_points` of the free ones end at `expiring_at`, the next end there is. `past` are
    over and only wait for what happened before their end and is not told yet.
    """

    free: int
    held: int
    pending: int
    debt: int
    expiring_at: datetime | None
    expiring_points: int
    past: int = 0


def spendable(
    session: Session, program_id: int, wallet: BalanceFacts, *, at: datetime
) -> Spendable:
    """Say what a wallet can spend at a moment.

    It looks into the lots only when some of them begin later or end, and into the holds only
    when some points are held.
    """
    if wallet.posted == 0:
        return Spendable(0, 0, 0, wallet.debt, None, 0)
    holds = open_holds(session, program_id, wallet.wallet_id) if wallet.held else ()
    late = overdue_among(holds, at)
    if not late and wallet.expires_next is None and not wallet.needs_lots(at):
        return Spendable(wallet.points, wallet.held, 0, wallet.debt, None, 0)
    draws = draws_of_holds(session, program_id, [hold.hold_id for hold in late]) if late else {}
    freed = [draw for each in draws.values() for draw in each]
    lots = lots_of(session, program_id, wallet.wallet_id)
    return spendable_of_lots(lots, freed=freed, debt=wallet.debt, at=at)


def told_balance(
    session: Session, program_id: int, wallet: BalanceFacts, *, at: datetime
) -> tuple[int, int]:
    """Say what a receipt tells of a wallet: points to spend now, and points that wait.

    The same as a scan says a moment later; of a wallet where nothing waits, is held or is past,
    nothing more is read.
    """
    if wallet.held == 0 and not wallet.needs_lots(at):
        return wallet.points, 0
    stands = spendable(session, program_id, wallet, at=at)
    return stands.free, stands.pending


def spendable_of_lots(
    lots: Sequence[LotFacts], *, freed: Sequence[Draw], debt: int, at: datetime
) -> Spendable:
    """Work out what lots are worth at a moment; `freed` was held by holds that ran out."""
    loose: dict[object, int] = {}
    for draw in freed:
        loose[draw.lot_id] = loose.get(draw.lot_id, 0) + draw.points
    free = [(lot, lot.free + loose.get(lot.lot_id, 0)) for lot in lots]
    # What runs free pays a debt before anything else.
    all_free = sum(points for _, points in free)
    paid = min(debt, all_free)
    usable = [(lot, points) for lot, points in free if lot.is_usable(at) and points > 0]
    ends = [lot.expires_at for lot, _ in usable if lot.expires_at is not None]
    next_end = min(ends, default=None)
    return Spendable(
        free=max(0, sum(points for _, points in usable) - paid),
        held=sum(lot.remaining for lot in lots) - all_free,
        pending=sum(p for lot, p in free if lot.is_pending(at) and not lot.is_past(at)),
        debt=debt - paid,
        expiring_at=next_end,
        expiring_points=sum(p for lot, p in usable if next_end and lot.expires_at == next_end),
        past=sum(points for lot, points in free if lot.is_past(at)),
    )


def wallets_version(session: Session, program_id: int, member_id: UUID) -> int:
    """Give a number that grows with every act in any of a member's wallets, of every unit."""
    return int(_VERSIONS.scalar(session, program=program_id, member=member_id) or 0)
