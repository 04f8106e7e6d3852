"""Bonuses: a welcome, birthdays, friends brought along; each once for ever."""

from datetime import UTC, datetime

import pytest

from loyalty.journeys.bonuses import give_birthdays, settle_referrals
from loyalty.journeys.join_program import join_program
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.bonuses.birthdays import birthday_of, forget_birthday, set_birthday
from loyalty.points.bonuses.referrals import note_referral
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, new_phone, points_of


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def at(counter: Counter, moment: datetime) -> None:
    assert isinstance(counter.tools.clock, ManualClock)
    counter.tools.clock.set(moment)


def birthdays(counter: Counter) -> int:
    return give_birthdays(counter.database, counter.street.program_id, tools=counter.tools)


def born(counter: Counter, phone: Phone, month: int, day: int) -> None:
    with counter.database.unit_of_work(counter.street.program_id) as session:
        set_birthday(
            session,
            counter.street.program_id,
            phone.member_id,
            month=month,
            day=day,
            at=counter.tools.clock.now(),
        )


def brought(counter: Counter, friend: Phone, by: Phone) -> bool:
    with counter.database.unit_of_work(counter.street.program_id) as session:
        return note_referral(
            session,
            counter.street.program_id,
            member_id=friend.member_id,
            by_member_id=by.member_id,
            at=counter.tools.clock.now(),
        )


def settle(counter: Counter) -> int:
    return settle_referrals(counter.database, counter.street.program_id, tools=counter.tools)


def test_a_new_card_is_welcomed_once(counter: Counter) -> None:
    assert points(counter, phone_of(counter)) == 0
    counter.set_policy(welcome_points=25)
    phone = phone_of(counter)
    assert points(counter, phone) == 25
    with counter.database.unit_of_work(counter.street.program_id) as session:
        again = join_program(
            session,
            counter.street.program_id,
            counter.street.store_id,
            visit_id=None,
            language="es",
            tools=counter.tools,
            join_id=phone.member_id,
        )
    assert not again.is_new
    assert points(counter, phone) == 25
    assert counter.findings() == ()


def test_a_birthday_is_given_once_a_year_and_not_on_the_day_it_is_told(counter: Counter) -> None:
    counter.set_policy(birthday_points=50)
    phone, today = phone_of(counter), phone_of(counter)
    born(counter, phone, 3, 10)
    born(counter, today, 3, 2)
    assert birthdays(counter) == 0
    at(counter, datetime(2026, 3, 10, 8, tzinfo=UTC))
    assert (birthdays(counter), birthdays(counter)) == (1, 0)
    born(counter, phone, 3, 11)
    at(counter, datetime(2026, 3, 11, 8, tzinfo=UTC))
    assert birthdays(counter) == 0
    at(counter, datetime(2027, 3, 11, 8, tzinfo=UTC))
    assert birthdays(counter) == 1
    assert (points(counter, phone), points(counter, today)) == (100, 0)
    assert counter.findings() == ()


def test_who_was_born_on_the_last_of_february_is_not_forgotten(counter: Counter) -> None:
    counter.set_policy(birthday_points=50)
    phone = phone_of(counter)
    born(counter, phone, 2, 29)
    at(counter, datetime(2027, 2, 28, 12, tzinfo=UTC))
    assert birthdays(counter) == 1
    at(counter, datetime(2028, 2, 28, 12, tzinfo=UTC))
    assert birthdays(counter) == 0
    at(counter, datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert birthdays(counter) == 1


def test_a_birthday_can_be_taken_back_and_must_be_a_day(counter: Counter) -> None:
    phone = phone_of(counter)
    for month, day, field in ((0, 1, "month"), (13, 1, "month"), (2, 30, "day"), (4, 31, "day")):
        with pytest.raises(SettingInvalidError) as refused:
            born(counter, phone, month, day)
        assert refused.value.facts == {"field": field}
    born(counter, phone, 2, 29)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        forget_birthday(session, counter.street.program_id, phone.member_id)
        assert birthday_of(session, counter.street.program_id, phone.member_id) is None


def test_both_are_rewarded_after_the_friends_first_paid_sale(counter: Counter) -> None:
    counter.set_policy(referral_points=20, referral_most=1)
    host, friend = phone_of(counter), phone_of(counter)
    assert brought(counter, friend, host)
    assert not brought(counter, friend, host)
    assert not brought(counter, host, host)
    assert settle(counter) == 0
    counter.sell("s1", 1000, code=counter.shown(friend))
    counter.sell("s2", 1000, code=counter.shown(friend))
    assert (settle(counter), settle(counter)) == (1, 0)
    assert (points(counter, host), points(counter, friend)) == (20, 40)
    assert counter.findings() == ()


def test_a_referral_is_withdrawn_when_its_sale_is_refunded_in_full(counter: Counter) -> None:
    counter.set_policy(referral_points=20, referral_most=5)
    host, friend = phone_of(counter), phone_of(counter)
    brought(counter, friend, host)
    counter.sell("s1", 1000, code=counter.shown(friend))
    settle(counter)
    counter.refund("r1", "s1", 999)
    assert settle(counter) == 0
    counter.refund("r2", "s1", 1)
    assert (settle(counter), settle(counter)) == (1, 0)
    assert (points(counter, host), points(counter, friend)) == (0, 0)
    # Once for ever: another sale does not bring it back.
    counter.sell("s2", 1000, code=counter.shown(friend))
    assert settle(counter) == 0
    assert counter.findings() == ()


def test_a_sale_refunded_before_anybody_was_rewarded_rewards_nobody(counter: Counter) -> None:
    counter.set_policy(referral_points=20, referral_most=5)
    host, friend = phone_of(counter), phone_of(counter)
    brought(counter, friend, host)
    counter.sell("s1", 1000, code=counter.shown(friend))
    counter.refund("r1", "s1", 1000)
    settle(counter)
    assert (points(counter, host), points(counter, friend)) == (0, 0)


def test_nobody_is_rewarded_for_more_friends_than_the_program_says(counter: Counter) -> None:
    counter.set_policy(referral_points=20, referral_most=1)
    host = phone_of(counter)
    friends = [phone_of(counter) for _ in range(2)]
    for number, friend in enumerate(friends):
        brought(counter, friend, host)
        counter.sell(f"s{number}", 100, code=counter.shown(friend))
    assert settle(counter) == 2
    assert points(counter, host) == 20
    assert sorted(points(counter, friend) for friend in friends) == [1, 21]
