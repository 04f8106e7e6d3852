"""Open the wallet of a membership."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new
from loyalty.kernel.ids import new_id
from loyalty.points.models import Balance, Wallet
from loyalty.points.queries import POINTS, wallet_of_member


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
