"""The owner sees which till and which cashier gave points, and to how many cards."""

from dataclasses import replace
from datetime import date

import pytest

from loyalty.journeys.tell_concentration import tell_concentration
from loyalty.kernel.errors import SettingInvalidError
from loyalty.sales.rules import SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import TENTH, Redeeming
from tests.support.street import new_phone

DAY = date(2026, 3, 2)


def test_points_are_told_by_till_and_by_cashier(counter: Counter) -> None:
    street = counter.street
    phones = [new_phone(counter.database, street, counter.tools) for _ in range(2)]
    for number in range(4):
        report = counter.report(f"s{number}", 500, code=counter.shown(phones[0]))
        counter.send(replace(report, staff_id=street.staff_id))
    counter.sell("s9", 300, code=counter.shown(phones[1]))
    counter.sell("none", 900)
    with counter.database.reading(street.program_id) as session:
        told = tell_concentration(
            session, street.program_id, [street.store_id], first=DAY, last=DAY
        )
    (till,) = told.by_till
    assert (told.tills[street.till_id], till.subject) == ("Caja 1", street.till_id)
    assert (till.points, till.acts, till.cards) == (23, 5, 2)
    amparo, nobody = told.by_cashier
    assert told.staff[street.staff_id] == "Amparo"
    assert (amparo.subject, amparo.points, amparo.is_often) == (street.staff_id, 20, True)
    assert (nobody.subject, nobody.points, nobody.is_often) == (None, 3, False)


def test_stamps_are_not_told_as_points(counter: Counter, clock: ManualClock) -> None:
    at_till, street = Redeeming(counter, clock), counter.street
    at_till.offer(TENTH)
    coffees = (SaleLineReport("cafe", "Café", 3_000, 420),)
    for number in range(3):
        code = at_till.card(at_till.shopper(0))
        report = counter.report(f"s{number}", 420, code=code, lines=coffees)
        counter.send(replace(report, staff_id=street.staff_id))
    with counter.database.reading(street.program_id) as session:
        told = tell_concentration(
            session, street.program_id, [street.store_id], first=DAY, last=DAY
        )
    (till,), (amparo,) = told.by_till, told.by_cashier
    assert (till.subject, till.points, till.acts, till.cards) == (street.till_id, 12, 3, 3)
    assert (amparo.subject, amparo.points, amparo.acts) == (street.staff_id, 12, 3)


def test_days_in_the_wrong_order_are_refused(counter: Counter) -> None:
    street = counter.street
    with (
        counter.database.reading(street.program_id) as session,
        pytest.raises(SettingInvalidError),
    ):
        tell_concentration(
            session, street.program_id, [street.store_id], first=DAY, last=date(2026, 3, 1)
        )
