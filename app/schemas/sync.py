"""What a till sends from its queue, and what became of each act of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler
from pydantic import WrapValidator as Wrapped

from app.schemas.base import IdIn, MessageIn, MessageOut, Moment, MomentIn, ProblemOut
from app.schemas.handoffs import HandoffIn, HandoffOut
from app.schemas.holds import HoldOut, RedemptionIn
from app.schemas.sales import (
    ReassignmentIn,
    ReassignmentOut,
    RefundIn,
    RefundOut,
    SaleIn,
    SaleOut,
)
from loyalty.journeys.take_events import EVENTS_MAX
from loyalty.programs.queues import SEQ_MAX

COUNT_MAX: Final = 1_000_000_000


def _if_it_can_be(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Take what is only told beside an act when it makes sense, and nothing when it does not."""
    try:
        return handler(value)
    except ValidationError:
        return None


Seq = Annotated[int, Field(strict=True, ge=1, le=SEQ_MAX)]
Count = Annotated[int, Field(strict=True, ge=0, le=COUNT_MAX)]
BesideMoment = Annotated[MomentIn | None, Wrapped(_if_it_can_be)]
BesideId = Annotated[UUID | None, Wrapped(_if_it_can_be)]


class SaleEventIn(MessageIn):
    """A queued sale; `body` is what `POST /api/v1/sales` takes."""

    seq: Seq
    kind: Literal["sale"]
    made_at: BesideMoment = None
    staff_id: BesideId = None
    sale_id: IdIn | None = None
    body: SaleIn


class RefundEventIn(MessageIn):
    """A queued refund; `body` is what `POST /api/v1/sales/{sale_id}/refunds` takes."""

    seq: Seq
    kind: Literal["refund"]
    made_at: BesideMoment = None
    staff_id: BesideId = None
    sale_id: IdIn
    body: RefundIn


class ReassignmentEventIn(MessageIn):
    """A queued reassignment; `body` is what `POST /api/v1/sales/{sale_id}/reassignments` takes."""

    seq: Seq
    kind: Literal["reassignment"]
    made_at: BesideMoment = None
    staff_id: BesideId = None
    sale_id: IdIn
    body: ReassignmentIn


class HandoffEventIn(MessageIn):
    """A queued handoff; `body` is what `POST /api/v1/handoffs` takes."""

    seq: Seq
    kind: Literal["handoff"]
    made_at: BesideMoment = None
    staff_id: BesideId = None
    sale_id: IdIn | None = None
    body: HandoffIn


class RedemptionEventIn(MessageIn):
    """A queued redemption: a reward that a till gave without a line, within the allowance."""

    seq: Seq
    kind: Literal["redemption"]
    made_at: BesideMoment = None
    staff_id: BesideId = None
    sale_id: IdIn
    body: RedemptionIn


ReadableEvent = (
    SaleEventIn | RefundEventIn | ReassignmentEventIn | HandoffEventIn | RedemptionEventIn
)


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """An event of which nothing but its number could be read, and why."""

    seq: int
    told: Mapping[str, Any]
    error: ValidationError


def _with_a_number(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Let an event that cannot be read stand for itself, as long as it has its number."""
    try:
        return handler(value)
    except ValidationError as error:
        seq = value.get("seq") if isinstance(value, dict) else None
        if type(seq) is not int or not 1 <= seq <= SEQ_MAX:
            raise
        assert isinstance(value, dict)
        return UnreadableEvent(seq, value, error)


EventIn = Annotated[Annotated[ReadableEvent, Field(discriminator="kind")], Wrapped(_with_a_number)]


class QueueStateIn(MessageIn):
    """What waits at the till, and what was set aside there for a person."""

    waiting: Count
    oldest_made_at: BesideMoment = None
    aside: Count = 0


def _printable(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        message = "a version is printable"
        raise ValueError(message)
    return value


class SyncIn(MessageIn):
    """Acts of one queue, or none as a sign of life.

    `kept_from` is the lowest number that the queue still holds: what it has let go after the
    agreed time is not asked for again.
    """

    queue_id: UUID
    version: Annotated[str, Field(max_length=40), BeforeValidator(_printable)] = ""
    state: QueueStateIn
    kept_from: Seq = 1
    events: Annotated[tuple[EventIn, ...], Field(max_length=EVENTS_MAX)] = ()


class EventOut(MessageOut):
    """What became of one act: the answer of the direct call, or its problem.

    `later` may succeed when it is sent again; everything else is settled. `clash`: this number
    came before with another act.
    """

    seq: int
    result: Literal["created", "duplicate", "conflict", "rejected", "later"]
    clash: bool
    answer: SaleOut | RefundOut | ReassignmentOut | HandoffOut | HoldOut | None
    problem: ProblemOut | None


class SyncOut(MessageOut):
    """The results, and how far this service has seen the queue.

    Everything up to `seen_to` is here, and above it, up to `top_seq`, what is not in `missing`
    (the first ten ranges, both ends included).
    """

    server_time: Moment
    results: list[EventOut]
    seen_to: int
    top_seq: int
    missing: list[tuple[int, int]]
    trust_sequence: int
