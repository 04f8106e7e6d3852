"""A till sends what waited in its queue: each act is taken once, by itself, in the queue's order.

What became of an act is kept beside it under its number, in the same transaction. What was
refused for ever stays refused: sent again a month later it is answered as it was, whatever has
happened since.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.trust import trust_sequence
from loyalty.db.session import Database
from loyalty.journeys.hand_off_order import HandoffAnswer
from loyalty.journeys.reassign_sale import CodeRefused
from loyalty.journeys.redeem_offline import OfflineRedeemed
from loyalty.journeys.scan_card import LETTER_WINDOW
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, StorageUnavailableError
from loyalty.programs.queues import (
    EventRow,
    Progress,
    QueueKey,
    QueueReport,
    Range,
    event_at,
    hold_queue,
    is_news,
    keep_event,
    note_contact,
    progress_of,
    seqs_here,
)
from loyalty.wire.refusals import Refusal

log = logging.getLogger("enlaza.sync")

Result = Literal["created", "duplicate", "conflict", "rejected", "later"]
EVENTS_MAX: Final = 50
# A disk that refused twice in a row will refuse the rest too; each further try would cost time.
STORAGE_REFUSALS_MAX: Final = 2
# The same id with other content; `reassignment_conflict` has other reasons besides.
_CONFLICTS: Final = frozenset(
    {
        Refusal.SALE_CONFLICT,
        Refusal.REFUND_CONFLICT,
        Refusal.HANDOFF_CONFLICT,
        Refusal.HOLD_CONFLICT,
    }
)


class Receipt(Protocol):
    """What every act is answered with."""

    @property
    def replayed(self) -> bool:
        """Say whether the act was done before."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why an act could not even be read."""

    code: Refusal
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NumberedAct:
    """One act of a queue, ready to be done.

    `do` does it inside a unit of work. An act that `depends` means a sale, `sale_id`, that
    another act has made.
    """

    seq: int
    kind: str
    act_id: str
    sale_id: str | None
    depends: bool
    request_hash: str
    staff_id: UUID | None
    made_at: datetime | None
    do: Callable[[Session], Receipt | CodeRefused] | Unreadable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: its receipt, or why not; `later` may succeed when sent again.

    `clash` says that its number came before with another act: the queue was copied.
    """

    seq: int
    result: Result
    clash: bool = False
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a queue when some of its acts arrive.

    `known` are those of them that were here before, `first_gap` the first number that is
    neither here nor among them.
    """

    known: frozenset[int]
    first_gap: int


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a queue has come, as its till is told; `trust_sequence` says whether keys changed."""

    seen_to: int
    top_seq: int
    missing: tuple[Range, ...]
    trust_sequence: int


def standing_of(
    session: Session, queue: QueueKey, seqs: Collection[int], *, kept_from: int
) -> Standing:
    """Look at a queue before its acts are taken."""
    here = progress_of(session, queue, kept_from=kept_from, ranges_max=len(seqs) + 1)
    return Standing(
        known=seqs_here(session, queue, seqs), first_gap=_first_gap(here, frozenset(seqs))
    )


def take_events(
    database: Database,
    queue: QueueKey,
    acts: Sequence[NumberedAct],
    standing: Standing,
    *,
    tools: Tools,
) -> tuple[Outcome, ...]:
    """Take acts of a queue by their numbers, each in a unit of work of its own.

    None spoils another. Only what means a sale waits: for an earlier act of that sale which
    could not be taken yet, and for acts before it that have not arrived.
    """
    outcomes: list[Outcome] = []
    waiting_sales: set[str | None] = set()
    storage_refusals = 0
    for act in sorted(acts, key=lambda each: each.seq):
        has_gap = standing.first_gap < act.seq and act.seq not in standing.known
        if act.depends and (has_gap or act.sale_id in waiting_sales):
            outcome = Outcome(act.seq, "later")
        elif storage_refusals >= STORAGE_REFUSALS_MAX:
            outcome = Outcome(act.seq, "later", refusal=Refusal.STORAGE_UNAVAILABLE)
        else:
            outcome = _take_safely(database, queue, act, tools=tools)
            is_storage = outcome.refusal is Refusal.STORAGE_UNAVAILABLE
            storage_refusals = storage_refusals + 1 if is_storage else 0
        if outcome.result == "later":
            waiting_sales.add(act.sale_id)
        outcomes.append(outcome)
    return tuple(outcomes)


def note_sync(
    database: Database,
    queue: QueueKey,
    report: QueueReport,
    *,
    kept_from: int,
    outcomes: Sequence[Outcome],
    tools: Tools,
) -> SyncProgress:
    """Say how far a queue has come, and note what its till said, unless that is no news.

    A database that cannot write answers a sign of life all the same.
    """
    now = tools.clock.now()
    clashes = sum(outcome.clash for outcome in outcomes)
    with database.reading(queue.program_id) as session:
        here = progress_of(session, queue, kept_from=kept_from)
        sequence = trust_sequence(session, queue.program_id)
        has_news = clashes > 0 or is_news(session, queue, report, here, at=now)
    if has_news:
        with suppress(StorageUnavailableError), database.unit_of_work(queue.program_id) as session:
            note_contact(session, queue, report, here, clashes=clashes, at=now)
    return SyncProgress(here.seen_to, here.top_seq, here.missing, sequence)


def _take_safely(database: Database, queue: QueueKey, act: NumberedAct, *, tools: Tools) -> Outcome:
    """Take one act; a bug of ours that it runs into must not hold the others up."""
    try:
        outcome = take_event(database, queue, act, tools=tools)
    except LoyaltyError as refused:
        return Outcome(act.seq, "later", refusal=refused.code, facts=refused.facts)
    except Exception:
        log.exception("an act of a till could not be taken: %s", act.kind)
        return Outcome(act.seq, "later", refusal=Refusal.INTERNAL_ERROR)
    if outcome.clash:
        log.warning("number %s of queue %s came with another act", act.seq, queue.queue_id)
    return outcome


def take_event(database: Database, queue: QueueKey, act: NumberedAct, *, tools: Tools) -> Outcome:
    """Take one act of a queue and keep what became of it under its number, once.

    Raises what may succeed later (`retryable`), `StorageUnavailableError` above all.
    """
    for _ in range(2):
        try:
            with database.unit_of_work(queue.program_id) as session:
                return _take(session, queue, act, at=tools.clock.now())
        except LoyaltyError as error:
            if error.retryable:
                raise
            refused = _refused(act, error.code, error.facts)
        with database.unit_of_work(queue.program_id) as session:
            kept = _keep_refusal(session, queue, act, refused, at=tools.clock.now())
        if kept is not None:
            return kept
        # Another request did the same act in between; now it is a repetition.
    return refused


def _take(session: Session, queue: QueueKey, act: NumberedAct, *, at: datetime) -> Outcome:
    hold_queue(session, queue)
    before = event_at(session, queue, act.seq)
    clash = before is not None and _is_other(before, act)
    if before is not None and before.refusal and before.request_hash == act.request_hash:
        return _refused_again(before)
    outcome = replace(_done(session, act), clash=clash)
    if outcome.result == "later":
        return outcome
    if before is None:
        keep_event(session, queue, _row(act, outcome), at=at)
    return outcome


def _done(session: Session, act: NumberedAct) -> Outcome:
    if isinstance(act.do, Unreadable):
        return _refused(act, act.do.code, act.do.facts)
    receipt = act.do(session)
    if isinstance(receipt, HandoffAnswer | OfflineRedeemed) and receipt.refused is not None:
        # A guess stays counted, an answer kept: together with this refusal.
        return _refused(act, receipt.refused.code, receipt.refused.facts)
    if not isinstance(receipt, CodeRefused):
        result: Result = "duplicate" if receipt.replayed else "created"
        return Outcome(act.seq, result, receipt=receipt)
    if not receipt.tried_out:
        return _refused(act, Refusal.CODE_REFUSED, {"outcome": str(receipt.outcome)})
    wait_s = int(LETTER_WINDOW.total_seconds())
    return Outcome(
        act.seq, "later", refusal=Refusal.TOO_MANY_TRIES, facts={"retry_after_s": wait_s}
    )


def _keep_refusal(
    session: Session, queue: QueueKey, act: NumberedAct, refused: Outcome, *, at: datetime
) -> Outcome | None:
    """Keep a refusal under its number; none when the act itself is kept there by now."""
    hold_queue(session, queue)
    before = event_at(session, queue, act.seq)
    if before is None:
        keep_event(session, queue, _row(act, refused), at=at)
        return refused
    if before.refusal is None and before.request_hash == act.request_hash:
        return None
    return replace(refused, clash=_is_other(before, act))


def _is_other(before: EventRow, act: NumberedAct) -> bool:
    """Say whether a number came with another act before; of what nobody could read, never."""
    if "unreadable" in (before.kind, act.kind):
        return False
    return (before.kind, before.act_id) != (act.kind, act.act_id)


def _refused(act: NumberedAct, code: Refusal, facts: Mapping[str, Any]) -> Outcome:
    is_other_content = code in _CONFLICTS or (
        code is Refusal.REASSIGNMENT_CONFLICT and "reassignment_id" in facts
    )
    result: Result = "conflict" if is_other_content else "rejected"
    return Outcome(act.seq, result, refusal=code, facts=facts)


def _refused_again(before: EventRow) -> Outcome:
    assert before.refusal is not None, "only a refusal is repeated"
    return Outcome(
        before.seq,
        "conflict" if before.result == "conflict" else "rejected",
        refusal=Refusal(before.refusal),
        facts=before.facts,
    )


def _row(act: NumberedAct, outcome: Outcome) -> EventRow:
    return EventRow(
        seq=act.seq,
        kind=act.kind,
        act_id=act.act_id,
        result=outcome.result,
        request_hash=act.request_hash,
        refusal=None if outcome.refusal is None else str(outcome.refusal),
        facts=outcome.facts,
        staff_id=act.staff_id,
        made_at=act.made_at,
    )


def _first_gap(here: Progress, arriving: frozenset[int]) -> int:
    """Find the first number that is neither here nor arriving."""
    ranges = [*here.missing, (here.top_seq + 1, here.top_seq + len(arriving) + 1)]
    return next(
        seq for start, end in ranges for seq in range(start, end + 1) if seq not in arriving
    )
