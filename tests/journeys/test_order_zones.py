"""Orders by the clock of their store: on the Canary Islands, and when the clocks change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from loyalty.orders.errors import SlotUnavailableError
from loyalty.programs.models import Store
from tests.support.clock import ManualClock
from tests.support.desk import POLICY, Desk

NIGHT = "Mo-Su 00:00-06:00"
HALF_HOURS = replace(POLICY, slot_minutes=30, lead_minutes=0, cutoff_minutes=0, days_ahead=1)


def stand_in(desk: Desk, zone: str, *, hours: str | None = None) -> None:
    """Move the store to another time zone, with other hours."""
    changed = {"time_zone": zone} | ({"hours": hours} if hours else {})
    with desk.database.unit_of_work(desk.program_id) as session:
        session.execute(update(Store).where(Store.program_id == desk.program_id).values(**changed))


def starts(desk: Desk) -> list[str]:
    return [f"{offer.slot.starts_at:%d %H:%M}" for offer in desk.slots()]


def test_a_store_on_the_canary_islands_offers_the_same_clock_an_hour_later(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 3, 2, 5, tzinfo=UTC))
    assert starts(desk)[0] == "02 08:00", "nine in Madrid"
    stand_in(desk, "Atlantic/Canary")
    assert starts(desk)[0] == "02 09:00", "nine on the islands"
    bread = desk.product()
    order = desk.place({bread: 1})
    assert order.slot_starts_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    # What was offered by the clock of Madrid is no time of theirs.
    with pytest.raises(SlotUnavailableError):
        desk.place({bread: 1}, slot=datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert desk.findings() == ()


@pytest.mark.parametrize(
    ("zone", "repeated"),
    [("Europe/Madrid", "25 00:00"), ("Atlantic/Canary", "25 00:00")],
)
def test_in_the_night_that_has_an_hour_twice_each_instant_is_ordered_by_itself(
    desk: Desk, clock: ManualClock, zone: str, repeated: str
) -> None:
    clock.set(datetime(2026, 10, 24, 20, tzinfo=UTC))
    stand_in(desk, zone, hours=NIGHT)
    desk.set_policy(replace(HALF_HOURS, capacity=1))
    slots = [offer.slot.starts_at for offer in desk.slots()]
    assert len(slots) == len(set(slots))
    assert repeated in starts(desk)
    # 02:00 on the wall of Madrid (01:00 on the islands) comes at two instants, an hour apart.
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)
    bread = desk.product()
    for starts_at in (first, first + timedelta(hours=1)):
        order = desk.place({bread: 1}, slot=starts_at)
        assert order.slot_ends_at - order.slot_starts_at == timedelta(minutes=30)
        assert desk.taken(starts_at) == 1
    assert desk.findings() == ()


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary"])
def test_in_the_night_that_loses_an_hour_none_of_it_is_ordered(
    desk: Desk, clock: ManualClock, zone: str
) -> None:
    clock.set(datetime(2026, 3, 28, 20, tzinfo=UTC))
    stand_in(desk, zone, hours=NIGHT)
    desk.set_policy(HALF_HOURS)
    night = [
        offer.slot.starts_at
        for offer in desk.slots()
        if offer.slot.starts_at < datetime(2026, 3, 29, 12, tzinfo=UTC)
    ]
    # Six hours on the wall are five: ten half hours, each of thirty real minutes.
    assert len(night) == 10
    order = desk.place({desk.product(): 1}, slot=night[-1])
    desk.clock.set(order.accept_by - timedelta(seconds=1))
    desk.accept(order)
    assert desk.findings() == ()
