"""Two memberships become one while points are held: the holds go over, and go on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import LotBirth, WalletDraft
from loyalty.points.hold import HoldAsk, Purpose, keep_hold
from loyalty.points.holds import HoldFacts, draws_of_holds, hold_by_id, open_holds
from loyalty.points.release import end_hold
from loyalty.points.rules import Draw

_MOVED: Final = "moved"
_PURPOSES: Final[dict[str, Purpose]] = {"till": "till", "order": "order", "offline": "offline"}


@dataclass(frozen=True, slots=True)
class MovedHold:
    """A hold that goes over to another wallet, with what it reserves."""

    hold: HoldFacts
    draws: tuple[Draw, ...]


def holds_to_move(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    opened_in: Collection[UUID] | None = None,
) -> tuple[MovedHold, ...]:
    """List the open holds of a locked wallet; of an undoing, those that some wallets opened.

    However many joins brought them here: a hold's first id tells where it was opened.
    """
    holds = open_holds(session, program_id, wallet_id)
    if opened_in is not None:
        holds = tuple(hold for hold in holds if _opened_in(session, program_id, hold) in opened_in)
    draws = draws_of_holds(session, program_id, [hold.hold_id for hold in holds])
    return tuple(MovedHold(hold, draws[hold.hold_id]) for hold in holds)


def move_points_held(moved: Sequence[MovedHold], giver: WalletDraft, taker: WalletDraft) -> None:
    """Move what is held between two drafts; it pays no debt on the way and stays held."""
    lots = {lot.lot_id: lot for lot in giver.lots()}
    for each in moved:
        for draw in each.draws:
            lot = lots[draw.lot_id]
            giver.release(draw)
            giver.draw(draw)
            birth = LotBirth(lot.lot_id, lot.earned_at, lot.expires_at, lot.available_at)
            taker.put(draw.points, birth)
            taker.reserve(draw)


def move_holds(
    session: Session,
    program_id: int,
    moved: Sequence[MovedHold],
    *,
    target: UUID,
    posting_id: UUID,
    at: datetime,
) -> None:
    """End holds where they were and go on with them in another wallet, under ids of our own.

    The caller's id still finds them: the end of the old hold names the new one.
    """
    for each in moved:
        hold = each.hold
        new_id = f"{_MOVED}:{posting_id}:{_first_id(hold.hold_id)}"
        end_hold(session, program_id, hold, outcome="moved", points=0, act_id=new_id, at=at)
        ask = HoldAsk(
            hold_id=new_id,
            points=hold.points,
            purpose=_PURPOSES[hold.purpose],
            subject=hold.subject,
            proof=hold.proof,
            ends_at=hold.ends_at,
            reward_id=hold.reward_id,
            store_id=hold.store_id,
            till_id=hold.till_id,
            staff_id=hold.staff_id,
        )
        keep_hold(
            session,
            program_id,
            target,
            ask,
            each.draws,
            request_hash=hold.request_hash,
            at=at,
        )


def _opened_in(session: Session, program_id: int, hold: HoldFacts) -> UUID:
    first_id = _first_id(hold.hold_id)
    first = hold if first_id == hold.hold_id else hold_by_id(session, program_id, first_id)
    assert first is not None, "a hold that moved was opened under the caller's id"
    return first.wallet_id


def _first_id(hold_id: str) -> str:
    """Say which id the caller gave to a hold that moved before."""
    return hold_id.split(":", 2)[2] if hold_id.startswith(f"{_MOVED}:") else hold_id
