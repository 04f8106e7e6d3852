"""The guard in front of everything that spends: a live code serves one act."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.codes.models import CodeUse
from loyalty.db.writes import insert_new, table_of
from loyalty.wire.codes import CodeOutcome

USE: Final = table_of(CodeUse)


def use_live_code(
    session: Session,
    program_id: int,
    card_id: str,
    expires_at: datetime,
    *,
    act_id: str,
    at: datetime,
) -> CodeOutcome:
    """Take a live code for one act; `already_used` when another act has it.

    The same act may ask again (a till sends again what it got no answer to) and still has it.
    """
    key = {"program_id": program_id, "card_id": card_id, "expires_at": expires_at}
    if insert_new(session, CodeUse, {**key, "act_id": act_id, "used_at": at}):
        return CodeOutcome.OK
    holder = session.scalar(
        select(USE.c.act_id).where(*(USE.c[name] == value for name, value in key.items()))
    )
    return CodeOutcome.OK if holder == act_id else CodeOutcome.ALREADY_USED
