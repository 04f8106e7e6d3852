"""Keep what a linked person did, once; and take it back when it is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.kernel.ids import new_id
from loyalty.social.models import Engagement
from loyalty.social.rules import State, gone_holds, there_holds

ENGAGEMENT: Final = table_of(Engagement)


@dataclass(frozen=True, slots=True)
class Told:
    """What a network told of one engagement; `at` none when it gave no time.

    `looked_at` is when we saw it ourselves: then it is so now, whenever it happened.
    """

    connection_id: UUID
    external_id: str
    state: State
    action: str
    target: str
    at: datetime | None
    text: str = ""
    url: str = ""
    looked_at: datetime | None = None

    @property
    def holds_from(self) -> datetime | None:
        """Say from when on it is known to be so."""
        return self.looked_at or self.at


def keep_engagement(
    session: Session, program_id: int, identifier_id: UUID, told: Told, *, received_at: datetime
) -> bool:
    """Keep an engagement of a linked person; say whether anything changed.

    The same again changes nothing, other words replace the old ones, and what was gone before
    it came stays gone.
    """
    occurred_at = told.at or received_at
    is_gone = told.state == "gone"
    row = {
        "program_id": program_id,
        "engagement_id": new_id(received_at),
        "connection_id": told.connection_id,
        "identifier_id": identifier_id,
        "external_id": told.external_id,
        "action": told.action,
        "target": told.target,
        "text": "" if is_gone else told.text,
        "url": told.url,
        "state": told.state,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "gone_at": occurred_at if is_gone else None,
        "is_gone_for_ever": is_gone and told.at is None,
    }
    if insert_new(session, Engagement, row):
        return True
    return _change(session, program_id, identifier_id, told, received_at=received_at)


def _change(
    session: Session, program_id: int, identifier_id: UUID, told: Told, *, received_at: datetime
) -> bool:
    own = (
        ENGAGEMENT.c.program_id == program_id,
        ENGAGEMENT.c.connection_id == told.connection_id,
        ENGAGEMENT.c.external_id == told.external_id,
        ENGAGEMENT.c.identifier_id == identifier_id,
    )
    known = session.execute(select(ENGAGEMENT).where(*own).with_for_update()).one()
    if told.state == "gone":
        if known.state == "gone" or not gone_holds(
            occurred_at=known.occurred_at, gone_at=told.holds_from
        ):
            return False
        changes: dict[str, object] = _gone(told.at or received_at, for_ever=told.at is None)
    else:
        if not there_holds(
            gone_at=known.gone_at,
            is_gone_for_ever=known.is_gone_for_ever,
            occurred_at=told.holds_from,
        ):
            return False
        changes = {
            "action": told.action,
            "target": told.target,
            "text": told.text,
            "url": told.url,
            "state": "there",
            "gone_at": None,
            "is_gone_for_ever": False,
        }
        if known.state == "gone":
            changes["occurred_at"] = told.holds_from or received_at
        if all(getattr(known, name) == value for name, value in changes.items()):
            return False
    return bool(rows_changed(session, update(ENGAGEMENT).where(*own).values(**changes)))


def end_engagements(
    session: Session,
    program_id: int,
    told: Told,
    *,
    received_at: datetime,
    identifier_id: UUID | None = None,
) -> int:
    """Take back what is gone, of one account or whoever did it; say how many.

    Whoever did it: because we looked ourselves, and what is not there is nobody's any more.
    """
    at = told.at or received_at
    own = () if identifier_id is None else (ENGAGEMENT.c.identifier_id == identifier_id,)
    ended = (
        update(ENGAGEMENT)
        .where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.connection_id == told.connection_id,
            ENGAGEMENT.c.external_id == told.external_id,
            ENGAGEMENT.c.state == "there",
            *own,
        )
        # We looked now: a later telling that it is there is a new one.
        .values(**_gone(at, for_ever=False))
    )
    return rows_changed(session, ended)


def _gone(at: datetime, *, for_ever: bool) -> dict[str, object]:
    return {"state": "gone", "gone_at": at, "is_gone_for_ever": for_ever, "text": ""}
