"""The team and the setting up of a shop, on both databases."""

from datetime import timedelta

import pytest

from loyalty.journeys.latest_sales import latest_sales
from loyalty.journeys.manage_team import change_role, hire_staff, remove_staff, take_back_staff
from loyalty.journeys.pair_till import revoke_till
from loyalty.journeys.setup_state import DEFAULT_COLOR, setup_state
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.programs.create import StoreDraft
from loyalty.programs.queries import staff_by_id, store_by_id, till_by_id
from loyalty.programs.restore_till import restore_till
from tests.support.checkout import Counter
from tests.support.clock import ManualClock


def test_the_last_owner_can_neither_step_down_nor_leave(counter: Counter) -> None:
    street = counter.street
    for act in ("step down", "leave"):
        with (
            pytest.raises(SettingInvalidError) as refusal,
            counter.database.unit_of_work(street.program_id) as session,
        ):
            if act == "leave":
                remove_staff(session, street.program_id, street.staff_id, tools=counter.tools)
            else:
                change_role(
                    session,
                    street.program_id,
                    street.staff_id,
                    store_id=street.store_id,
                    role="cashier",
                )
        assert refusal.value.facts == {"field": "last_owner"}


def test_who_left_by_mistake_is_taken_back_with_address_and_role(counter: Counter) -> None:
    street, tools = counter.street, counter.tools
    with counter.database.unit_of_work(street.program_id) as session:
        staff_id = hire_staff(
            session,
            street.program_id,
            display_name="Nico",
            email="nico@panaderia.example",
            language="es",
            store_id=street.store_id,
            role="manager",
            pin="4821",
            tools=tools,
        )
    with counter.database.unit_of_work(street.program_id) as session:
        left = remove_staff(session, street.program_id, staff_id, tools=tools)
    assert left.email == "nico@panaderia.example"
    with counter.database.unit_of_work(street.program_id) as session:
        take_back_staff(session, street.program_id, staff_id, email=left.email, roles=left.roles)
    with counter.database.reading(street.program_id) as session:
        back = staff_by_id(session, street.program_id, staff_id)
    assert back is not None
    assert back.left_at is None
    assert (back.email, dict(back.roles)) == (left.email, {street.store_id: "manager"})
    assert not back.has_pin, "a PIN is not remembered"


def test_a_till_comes_back_within_two_minutes_and_not_later(
    counter: Counter, clock: ManualClock
) -> None:
    street, tools = counter.street, counter.tools
    for minutes, returns in ((1, True), (3, False)):
        with counter.database.unit_of_work(street.program_id) as session:
            revoke_till(session, street.program_id, street.till_id, tools=tools)
        clock.advance(minutes=minutes)
        try:
            with counter.database.unit_of_work(street.program_id) as session:
                restore_till(session, street.program_id, street.till_id, at=clock.now())
        except NotFoundError:
            assert not returns
        with counter.database.reading(street.program_id) as session:
            till = till_by_id(session, street.program_id, street.till_id)
        assert till is not None
        assert (till.revoked_at is None) == returns


def test_a_new_shop_has_everything_before_it(counter: Counter) -> None:
    street = counter.street
    with counter.database.reading(street.program_id) as session:
        store = store_by_id(session, street.program_id, street.store_id)
        assert store is not None
        state = setup_state(session, street.program_id, store)
    assert (state.has_look, state.has_rewards, state.has_hours) == (False, False, False)
    assert state.has_till
    assert StoreDraft.__dataclass_fields__["color"].default == DEFAULT_COLOR


def test_the_latest_sales_tell_person_points_and_the_visit_behind_them(
    counter: Counter, clock: ManualClock
) -> None:
    phone = counter.consenting_phone()
    counter.sell("with", 1240, code=counter.shown(phone))
    clock.advance(s=timedelta(minutes=1).total_seconds())
    counter.sell("without", 300)
    with counter.database.reading(counter.street.program_id) as session:
        told = latest_sales(session, counter.street.program_id, [counter.street.store_id])
    assert [one.sale.sale_id for one in told] == ["without", "with"]
    assert (told[0].person_id, told[0].visit, told[0].points) == (None, None, 0)
    assert told[1].points == 12
    assert told[1].visit is not None
    assert told[1].visit.source == "instagram"
