"""Open the wallet of a membership, or of many."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.bulk import insert_many
from loyalty.db.writes import insert_new
from loyalty.kernel.ids import new_id
from loyalty.points.figures import wallets_of_members
from loyalty.points.models import Balance, Wallet
from loyalty.points.queries import BALANCE, POINTS, WALLET, wallet_of_member


def create_wallet(
    session: Session, program_id: int, member_id: UUID, *, at: datetime, unit: str = POINTS
) -> UUID:
    """Open a member's wallet, once however often it is asked for, and say which it is.

    `unit` is "points", or the id of the reward whose stamps it keeps.
    """
    wallet_id = new_id(at)
    is_new = insert_new(
        session,
        Wallet,
        {
            "program_id": program_id,
            "wallet_id": wallet_id,
            "member_id": member_id,
            "unit": unit,
            "opened_at": at,
        },
    )
    if not is_new:
        opened = wallet_of_member(session, program_id, member_id, unit=unit)
        assert opened is not None, "its key was just taken"
        return opened
    insert_new(
        session,
        Balance,
        {
            "program_id": program_id,
            "wallet_id": wallet_id,
            "posted": 0,
            "held": 0,
            "debt": 0,
            "version": 0,
        },
    )
    return wallet_id


def ensure_wallets(
    session: Session, program_id: int, member_ids: Collection[UUID], *, at: datetime
) -> dict[UUID, UUID]:
    """Give the wallets of some members by member; those that have none yet get one."""
    known = wallets_of_members(session, program_id, member_ids)
    missing = sorted(set(member_ids) - known.keys())
    if not missing:
        return known
    drawn = {member_id: new_id(at) for member_id in missing}
    rows = {"wallet_id": list(drawn.values()), "member_id": missing, "unit": POINTS}
    told = {"program_id": program_id, "opened_at": at}
    insert_many(session, WALLET, {**told, **rows}, unless_known=True)
    known |= wallets_of_members(session, program_id, missing)
    # Whoever got a wallet from somebody else just now has its balance with it.
    ours = [drawn[member_id] for member_id in missing if known[member_id] == drawn[member_id]]
    if ours:
        balance = {"posted": 0, "held": 0, "debt": 0, "version": 0}
        insert_many(session, BALANCE, {"program_id": program_id, "wallet_id": ours, **balance})
    return known
