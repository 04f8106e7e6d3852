"""A till sends what waited in its queue, and tells that it lives."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, cast
from uuid import UUID

from apiflask import APIBlueprint
from flask import request

from app import auth
from app.api.acts import (
    handoff_request,
    offline_ask,
    reassign_report,
    reassignment_out,
    refund_out,
    refund_report,
    sale_out,
    sale_report,
)
from app.api.doors import by_till, store_here
from app.api.hold_wording import hold_out
from app.api.order_wording import handoff_out
from app.metrics import count_sale
from app.problems import make_problem, refusal_of_message
from app.schemas.base import ProblemOut
from app.schemas.handoffs import HandoffOut
from app.schemas.holds import HoldOut
from app.schemas.sales import ReassignmentOut, RefundOut, SaleOut
from app.schemas.sync import (
    EventOut,
    HandoffEventIn,
    ReadableEvent,
    ReassignmentEventIn,
    RedemptionEventIn,
    RefundEventIn,
    SaleEventIn,
    SyncIn,
    SyncOut,
    UnreadableEvent,
)
from app.wiring import services
from loyalty.codes.judge import prejudge
from loyalty.codes.keys import public_ring
from loyalty.codes.verdict import Checked
from loyalty.journeys.hand_off_order import HandoffAnswer, hand_off_order
from loyalty.journeys.reassign_sale import ReassignReceipt, reassign_sale
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.redeem import HeldReward
from loyalty.journeys.redeem_offline import OfflineRedeemed, redeem_offline
from loyalty.journeys.refund_sale import RefundReceipt, refund_sale
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.journeys.take_events import (
    NumberedAct,
    Outcome,
    Receipt,
    Standing,
    Unreadable,
    note_sync,
    standing_of,
    take_events,
)
from loyalty.journeys.tools import Tools
from loyalty.programs.queries import StoreFacts, staff_in_store
from loyalty.programs.queues import QueueKey, QueueReport
from loyalty.wire.refusals import Refusal
from loyalty.wire.trust import TrustKey

bp = APIBlueprint("sync", __name__, url_prefix="/api/v1/sync", tag="Till")

# Fifty long receipts, with room to spare.
SYNC_BYTES_MAX: Final = 1024 * 1024
AROUND_A_BODY: Final = ("sale", "refund", "reassignment", "handoff", "redemption", "body")
Event = ReadableEvent | UnreadableEvent


@bp.before_request
def take_more() -> None:
    """Let a queue's message be longer than others: it holds up to fifty of them."""
    request.max_content_length = SYNC_BYTES_MAX


@bp.post("")
@by_till()
@bp.input(SyncIn)
@bp.output(SyncOut)
def create_sync(json_data: SyncIn) -> SyncOut:
    """Take up to fifty acts of a till's queue, each by itself; none is a sign of life.

    Each act is answered as its direct call would be. What is not `later` is settled: sent
    again, it changes nothing.
    """
    principal, parts, store = auth.till(), services(), store_here()
    queue = QueueKey(principal.program_id, principal.till_id, json_data.queue_id)
    outcomes = _taken(principal, queue, json_data)
    progress = note_sync(
        parts.database,
        queue,
        _report(json_data),
        kept_from=json_data.kept_from,
        outcomes=outcomes,
        tools=parts.tools,
    )
    return SyncOut(
        server_time=parts.tools.clock.now(),
        results=[_event_out(outcome, store) for outcome in outcomes],
        seen_to=progress.seen_to,
        top_seq=progress.top_seq,
        missing=list(progress.missing),
        trust_sequence=progress.trust_sequence,
    )


def _taken(principal: auth.TillPrincipal, queue: QueueKey, message: SyncIn) -> tuple[Outcome, ...]:
    events = cast("Sequence[Event]", message.events)
    if not events:
        return ()
    parts = services()
    before = _before(principal, queue, events, kept_from=message.kept_from)
    acts = [_numbered(event, before, tools=parts.tools) for event in events]
    return take_events(parts.database, queue, acts, before.standing, tools=parts.tools)


def _report(message: SyncIn) -> QueueReport:
    return QueueReport(
        waiting=message.state.waiting,
        oldest_made_at=message.state.oldest_made_at,
        aside=message.state.aside,
        version=message.version,
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What is looked up once for all acts, before any of them is done."""

    principal: auth.TillPrincipal
    standing: Standing
    staff: frozenset[UUID]
    ring: tuple[TrustKey, ...]


def _before(
    principal: auth.TillPrincipal, queue: QueueKey, events: Sequence[Event], *, kept_from: int
) -> _Before:
    named = {one.staff_id for one in events if not isinstance(one, UnreadableEvent)}
    with services().database.reading(queue.program_id) as session:
        return _Before(
            principal=principal,
            standing=standing_of(session, queue, {one.seq for one in events}, kept_from=kept_from),
            staff=staff_in_store(
                session, queue.program_id, principal.store_id, [one for one in named if one]
            ),
            ring=public_ring(session, queue.program_id),
        )


def _numbered(event: Event, before: _Before, *, tools: Tools) -> NumberedAct:
    """Prepare one act; its signature is checked here, while no writer waits for it."""
    if isinstance(event, UnreadableEvent):
        return _unreadable(event)
    staff_id = event.staff_id if event.staff_id in before.staff else None
    till = replace(before.principal, staff_id=staff_id)
    prepared = partial(
        NumberedAct,
        seq=event.seq,
        kind=event.kind,
        request_hash=_hash(event.body.model_dump(mode="json", exclude_defaults=True)),
        staff_id=staff_id,
        made_at=event.made_at,
    )
    match event:
        case SaleEventIn():
            sale = sale_report(till, event.body)
            checked = _checked(sale.code, before)
            return prepared(
                act_id=sale.sale_id,
                sale_id=sale.sale_id,
                depends=False,
                do=partial(record_sale, report=sale, tools=tools, checked=checked, can_wait=True),
            )
        case RefundEventIn():
            refund = refund_report(till, event.sale_id, event.body)
            return prepared(
                act_id=refund.refund_id,
                sale_id=refund.sale_id,
                depends=True,
                do=partial(refund_sale, report=refund, tools=tools),
            )
        case ReassignmentEventIn():
            moved = reassign_report(till, event.sale_id, event.body, made_at=event.made_at)
            checked = _checked(moved.code, before)
            return prepared(
                act_id=moved.reassignment_id,
                sale_id=moved.sale_id,
                depends=True,
                do=partial(reassign_sale, report=moved, tools=tools, checked=checked),
            )
        case HandoffEventIn():
            asked = replace(handoff_request(till, event.body), was_given=True)
            checked = _checked(asked.code, before)
            # Named by the sale it records, which a refund behind it means.
            return prepared(
                act_id=asked.sale_id,
                sale_id=asked.sale_id,
                depends=False,
                do=partial(hand_off_order, request=asked, tools=tools, checked=checked),
            )
        case RedemptionEventIn():
            given = offline_ask(till, event.sale_id, event.body)
            checked = _checked(event.body.code, before)
            return prepared(
                act_id=event.body.hold_id,
                sale_id=event.sale_id,
                depends=False,
                do=partial(redeem_offline, told=given, tools=tools, checked=checked),
            )


def _unreadable(event: UnreadableEvent) -> NumberedAct:
    code, facts = refusal_of_message(event.error, within=AROUND_A_BODY)
    return NumberedAct(
        seq=event.seq,
        kind="unreadable",
        act_id="",
        sale_id=None,
        depends=False,
        request_hash=_hash(event.told),
        staff_id=None,
        made_at=None,
        do=Unreadable(code, facts),
    )


def _checked(code: str | None, before: _Before) -> Checked | None:
    if code is None:
        return None
    return prejudge(code, program_id=before.principal.program_id, ring=before.ring)


def _hash(told: Mapping[str, object]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _event_out(outcome: Outcome, store: StoreFacts) -> EventOut:
    return EventOut(
        seq=outcome.seq,
        result=outcome.result,
        clash=outcome.clash,
        answer=None if outcome.receipt is None else _answer(outcome.receipt, store),
        problem=None if outcome.refusal is None else _problem(outcome.refusal, outcome.facts),
    )


def _answer(
    receipt: Receipt, store: StoreFacts
) -> SaleOut | RefundOut | ReassignmentOut | HandoffOut | HoldOut:
    match receipt:
        case SaleReceipt():
            count_sale(receipt.code_outcome, replayed=receipt.replayed)
            return sale_out(receipt, store)
        case RefundReceipt():
            return refund_out(receipt, store)
        case ReassignReceipt():
            return reassignment_out(receipt, store)
        case HandoffAnswer():
            return handoff_out(receipt, store)
        case OfflineRedeemed(held=HeldReward() as held):
            return hold_out(held, store)
    message = "an act of a till has another receipt"
    raise AssertionError(message)


def _problem(code: Refusal, facts: Mapping[str, object]) -> ProblemOut:
    return ProblemOut.model_validate(make_problem(code, facts).document())
