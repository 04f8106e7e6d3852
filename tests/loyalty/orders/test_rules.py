"""The way of an order, per line and quantity; derived states; the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.orders.rules import (
    LET_GO,
    MOVES,
    OPEN_STATES,
    STATES,
    Move,
    OrderState,
    Quantities,
    deadlines,
    moved,
    moves_to,
    order_state,
    overdue_moves,
    pick_moves,
    short_number,
    state_at,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
amounts = st.integers(0, 5000)
quantities = st.builds(Quantities, *[amounts] * 6).filter(lambda each: each.total > 0)


def test_nothing_leaves_what_was_handed_over_and_what_was_let_go_only_for_that() -> None:
    late = {(left, "completed") for left in LET_GO}
    assert {left for left, _ in MOVES - late} == set(OPEN_STATES)
    assert {left for left, _ in MOVES} == {*OPEN_STATES, *LET_GO}
    assert {reached for _, reached in MOVES} | {"proposed"} == set(STATES)


@pytest.mark.parametrize("left", STATES)
@pytest.mark.parametrize("reached", STATES)
def test_only_the_moves_of_the_table_can_be_made(left: str, reached: str) -> None:
    move = Move(1, left, reached, 1000)  # type: ignore[arg-type]
    before = Quantities(**{left: 1000})
    if (left, reached) in MOVES:
        assert moved(before, move) == Quantities(**{reached: 1000})
    else:
        with pytest.raises(AssertionError):
            moved(before, move)


@given(line=quantities, step=st.sampled_from(sorted(MOVES)), amount=st.integers(1, 6000))
def test_a_move_keeps_what_was_ordered(
    line: Quantities, step: tuple[str, str], amount: int
) -> None:
    move = Move(1, *step, amount)  # type: ignore[arg-type]
    if amount > line.of(move.from_state):
        with pytest.raises(AssertionError):
            moved(line, move)
        return
    after = moved(line, move)
    assert after.total == line.total
    assert all(after.of(state) >= 0 for state in STATES)


@given(line=quantities, picked=st.integers(-10, 12_000), is_all=st.booleans())
def test_what_is_said_to_be_picked_is_what_lies_in_the_bag(
    line: Quantities, picked: int, *, is_all: bool
) -> None:
    moves = pick_moves(1, line, picked_milli=picked, is_all=is_all)
    there = line.reserved + line.prepared
    if moves is None:
        assert not 0 <= picked <= there
        return
    after = line
    for move in moves:
        after = moved(after, move)
    assert after.prepared == picked
    assert after.reserved == (0 if is_all else there - picked)
    assert pick_moves(1, after, picked_milli=picked, is_all=is_all) == ()


@pytest.mark.parametrize(
    ("lines", "told", "state"),
    [
        ([Quantities(proposed=1)], False, OrderState.PLACED),
        ([Quantities(reserved=1)], False, OrderState.ACCEPTED),
        ([Quantities(prepared=1)], False, OrderState.ACCEPTED),
        ([Quantities(prepared=1)], True, OrderState.READY),
        ([Quantities(prepared=1), Quantities(reserved=1)], True, OrderState.ACCEPTED),
        ([Quantities(prepared=1, completed=2)], True, OrderState.READY),
        ([Quantities(completed=1, canceled=1)], True, OrderState.DONE),
        ([Quantities(completed=1), Quantities(failed=1)], True, OrderState.DONE),
        ([Quantities(failed=1, canceled=1)], True, OrderState.MISSED),
        ([Quantities(canceled=1)], False, OrderState.CANCELED),
    ],
)
def test_an_order_stands_as_its_lines_do(
    *, lines: list[Quantities], told: bool, state: OrderState
) -> None:
    assert order_state(lines, is_told_ready=told) is state


@given(lines=st.lists(quantities, min_size=1, max_size=4))
def test_letting_go_leaves_nothing_open(lines: list[Quantities]) -> None:
    numbered = dict(enumerate(lines, start=1))
    for move in moves_to(numbered, "canceled", of=OPEN_STATES):
        numbered[move.line] = moved(numbered[move.line], move)
    assert all(line.held == 0 for line in numbered.values())
    state = order_state(list(numbered.values()), is_told_ready=True)
    assert state in {OrderState.DONE, OrderState.MISSED, OrderState.CANCELED}


def test_the_clock_of_an_order() -> None:
    clock = deadlines(
        accept_by=NOON + timedelta(hours=2),
        slot_starts_at=NOON + timedelta(hours=3),
        slot_ends_at=NOON + timedelta(hours=4),
        cutoff=timedelta(minutes=30),
        keep=timedelta(hours=24),
    )
    assert clock.accept_by == NOON + timedelta(hours=2)
    assert clock.change_until == NOON + timedelta(hours=2, minutes=30)
    assert clock.of(OrderState.READY) == NOON + timedelta(hours=28)
    assert clock.of(OrderState.DONE) is None


def test_nobody_accepts_an_order_after_its_slot() -> None:
    clock = deadlines(
        accept_by=NOON + timedelta(days=2),
        slot_starts_at=NOON + timedelta(hours=1),
        slot_ends_at=NOON + timedelta(hours=2),
        cutoff=timedelta(),
        keep=timedelta(),
    )
    assert clock.accept_by == clock.collect_by == NOON + timedelta(hours=2)


def test_the_deadline_itself_is_too_late() -> None:
    just_before = NOON - timedelta(seconds=1)
    assert state_at(OrderState.PLACED, NOON, at=just_before) is OrderState.PLACED
    assert state_at(OrderState.PLACED, NOON, at=NOON) is OrderState.CANCELED
    assert state_at(OrderState.READY, NOON, at=NOON) is OrderState.MISSED
    assert state_at(OrderState.DONE, None, at=NOON) is OrderState.DONE


def test_who_did_not_come_failed_and_what_was_not_accepted_is_canceled() -> None:
    placed = {1: Quantities(proposed=1000)}
    assert overdue_moves(OrderState.PLACED, placed) == (Move(1, "proposed", "canceled", 1000),)
    ready = {1: Quantities(prepared=1000, completed=500), 2: Quantities(reserved=1)}
    assert overdue_moves(OrderState.READY, ready) == (
        Move(1, "prepared", "failed", 1000),
        Move(2, "reserved", "failed", 1),
    )


def test_the_number_that_is_called_out_has_four_digits() -> None:
    assert [short_number(count) for count in (1, 387, 9999, 10_000)] == [
        "0001",
        "0387",
        "9999",
        "0000",
    ]
