"""Two memberships become one: the wallets of every unit go over, and can come back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.create_wallet import create_wallet
from loyalty.points.gates import take_wallets
from loyalty.points.lots import units_of_lots
from loyalty.points.posting import Act, lock_wallets
from loyalty.points.queries import (
    POINTS,
    entries_of,
    posting_of_act,
    wallet_of_member,
    wallets_of_member,
)
from loyalty.points.transfer import NOTHING_KNOWN, Parts, Transferred, transfer, transfer_back


@dataclass(frozen=True, slots=True)
class Members:
    """Whose wallets are emptied by a join, and whose stay."""

    source: UUID
    target: UUID


@dataclass(frozen=True, slots=True)
class Moved:
    """Points and debt that changed hands."""

    points: int
    debt: int


def moved_before(
    session: Session, program_id: int, act_id: str, *, member_id: UUID
) -> Moved | None:
    """Say what an act moved out of or into a member's points, or none when it never happened.

    Wherever the other side of it is today.
    """
    posting = posting_of_act(session, program_id, act_id)
    if posting is None:
        return None
    wallet_id = wallet_of_member(session, program_id, member_id)
    moved = {"wallet": 0, "debt": 0}
    for entry in entries_of(session, program_id, posting.posting_id):
        if entry.wallet_id is not None and entry.wallet_id == wallet_id:
            moved[entry.account] += entry.points
    return Moved(abs(moved["wallet"]), abs(moved["debt"]))


def transfer_units(
    session: Session, program_id: int, members: Members, *, act: Act, at: datetime
) -> Transferred:
    """Move what each wallet of a member holds or owes to the other member's wallet of its unit.

    The act of points has the act's id, that of stamps the reward's id behind it. Says what
    became of the points. Doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """

    def move(source: UUID, target: UUID, act: Act) -> Transferred:
        return transfer(session, program_id, source=source, target=target, act=act, at=at)

    return _each_unit(session, program_id, members, act, move, at=at)


def transfer_units_back(
    session: Session,
    program_id: int,
    members: Members,
    *,
    act: Act,
    undoes: str,
    at: datetime,
    parts: Parts = NOTHING_KNOWN,
) -> Transferred:
    """Undo the transfers of the act `undoes`, of each unit, as `transfer_back` does.

    Of a unit that it did not move, because the member had none of it then, what was earned
    meanwhile goes back: the lots that `parts` says go. Doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """

    def move(source: UUID, target: UUID, act: Act) -> Transferred:
        moved = posting_of_act(session, program_id, undoes + act.act_id.removeprefix(base.act_id))
        return transfer_back(
            session,
            program_id,
            source=source,
            target=target,
            act=replace(act, reverses=None if moved is None else moved.posting_id),
            at=at,
            parts=parts,
        )

    base = act
    earned = units_of_lots(session, program_id, members.target, parts.go)
    return _each_unit(session, program_id, members, act, move, at=at, more=earned)


def _each_unit(
    session: Session,
    program_id: int,
    members: Members,
    act: Act,
    move: Callable[[UUID, UUID, Act], Transferred],
    *,
    at: datetime,
    more: Collection[str] = (),
) -> Transferred:
    # Both as they were told: whoever joins them has locked the evidence that says who is who.
    both_ends = {"source": members.source, "target": members.target}
    take_wallets(session, program_id, lambda: both_ends, at=at)
    units = wallets_of_member(session, program_id, members.source)
    pairs = [
        (
            unit,
            create_wallet(session, program_id, members.source, at=at, unit=unit),
            create_wallet(session, program_id, members.target, at=at, unit=unit),
        )
        for unit in sorted({POINTS, *units, *more})
    ]
    lock_wallets(session, program_id, [wallet for _, *both in pairs for wallet in both])
    told = None
    for unit, source, target in pairs:
        of_unit = act if unit == POINTS else replace(act, act_id=f"{act.act_id}:{unit}")
        moved = move(source, target, of_unit)
        told = moved if unit == POINTS else told
    assert told is not None, "every membership has points"
    return told
