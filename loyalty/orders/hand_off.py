"""Giving an order to a person: once, at its store, on a proof that is written down."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.errors import HandoffConflictError, OrderElsewhereError, OrderStateError
from loyalty.orders.models import Handoff
from loyalty.orders.queries import (
    HANDOFF_LINE,
    ORDER,
    HandoffFacts,
    LineFacts,
    OrderFacts,
    handed_lines,
    handoff_by_id,
    let_go_since,
    lines_of,
)
from loyalty.orders.rules import SPOKEN_TRIES, LineState, Move

Proof = Literal["pickup", "live", "delegate", "spoken", "staff"]
SALE_PREFIX: Final = "order:"


@dataclass(frozen=True, slots=True)
class HandoffDraft:
    """A handoff to write down; `handoff_id` was made by the till before sending.

    `lines` are thousandths by line number; None hands over everything that is prepared.
    `is_fact` for what a till gave before anybody could be asked: it is judged by how the order
    stood at `handed_at`.
    """

    handoff_id: UUID
    order_id: UUID
    store_id: UUID
    till_id: UUID | None
    staff_id: UUID | None
    proof: Proof
    handed_at: datetime
    note: str = ""
    lines: Mapping[int, int] | None = None
    is_fact: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """What was given: the change of the order, and how much of each line."""

    handoff: HandoffFacts
    change: Change
    given: dict[int, int]


def handoff_hash(order_id: UUID, store_id: UUID, lines: Mapping[int, int] | None) -> str:
    """Hash what a handoff gives; on what proof and when is not part of it."""
    told = [str(order_id), str(store_id), None if lines is None else sorted(lines.items())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def hand_off(session: Session, program_id: int, draft: HandoffDraft, *, act: Act) -> Handed:
    """Give what is prepared of an order to a person; told again it gives the same answer.

    A fact that arrives late takes back what was let go of since: the parcel is not there.

    Errors: `NotFoundError`; `OrderElsewhereError` at another store; `OrderStateError` when
    nothing, or not so much, is prepared, or the order has ended; `HandoffConflictError`.
    """
    order = locked_order(session, program_id, draft.order_id)
    asked = handoff_hash(draft.order_id, draft.store_id, draft.lines)
    known = handoff_by_id(session, program_id, draft.handoff_id)
    if known is not None:
        if known.request_hash != asked:
            raise HandoffConflictError(handoff_id=str(draft.handoff_id))
        given = handed_lines(session, program_id, draft.handoff_id)
        return Handed(known, unchanged(session, order), given)
    if order.store_id != draft.store_id:
        raise OrderElsewhereError(store_id=str(order.store_id))
    lines = lines_of(session, program_id, draft.order_id)
    there = _there(session, order, lines, draft, at=act.at)
    wanted = _given(there, draft.lines)
    if wanted is None:
        raise OrderStateError(state=order.state.value)
    given = wanted
    handoff = _handoff(draft, request_hash=asked, at=act.at)
    row = {name: getattr(handoff, name) for name in HandoffFacts.__slots__}
    if not insert_new(session, Handoff, {"program_id": program_id, **row, "note": draft.note}):
        raise HandoffConflictError(handoff_id=str(draft.handoff_id))
    session.execute(
        insert(HANDOFF_LINE),
        [
            {
                "program_id": program_id,
                "handoff_id": draft.handoff_id,
                "line": number,
                "quantity_milli": quantity,
            }
            for number, quantity in given.items()
        ],
    )
    moves = [move for line, quantity in given.items() for move in _moves(line, quantity, there)]
    change = write_moves(session, order, moves, act=act, lines=lines)
    return Handed(handoff, change, given)


def use_spoken_try(session: Session, program_id: int, order_id: UUID) -> int | None:
    """Use up one of the five tries of a spoken code; None when none was left."""
    left = session.execute(
        update(ORDER)
        .where(
            ORDER.c.program_id == program_id,
            ORDER.c.order_id == order_id,
            ORDER.c.spoken_tries_left > 0,
        )
        .values(spoken_tries_left=ORDER.c.spoken_tries_left - 1)
        .returning(ORDER.c.spoken_tries_left)
    ).scalar_one_or_none()
    return None if left is None else int(left)


def give_back_spoken_try(session: Session, program_id: int, order_id: UUID) -> None:
    """Forget a try that turned out right."""
    rows_changed(
        session,
        update(ORDER)
        .where(
            ORDER.c.program_id == program_id,
            ORDER.c.order_id == order_id,
            ORDER.c.spoken_tries_left < SPOKEN_TRIES,
        )
        .values(spoken_tries_left=ORDER.c.spoken_tries_left + 1),
    )


# How much of each line lies in the parcel, by the state in which its line has it now.
_There = dict[int, dict[LineState, int]]


def _there(
    session: Session,
    order: OrderFacts,
    lines: Mapping[int, LineFacts],
    draft: HandoffDraft,
    *,
    at: datetime,
) -> _There:
    """Say what can be given: what is prepared, and for a fact what was let go of since then.

    Errors: `OrderStateError` for an order that had ended when it is judged.
    """
    judged_at = min(draft.handed_at, at) if draft.is_fact else at
    there: _There = {
        number: {"prepared": line.quantities.prepared} for number, line in lines.items()
    }
    gone: dict[tuple[int, LineState], int] = {}
    if draft.is_fact and judged_at < order.collect_by:
        gone = let_go_since(session, order.program_id, order.order_id, at=judged_at)
    if not gone:
        refuse_closed(order, at=judged_at)
    for (number, state), quantity in gone.items():
        there[number][state] = quantity
    return there


def _moves(line: int, quantity: int, there: _There) -> Iterator[Move]:
    """Take a quantity from where its line has it, what is still prepared first."""
    left = quantity
    for state, held in there[line].items():
        taken = min(left, held)
        if taken:
            yield Move(line, state, "completed", taken)
        left -= taken
    assert left == 0, "no more is given than is there"


def _given(there: _There, asked: Mapping[int, int] | None) -> dict[int, int] | None:
    """Say how much of each line is given; None when that is nothing, or more than is there."""
    prepared = {number: sum(held.values()) for number, held in there.items()}
    wanted = prepared if asked is None else asked
    given = {number: wanted[number] for number in sorted(wanted) if wanted[number]}
    fits = all(0 < quantity <= prepared.get(number, 0) for number, quantity in given.items())
    return given if given and fits else None


def _handoff(draft: HandoffDraft, *, request_hash: str, at: datetime) -> HandoffFacts:
    return HandoffFacts(
        handoff_id=draft.handoff_id,
        order_id=draft.order_id,
        store_id=draft.store_id,
        till_id=draft.till_id,
        staff_id=draft.staff_id,
        proof=draft.proof,
        sale_id=f"{SALE_PREFIX}{draft.handoff_id}",
        handed_at=draft.handed_at,
        at=at,
        request_hash=request_hash,
    )
