"""The way of an order, per line and quantity: which moves there are, and what follows; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

LINES_MAX: Final = 100
NAME_LENGTH_MAX: Final = 80
TEXT_LENGTH_MAX: Final = 500
SPOKEN_TRIES: Final = 5
MILLI: Final = 1000
_NUMBERS: Final = 10_000

LineState = Literal["proposed", "reserved", "prepared", "completed", "canceled", "failed"]
STATES: Final[tuple[LineState, ...]] = (
    "proposed",
    "reserved",
    "prepared",
    "completed",
    "canceled",
    "failed",
)
# What an order still holds of slot and stock.
OPEN_STATES: Final[tuple[LineState, ...]] = ("proposed", "reserved", "prepared")

# The whole way of a quantity. Nothing leaves completed; canceled and failed only for a parcel that
# was given before, by a till that could not tell.
MOVES: Final[frozenset[tuple[LineState, LineState]]] = frozenset(
    {
        ("proposed", "reserved"),  # the store accepts
        ("proposed", "canceled"),
        ("reserved", "prepared"),  # picked from the shelf
        ("reserved", "canceled"),  # also the part that could not be picked
        ("reserved", "failed"),
        ("prepared", "completed"),  # handed over
        ("prepared", "canceled"),
        ("prepared", "failed"),  # nobody came
        ("prepared", "reserved"),  # picked by mistake
        ("failed", "completed"),  # given in time, told late
        ("canceled", "completed"),
    }
)

# What an order has given back to the shelf.
LET_GO: Final[tuple[LineState, ...]] = ("canceled", "failed")


class OrderState(StrEnum):
    """How an order stands, as people say it."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    READY = "ready"
    DONE = "done"
    CANCELED = "canceled"
    MISSED = "missed"


OPEN: Final = frozenset({OrderState.PLACED, OrderState.ACCEPTED, OrderState.READY})
# An order that was handed over has used its place; one that was let go has not.
HOLDS_SLOT: Final = OPEN | {OrderState.DONE}


@dataclass(frozen=True, slots=True)
class Quantities:
    """How much of a line is in each state, in thousandths of its unit."""

    proposed: int = 0
    reserved: int = 0
    prepared: int = 0
    completed: int = 0
    canceled: int = 0
    failed: int = 0

    def of(self, state: LineState) -> int:
        """Say how much is in one state."""
        return int(getattr(self, state))

    @property
    def total(self) -> int:
        """What was ordered: moves keep it."""
        return sum(self.of(state) for state in STATES)

    @property
    def held(self) -> int:
        """What the order still wants: neither handed over nor let go."""
        return sum(self.of(state) for state in OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Move:
    """A quantity of one line that goes from one state to another."""

    line: int
    from_state: LineState
    to_state: LineState
    quantity_milli: int


def moved(quantities: Quantities, move: Move) -> Quantities:
    """Let a quantity go from one state to another."""
    assert (move.from_state, move.to_state) in MOVES, "there is no such move"
    assert 0 < move.quantity_milli <= quantities.of(move.from_state), "only what is there moves"
    changed = {
        move.from_state: quantities.of(move.from_state) - move.quantity_milli,
        move.to_state: quantities.of(move.to_state) + move.quantity_milli,
    }
    return replace(quantities, **changed)


def moves_to(
    lines: Mapping[int, Quantities], to_state: LineState, *, of: tuple[LineState, ...]
) -> tuple[Move, ...]:
    """List the moves that bring everything in some states to another one."""
    return tuple(
        Move(line, state, to_state, quantities.of(state))
        for line, quantities in sorted(lines.items())
        for state in STATES
        if state in of and quantities.of(state) and (state, to_state) in MOVES
    )


def pick_moves(
    line: int, quantities: Quantities, *, picked_milli: int, is_all: bool
) -> tuple[Move, ...] | None:
    """List the moves after which so much of a line is picked; None when there is not so much.

    Said as what lies in the bag now, so that two people who say the same change it once. With
    `is_all` the rest could not be found and is canceled.
    """
    there = quantities.reserved + quantities.prepared
    if not 0 <= picked_milli <= there:
        return None
    moves: list[Move] = []
    more = picked_milli - quantities.prepared
    if more > 0:
        moves.append(Move(line, "reserved", "prepared", more))
    elif more < 0:
        moves.append(Move(line, "prepared", "reserved", -more))
    rest = there - picked_milli
    if is_all and rest:
        moves.append(Move(line, "reserved", "canceled", rest))
    return tuple(moves)


def order_state(lines: Collection[Quantities], *, is_told_ready: bool) -> OrderState:
    """Derive how an order stands from its lines.

    Everything picked is not ready yet: somebody says so. What was handed over, even in part,
    makes a closed order done; else a no-show comes before what was canceled.
    """
    assert lines, "an order has lines"
    if any(each.proposed for each in lines):
        return OrderState.PLACED
    if any(each.reserved for each in lines):
        return OrderState.ACCEPTED
    if any(each.prepared for each in lines):
        return OrderState.READY if is_told_ready else OrderState.ACCEPTED
    if any(each.completed for each in lines):
        return OrderState.DONE
    if any(each.failed for each in lines):
        return OrderState.MISSED
    return OrderState.CANCELED


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The clock of an order: until when it is accepted, changed by its shopper, and collected."""

    accept_by: datetime
    change_until: datetime
    collect_by: datetime

    def of(self, state: OrderState) -> datetime | None:
        """Say when the clock judges an order next; never for a closed one."""
        if state is OrderState.PLACED:
            return self.accept_by
        return self.collect_by if state in OPEN else None


def deadlines(
    *,
    accept_by: datetime,
    slot_starts_at: datetime,
    slot_ends_at: datetime,
    cutoff: timedelta,
    keep: timedelta,
) -> Deadlines:
    """Compute an order's clock: an order nobody accepts is let go when its slot ends at latest.

    `accept_by` is when the store had it before it long enough.
    """
    return Deadlines(
        accept_by=min(accept_by, slot_ends_at),
        change_until=slot_starts_at - cutoff,
        collect_by=slot_ends_at + keep,
    )


def overdue_moves(state: OrderState, lines: Mapping[int, Quantities]) -> tuple[Move, ...]:
    """List what the clock does to an open order whose deadline has passed."""
    if state is OrderState.PLACED:
        return moves_to(lines, "canceled", of=OPEN_STATES)
    return moves_to(lines, "failed", of=("reserved", "prepared"))


def state_at(state: OrderState, deadline: datetime | None, *, at: datetime) -> OrderState:
    """Say how an order stands by the reader's clock, whether or not a job has tidied it up."""
    if deadline is None or at < deadline:
        return state
    return OrderState.CANCELED if state is OrderState.PLACED else OrderState.MISSED


def short_number(count: int) -> str:
    """Write a store's count of orders as the four digits people call out: "0387"."""
    return f"{count % _NUMBERS:04}"
