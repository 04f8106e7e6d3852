"""Each minute the clock goes over the orders; whoever looks before it does sees the same."""

from pathlib import Path

import pytest

from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from app.worker import Jobs
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.orders.errors import OrderStateError
from loyalty.orders.rules import OrderState
from tests.support.clock import ManualClock
from tests.support.desk import Desk, open_desk


@pytest.fixture
def desk(database: Database, tools: Tools, clock: ManualClock) -> Desk:
    return open_desk(database, tools, clock)


def jobs_of(desk: Desk, home: Path) -> Jobs:
    links = LinkSigner(desk.tools.keys.link_secrets)
    return Jobs(Services(Settings(home=home, demo=True), desk.database, desk.tools, links))


def test_a_parcel_nobody_came_for_is_let_go_once_and_was_missed_before_the_job_ran(
    desk: Desk, tmp_path: Path
) -> None:
    bread = desk.product(pieces=5)
    missed = desk.make_ready(desk.place({bread: 2}))
    code = desk.code(missed)
    desk.clock.advance(s=(missed.collect_by - desk.clock.now()).total_seconds())
    assert desk.order(missed).state_at(desk.clock.now()) is OrderState.MISSED
    with pytest.raises(OrderStateError):
        desk.hand_off(desk.handoff(code))
    assert (desk.taken(missed.slot_starts_at), desk.stock(bread)) == (1, (5, 2))

    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = jobs_of(desk, tmp_path / "one"), jobs_of(desk, tmp_path / "other")
    for jobs in (one, other, one):
        jobs.release_overdue()
    for jobs in (one, other):
        jobs.huey.storage.close()
    assert desk.order(missed).state is OrderState.MISSED
    assert (desk.taken(missed.slot_starts_at), desk.stock(bread)) == (0, (5, 0))
    assert desk.findings() == ()


def test_an_order_that_still_has_time_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    order = desk.place({desk.product(): 1})
    jobs = jobs_of(desk, tmp_path)
    jobs.release_overdue()
    jobs.huey.storage.close()
    assert desk.order(order).state is OrderState.PLACED
