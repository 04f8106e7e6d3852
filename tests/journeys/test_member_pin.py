"""A member's PIN: set on the phone, tried at the till, five wrong ones and it is over."""

import pytest

from loyalty.codes.pins import (
    TRIES,
    HashedPin,
    MemberPinTried,
    PinState,
    hashed_pin,
    new_pin,
    pin_salt,
    try_member_pin,
)
from loyalty.journeys.member_pin import (
    own_pin,
    pin_of_member,
    remove_own_pin,
    set_own_pin,
    set_pin_of_member,
    unlock_pin_of_member,
)
from loyalty.kernel.errors import SettingInvalidError
from tests.support.checkout import Counter
from tests.support.street import Phone, browser, new_phone


def hashed(counter: Counter, pin: str) -> HashedPin:
    return new_pin(pin, program_id=counter.street.program_id, keys=counter.tools.keys)


def set_pin(counter: Counter, phone: Phone, pin: str) -> None:
    shopper = browser(counter.database, counter.street, phone.secret, counter.tools)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        set_own_pin(session, shopper, hashed(counter, pin), tools=counter.tools)


def tried(counter: Counter, phone: Phone, pin: str) -> MemberPinTried:
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        salt = pin_salt(session, program_id, phone.member_id) or "00"
        typed = hashed_pin(pin, salt, program_id=program_id, keys=counter.tools.keys)
        return try_member_pin(session, program_id, phone.member_id, typed)


def state(counter: Counter, phone: Phone) -> PinState:
    shopper = browser(counter.database, counter.street, phone.secret, counter.tools)
    with counter.database.reading(counter.street.program_id) as session:
        return own_pin(session, shopper)


def test_five_wrong_pins_lock_it_and_the_right_one_opens_no_more(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    assert state(counter, phone) == PinState(is_set=False, tries_left=TRIES)
    assert tried(counter, phone, "2580") == MemberPinTried(right=False, tries_left=0)
    set_pin(counter, phone, "2580")
    assert tried(counter, phone, "2581") == MemberPinTried(right=False, tries_left=4)
    assert tried(counter, phone, "2580") == MemberPinTried(right=True, tries_left=TRIES)
    told = [tried(counter, phone, "2581").tries_left for _ in range(TRIES)]
    assert told == [4, 3, 2, 1, 0]
    assert tried(counter, phone, "2580") == MemberPinTried(right=False, tries_left=0)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        unlock_pin_of_member(session, counter.street.program_id, phone.member_id)
    assert tried(counter, phone, "2580").right


def test_a_shopper_changes_and_removes_the_pin_on_the_phone(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    set_pin(counter, phone, "2580")
    set_pin(counter, phone, "8520")
    assert not tried(counter, phone, "2580").right
    assert tried(counter, phone, "8520").right
    shopper = browser(counter.database, counter.street, phone.secret, counter.tools)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        remove_own_pin(session, shopper)
    assert not tried(counter, phone, "8520").right


def test_a_new_pin_opens_a_locked_one_again(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    set_pin(counter, phone, "2580")
    for _ in range(TRIES):
        tried(counter, phone, "1379")
    with counter.database.unit_of_work(counter.street.program_id) as session:
        pin = hashed(counter, "2480")
        program_id = counter.street.program_id
        set_pin_of_member(session, program_id, phone.member_id, pin, tools=counter.tools)
        assert pin_of_member(session, program_id, phone.member_id) == PinState(
            is_set=True, tries_left=TRIES
        )
    assert tried(counter, phone, "2480").right


@pytest.mark.parametrize(
    "pin", ["", "123", "12345", "abcd", "1111", "1234", "4321", "9012", "\uff11\uff12\uff15\uff18"]
)
def test_a_pin_that_a_thief_types_first_is_refused(counter: Counter, pin: str) -> None:
    with pytest.raises(SettingInvalidError) as refused:
        hashed(counter, pin)
    assert refused.value.facts == {"field": "member_pin"}
