"""The guard in front of everything that spends: a live code serves one act."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from loyalty.codes.models import CodeUse
from loyalty.db.writes import insert_new, rows_changed, table_of
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
    holder = holder_of_code(session, program_id, card_id, expires_at)
    return CodeOutcome.OK if holder == act_id else CodeOutcome.ALREADY_USED


def holder_of_code(
    session: Session, program_id: int, card_id: str, expires_at: datetime
) -> str | None:
    """Say which act has a live code; none when nobody took it."""
    holder: str | None = session.scalar(
        select(USE.c.act_id).where(*_is(program_id, card_id, expires_at))
    )
    return holder


def pass_live_code(
    session: Session,
    program_id: int,
    card_id: str,
    expires_at: datetime,
    *,
    from_act: str,
    to_act: str,
) -> bool:
    """Hand a live code on from an act that came to nothing; false when it has gone on already."""
    statement = (
        update(USE)
        .where(*_is(program_id, card_id, expires_at), USE.c.act_id == from_act)
        .values(act_id=to_act)
    )
    return rows_changed(session, statement) == 1


def give_live_code_back(
    session: Session, program_id: int, card_id: str, expires_at: datetime, *, act_id: str
) -> None:
    """Let a live code serve again, because the act that took it was refused."""
    session.execute(
        delete(USE).where(*_is(program_id, card_id, expires_at), USE.c.act_id == act_id)
    )


def _is(program_id: int, card_id: str, expires_at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        USE.c.program_id == program_id,
        USE.c.card_id == card_id,
        USE.c.expires_at == expires_at,
    )
