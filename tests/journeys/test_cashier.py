"""A PIN opens a paired till for a shift; five wrong ones, and only the owner can help."""

from uuid import UUID

import pytest

from loyalty.journeys.cashier import (
    CashierSession,
    WrongPin,
    cashier_at,
    cashier_sign_in,
    cashier_sign_out,
    set_pin,
)
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.programs.queries import StaffFacts, TillFacts, cashiers_of, till_by_id
from loyalty.programs.staff import give_role, hire, take_role
from tests.support.checkout import Counter
from tests.support.clock import ManualClock

PIN = "4711"


def till_of(counter: Counter) -> TillFacts:
    with counter.database.reading(counter.street.program_id) as session:
        till = till_by_id(session, counter.street.program_id, counter.street.till_id)
    assert till is not None
    return till


@pytest.fixture
def cashier(counter: Counter) -> UUID:
    program_id, now = counter.street.program_id, counter.tools.clock.now()
    with counter.database.unit_of_work(program_id) as session:
        staff_id = hire(session, program_id, display_name="Rosa", email=None, language="es", at=now)
        give_role(session, program_id, staff_id, store_id=counter.street.store_id, role="cashier")
        set_pin(session, program_id, staff_id, PIN, tools=counter.tools)
    return staff_id


def sign_in(counter: Counter, staff_id: UUID, pin: str) -> CashierSession | WrongPin:
    till = till_of(counter)
    with counter.database.unit_of_work(till.program_id) as session:
        return cashier_sign_in(session, till, staff_id, pin, tools=counter.tools)


def who(counter: Counter, secret: str) -> StaffFacts | None:
    till = till_of(counter)
    with counter.database.reading(till.program_id) as session:
        return cashier_at(session, till, secret, tools=counter.tools)


def test_the_right_pin_opens_the_till_for_a_shift(
    counter: Counter, cashier: UUID, clock: ManualClock
) -> None:
    signed = sign_in(counter, cashier, PIN)
    assert isinstance(signed, CashierSession)
    person = who(counter, signed.secret)
    assert person is not None
    assert person.display_name == "Rosa"
    clock.advance(hours=16)
    assert who(counter, signed.secret) is None


def test_five_wrong_pins_close_the_door_until_the_owner_opens_it(
    counter: Counter, cashier: UUID
) -> None:
    answers = [sign_in(counter, cashier, "0000") for _ in range(6)]
    assert answers == [WrongPin(tries_left=left) for left in (4, 3, 2, 1, 0, 0)]
    assert sign_in(counter, cashier, PIN) == WrongPin(tries_left=0)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        set_pin(session, counter.street.program_id, cashier, "1928", tools=counter.tools)
    assert isinstance(sign_in(counter, cashier, "1928"), CashierSession)


def test_the_right_pin_gives_the_tries_back(counter: Counter, cashier: UUID) -> None:
    sign_in(counter, cashier, "0000")
    assert isinstance(sign_in(counter, cashier, PIN), CashierSession)
    assert sign_in(counter, cashier, "0000") == WrongPin(tries_left=4)


def test_without_a_role_in_the_store_the_pin_is_wrong(counter: Counter, cashier: UUID) -> None:
    signed = sign_in(counter, cashier, PIN)
    assert isinstance(signed, CashierSession)
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        take_role(session, program_id, cashier, store_id=counter.street.store_id)
    assert who(counter, signed.secret) is None
    assert isinstance(sign_in(counter, cashier, PIN), WrongPin)


def test_nobody_has_no_tries(counter: Counter) -> None:
    assert sign_in(counter, new_id(counter.tools.clock.now()), PIN) == WrongPin(tries_left=0)


def test_a_new_pin_signs_the_old_one_out(counter: Counter, cashier: UUID) -> None:
    signed = sign_in(counter, cashier, PIN)
    assert isinstance(signed, CashierSession)
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        set_pin(session, program_id, cashier, None, tools=counter.tools)
    assert who(counter, signed.secret) is None
    with counter.database.reading(program_id) as session:
        assert cashiers_of(session, program_id, counter.street.store_id) == ()


def test_signing_out_twice_changes_nothing(counter: Counter, cashier: UUID) -> None:
    signed = sign_in(counter, cashier, PIN)
    assert isinstance(signed, CashierSession)
    till = till_of(counter)
    for _ in range(2):
        with counter.database.unit_of_work(till.program_id) as session:
            cashier_sign_out(session, till, signed.secret, tools=counter.tools)
    assert who(counter, signed.secret) is None


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "7777"])
def test_a_pin_that_is_too_easy_is_refused(counter: Counter, cashier: UUID, pin: str) -> None:
    with (
        pytest.raises(SettingInvalidError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        set_pin(session, counter.street.program_id, cashier, pin, tools=counter.tools)


def test_nobody_gets_no_pin(counter: Counter) -> None:
    stranger = new_id(counter.tools.clock.now())
    with (
        pytest.raises(NotFoundError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        set_pin(session, counter.street.program_id, stranger, PIN, tools=counter.tools)
