"""Who looked at a person, and how much of it they saw: every look leaves a line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row, insert_rows
from loyalty.db.writes import table_of
from loyalty.identity.models import PersonLook
from loyalty.kernel.ids import new_id

LOOK: Final = table_of(PersonLook)
LOOKS_SHOWN: Final = 20
# A list that is looked at letter by letter, or again within this time, leaves one line a person.
SAME_LOOK: Final = timedelta(hours=1)

Seen = Literal["whole", "short", "points", "why", "found", "asked", "split"]


@dataclass(frozen=True, slots=True)
class LookFacts:
    """One look: `actor` is "staff:<id>" or "till:<id>", `seen` how much of the person."""

    actor: str
    seen: str
    at: datetime


def _row(
    program_id: int, person_id: str, actor: str, seen: Seen, at: datetime
) -> dict[str, object]:
    return {
        "program_id": program_id,
        "look_id": new_id(at),
        "person_id": person_id,
        "actor": actor,
        "seen": seen,
        "at": at,
    }


def note_look(
    session: Session, program_id: int, person_id: str, *, actor: str, seen: Seen, at: datetime
) -> None:
    """Write down that somebody looks at a person, in the act that shows it to them."""
    insert_row(session, LOOK, _row(program_id, person_id, actor, seen, at))


def note_looks(
    session: Session,
    program_id: int,
    person_ids: Collection[str],
    *,
    actor: str,
    seen: Seen,
    at: datetime,
) -> None:
    """Write down that somebody saw several persons in a list, each once an hour."""
    known = set(
        session.execute(
            select(LOOK.c.person_id).where(
                LOOK.c.program_id == program_id,
                LOOK.c.person_id.in_(person_ids),
                LOOK.c.at > at - SAME_LOOK,
                LOOK.c.actor == actor,
                LOOK.c.seen == seen,
            )
        ).scalars()
    )
    rows = [
        _row(program_id, person_id, actor, seen, at)
        for person_id in dict.fromkeys(person_ids)
        if person_id not in known
    ]
    insert_rows(session, LOOK, rows)


def looks_at(
    session: Session, program_id: int, person_ids: Collection[str], *, limit: int = LOOKS_SHOWN
) -> tuple[LookFacts, ...]:
    """List who looked at a person under any of their ids, newest first."""
    rows = session.execute(
        select(LOOK.c.actor, LOOK.c.seen, LOOK.c.at)
        .where(LOOK.c.program_id == program_id, LOOK.c.person_id.in_(person_ids))
        .order_by(LOOK.c.at.desc(), LOOK.c.look_id.desc())
        .limit(limit)
    )
    return tuple(LookFacts(*row) for row in rows)
