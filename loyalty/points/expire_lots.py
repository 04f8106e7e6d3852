"""Write off what is past; who reads a wallet does not count it anyway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.points.draft import Line
from loyalty.points.gates import take_gates_of
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import Act, content_hash, open_posting, write_lines
from loyalty.points.queries import BALANCE, BalanceFacts
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import Draw, draw_order
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Expired:
    """How many points of how many lots ended, and the last wallet looked at: go on behind it."""

    points: int
    lots: int
    last: UUID | None


def expire_lots(
    session: Session,
    program_id: int,
    *,
    at: datetime,
    limit: int = 100,
    after: UUID | None = None,
) -> Expired:
    """Write off lots whose end and grace are over, in at most `limit` wallets behind `after`.

    The grace is longer than tills are without a line, so what was redeemed before the end still
    finds the points. A lot of which something is held waits until the hold has ended. Doing it
    twice, or by two servers at once, writes off once.
    """
    grace = policy_in_force(session, program_id, at=at).expiry_grace
    wallets = past_wallets(session, program_id, until=at - grace, limit=limit, after=after)
    take_gates_of(session, program_id, wallets)
    points = lots = 0
    for wallet_id in wallets:
        wallet = lock_for_spending(session, program_id, wallet_id, at=at)
        ended = _expire(session, program_id, wallet, grace=grace, at=at)
        points += sum(draw.points for draw in ended)
        lots += len(ended)
    return Expired(points, lots, wallets[-1] if wallets else None)


def past_wallets(
    session: Session,
    program_id: int,
    *,
    until: datetime,
    limit: int = 100,
    after: UUID | None = None,
) -> Sequence[UUID]:
    """List wallets with lots that ended by a moment, in their order, behind `after`."""
    statement = (
        select(BALANCE.c.wallet_id)
        .where(BALANCE.c.program_id == program_id, BALANCE.c.expires_next <= until)
        .order_by(BALANCE.c.wallet_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(BALANCE.c.wallet_id > after)
    return session.scalars(statement).all()


def _expire(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    *,
    grace: timedelta,
    at: datetime,
) -> list[Draw]:
    """Write off the past lots of a locked wallet: one act for each moment at which some ended."""
    past = [
        lot
        for lot in draw_order(draft_of(session, program_id, wallet).lots())
        if lot.expires_at is not None and lot.expires_at + grace <= at and lot.held == 0
    ]
    ended: list[Draw] = []
    for end, lots in groupby(past, key=lambda lot: lot.expires_at):
        assert end is not None
        draws = [Draw(lot.lot_id, lot.remaining) for lot in lots]
        wallet = _write_off(session, program_id, wallet, draws, end=end, at=at)
        ended += draws
    return ended


def _write_off(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    draws: Sequence[Draw],
    *,
    end: datetime,
    at: datetime,
) -> BalanceFacts:
    """Enter the end of some lots as of the moment it came, by both clocks of the ledger."""
    act_id = f"expire:{wallet.wallet_id}:{wallet.version}"
    act = Act(act_id=act_id, occurred_at=end, subject=f"wallet:{wallet.wallet_id}")
    asked = content_hash("expire", wallet.wallet_id, wallet.version)
    opened = open_posting(session, program_id, act, kind="expire", request_hash=asked, at=at)
    assert opened.is_new, "a locked wallet has each version once"
    draft = draft_of(session, program_id, wallet)
    for draw in draws:
        draft.draw(draw)
    lines = [*draft.lines(), Line("expired", sum(draw.points for draw in draws))]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return save_draft(session, program_id, wallet, draft)
