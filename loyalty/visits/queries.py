"""Read visits, their events, and notes, as plain values."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from loyalty.visits.models import Note, Visit, VisitEvent


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A web session and where it came from."""

    visit_id: UUID
    store_id: UUID
    started_at: datetime
    last_seen_at: datetime
    channel: str
    source: str
    medium: str
    campaign: str
    landing: str


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Something done in a visit."""

    event_id: UUID
    visit_id: UUID
    kind: str
    detail: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """A note for the shop; `card_id` says whose phone wrote it, if it had a card."""

    note_id: UUID
    store_id: UUID
    card_id: str | None
    text: str
    reply_to: str
    left_at: datetime
    read_at: datetime | None


def visits_by_id(
    session: Session, program_id: int, visit_ids: Collection[UUID]
) -> dict[UUID, VisitFacts]:
    """Read some visits."""
    rows = session.execute(
        select(
            Visit.visit_id,
            Visit.store_id,
            Visit.started_at,
            Visit.last_seen_at,
            Visit.channel,
            Visit.source,
            Visit.medium,
            Visit.campaign,
            Visit.landing,
        ).where(Visit.program_id == program_id, Visit.visit_id.in_(visit_ids))
    )
    return {row.visit_id: VisitFacts(*row) for row in rows}


def visit_by_id(session: Session, program_id: int, visit_id: UUID) -> VisitFacts | None:
    """Read one visit."""
    return visits_by_id(session, program_id, [visit_id]).get(visit_id)


def events_of(
    session: Session, program_id: int, visit_ids: Collection[UUID]
) -> tuple[EventFacts, ...]:
    """List what was done in some visits, oldest first."""
    rows = session.execute(
        select(
            VisitEvent.event_id,
            VisitEvent.visit_id,
            VisitEvent.kind,
            VisitEvent.detail,
            VisitEvent.occurred_at,
        )
        .where(VisitEvent.program_id == program_id, VisitEvent.visit_id.in_(visit_ids))
        .order_by(VisitEvent.occurred_at, VisitEvent.event_id)
    )
    return tuple(EventFacts(*row) for row in rows)


def _notes(program_id: int) -> Select[UUID, UUID, str | None, str, str, datetime, datetime | None]:
    return select(
        Note.note_id,
        Note.store_id,
        Note.card_id,
        Note.text,
        Note.reply_to,
        Note.left_at,
        Note.read_at,
    ).where(Note.program_id == program_id)


def notes_of_cards(
    session: Session, program_id: int, card_ids: Collection[str]
) -> tuple[NoteFacts, ...]:
    """List what was written from some cards' phones, newest first."""
    rows = session.execute(
        _notes(program_id)
        .where(Note.card_id.in_(card_ids))
        .order_by(Note.left_at.desc(), Note.note_id.desc())
    )
    return tuple(NoteFacts(*row) for row in rows)


def notes_of_stores(
    session: Session, program_id: int, store_ids: Collection[UUID], *, limit: int = 100
) -> tuple[NoteFacts, ...]:
    """List what was written to some stores, unread first, then newest first."""
    rows = session.execute(
        _notes(program_id)
        .where(Note.store_id.in_(store_ids))
        .order_by(Note.read_at.is_not(None), Note.left_at.desc(), Note.note_id.desc())
        .limit(limit)
    )
    return tuple(NoteFacts(*row) for row in rows)


def unread_notes(session: Session, program_id: int, store_ids: Collection[UUID]) -> int:
    """Count what waits to be read in some stores."""
    return session.execute(
        select(func.count())
        .select_from(Note)
        .where(
            Note.program_id == program_id,
            Note.store_id.in_(store_ids),
            Note.read_at.is_(None),
        )
    ).scalar_one()


def note_by_id(session: Session, program_id: int, note_id: UUID) -> NoteFacts | None:
    """Find one note."""
    row = session.execute(_notes(program_id).where(Note.note_id == note_id)).one_or_none()
    return None if row is None else NoteFacts(*row)
