"""What somebody changes by hand about orders, slots and the shelf is found."""

from collections.abc import Callable

import pytest
from sqlalchemy import Update, update

from loyalty.catalog.queries import STOCK
from loyalty.orders.queries import LINE, ORDER, SLOT
from tests.support.desk import Desk

CHANGES: dict[str, Callable[[], Update]] = {
    "a slot counts the orders that hold it": lambda: update(SLOT).values(taken=2),
    "an order stands as its lines do": lambda: update(ORDER).values(ready_at=None),
    "a line is what its moves made of it": lambda: update(LINE).values(
        prepared_milli=1000, reserved_milli=1000
    ),
    "what is completed was handed over": lambda: update(LINE).values(
        prepared_milli=1000, completed_milli=1000
    ),
    "what is reserved is held by open orders": lambda: update(STOCK).values(reserved_milli=1000),
}
STATES_OF_A_LINE = ("proposed", "reserved", "completed", "canceled", "failed")
# Every figure that is kept twice: of the shelf, of a slot, of each state of a line.
FIGURES: dict[str, Callable[[], Update]] = {
    "stock on hand": lambda: update(STOCK).values(on_hand_milli=STOCK.c.on_hand_milli + 1000),
    "stock reserved": lambda: update(STOCK).values(reserved_milli=STOCK.c.reserved_milli - 1),
    "slot taken": lambda: update(SLOT).values(taken=0),
    "order state": lambda: update(ORDER).values(state="accepted"),
    **{
        f"line {state}": lambda state=state: update(LINE).values(  # type: ignore[misc]
            {"prepared_milli": LINE.c.prepared_milli - 1, f"{state}_milli": 1}
        )
        for state in STATES_OF_A_LINE
    },
}


@pytest.mark.parametrize("invariant", CHANGES)
def test_a_change_by_hand_is_found(desk: Desk, invariant: str) -> None:
    desk.make_ready(desk.place({desk.product(): 2}))
    assert desk.findings() == ()
    with desk.database.unit_of_work(desk.program_id) as session:
        session.execute(CHANGES[invariant]())
    assert invariant in {finding.invariant for finding in desk.findings()}


@pytest.mark.parametrize("figure", FIGURES)
def test_each_flipped_figure_is_found(desk: Desk, figure: str) -> None:
    desk.make_ready(desk.place({desk.product(): 2}))
    assert desk.findings() == ()
    with desk.database.unit_of_work(desk.program_id) as session:
        session.execute(FIGURES[figure]())
    assert desk.findings() != ()
