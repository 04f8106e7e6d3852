"""Open a web session, keep it open, write down what happens in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.kernel.ids import new_id
from loyalty.visits.models import Visit, VisitEvent
from loyalty.visits.rules import Channel, landing_path, shortened

# A pause this long ends a visit; what comes after is another one.
VISIT_PAUSE: Final = timedelta(minutes=30)
DETAIL_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class VisitDraft:
    """A web session as it begins."""

    store_id: UUID
    channel: Channel
    landing: str


def open_visit(session: Session, program_id: int, draft: VisitDraft, *, at: datetime) -> UUID:
    """Begin a visit; it is nobody's until consent and a scan link it."""
    visit_id = new_id(at)
    session.execute(
        insert(Visit).values(
            program_id=program_id,
            visit_id=visit_id,
            store_id=draft.store_id,
            started_at=at,
            last_seen_at=at,
            channel=draft.channel.channel,
            source=draft.channel.source,
            medium=draft.channel.medium,
            campaign=draft.channel.campaign,
            landing=landing_path(draft.landing),
        )
    )
    return visit_id


def continue_visit(session: Session, program_id: int, visit_id: UUID, *, at: datetime) -> bool:
    """Keep a visit open; say whether it still was, less than half an hour after its last page."""
    seen = (
        update(Visit)
        .where(
            Visit.program_id == program_id,
            Visit.visit_id == visit_id,
            Visit.last_seen_at > at - VISIT_PAUSE,
        )
        .values(last_seen_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, seen))


@dataclass(frozen=True, slots=True)
class EventDraft:
    """Something done in a visit; `event_id` is made by whoever reports it, so it counts once."""

    visit_id: UUID
    kind: str
    detail: str
    occurred_at: datetime
    event_id: UUID | None = None


def record_event(session: Session, program_id: int, draft: EventDraft, *, at: datetime) -> bool:
    """Write down what happened in a visit; say whether it is new."""
    return insert_new(
        session,
        VisitEvent,
        {
            "program_id": program_id,
            "event_id": draft.event_id or new_id(at),
            "visit_id": draft.visit_id,
            "kind": shortened(draft.kind),
            "detail": shortened(draft.detail, most=DETAIL_LENGTH_MAX),
            "occurred_at": draft.occurred_at,
            "recorded_at": at,
        },
    )
