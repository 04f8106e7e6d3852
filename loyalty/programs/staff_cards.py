"""Cards of people who work here, so that nobody earns for themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, table_of
from loyalty.programs.models import Staff, StaffCard

STAFF: Final = table_of(Staff)
STAFF_CARD: Final = table_of(StaffCard)

# Who a till names, by address, and whether the card that is shown is marked as theirs.
_AT_TILL: Final = Prepared(
    select(STAFF.c.email, STAFF_CARD.c.card_id)
    .select_from(STAFF)
    .outerjoin(
        STAFF_CARD,
        (STAFF_CARD.c.program_id == STAFF.c.program_id)
        & (STAFF_CARD.c.staff_id == STAFF.c.staff_id)
        & (STAFF_CARD.c.card_id == bindparam("card")),
    )
    .where(STAFF.c.program_id == bindparam("program"), STAFF.c.staff_id == bindparam("staff"))
)


def staff_at_till(
    session: Session, program_id: int, staff_id: UUID, *, card_id: str
) -> tuple[str | None, bool]:
    """Say the address of somebody who works here, and whether a card is marked as theirs."""
    row = _AT_TILL.first(session, program=program_id, staff=staff_id, card=card_id)
    return (None, False) if row is None else (row[0], row[1] is not None)


def mark_staff_card(
    session: Session,
    program_id: int,
    *,
    card_id: str,
    staff_id: UUID,
    marked_by: str,
    at: datetime,
) -> bool:
    """Mark a card as that of somebody who works here; say whether it was not marked before."""
    return insert_new(
        session,
        StaffCard,
        {
            "program_id": program_id,
            "card_id": card_id,
            "staff_id": staff_id,
            "marked_by": marked_by,
            "marked_at": at,
        },
    )


def staff_of_cards(
    session: Session, program_id: int, card_ids: Collection[str]
) -> Mapping[str, UUID]:
    """Say which of these cards are marked, and whose each is: card id -> staff id."""
    rows = session.execute(
        select(STAFF_CARD.c.card_id, STAFF_CARD.c.staff_id).where(
            STAFF_CARD.c.program_id == program_id, STAFF_CARD.c.card_id.in_(card_ids)
        )
    )
    return {row.card_id: row.staff_id for row in rows}


def unmark_staff_card(session: Session, program_id: int, card_id: str) -> None:
    """Let a card be anybody's again."""
    session.execute(
        delete(STAFF_CARD).where(
            STAFF_CARD.c.program_id == program_id, STAFF_CARD.c.card_id == card_id
        )
    )


def change_staff_card(
    session: Session,
    program_id: int,
    card_id: str,
    staff_id: UUID | None,
    *,
    marked_by: str,
    at: datetime,
) -> None:
    """Mark a card as that of one person of the team and nobody else, or as nobody's."""
    unmark_staff_card(session, program_id, card_id)
    if staff_id is not None:
        mark_staff_card(
            session, program_id, card_id=card_id, staff_id=staff_id, marked_by=marked_by, at=at
        )
