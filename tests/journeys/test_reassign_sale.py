""" "Wrong person" is undone by the till that did it, on the same day, with nothing lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from loyalty.identity.models import Link
from loyalty.journeys.move_sale import ReassignReport as Report
from loyalty.journeys.reassign_sale import CodeRefused, ReassignReceipt, reassign_sale
from loyalty.journeys.till_actions import last_actions
from loyalty.kernel.ids import new_id
from loyalty.programs.models import Till
from loyalty.sales.errors import (
    OtherTillError,
    ReassignmentConflictError,
    SaleUnknownError,
    UndoTooLateError,
)
from loyalty.sales.queries import sales_of_cards
from loyalty.wire.codes import CodeOutcome
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, new_phone, points_of


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def done(answer: ReassignReceipt | CodeRefused) -> ReassignReceipt:
    assert isinstance(answer, ReassignReceipt)
    return answer


def active_events(counter: Counter) -> list[str]:
    with counter.database.reading(counter.street.program_id) as session:
        return list(
            session.scalars(
                select(Link.event).where(
                    Link.program_id == counter.street.program_id,
                    Link.kind == "session",
                    Link.active.is_(True),
                )
            )
        )


def test_points_and_link_go_back_and_the_sale_is_nobodys(counter: Counter) -> None:
    phone = counter.consenting_phone()
    counter.sell("s1", 1240, code=counter.shown(phone))
    assert active_events(counter) == ["sale:s1"]
    first = done(counter.reassign("m1", "s1"))
    again = done(counter.reassign("m1", "s1"))
    assert (first.points_back, first.points_given, first.person) == (12, 0, None)
    assert first.code_outcome is CodeOutcome.NO_CODE
    assert again == replace(first, replayed=True)
    assert points(counter, phone) == 0
    assert active_events(counter) == []
    assert counter.findings() == ()


def test_the_sale_goes_to_the_card_that_is_scanned_next(counter: Counter) -> None:
    wrong, right = counter.consenting_phone(), counter.consenting_phone()
    counter.sell("s1", 1240, code=counter.shown(wrong))
    code = counter.shown(right)
    first = done(counter.reassign("m1", "s1", code=code))
    again = done(counter.reassign("m1", "s1", code=code))
    assert (first.points_back, first.points_given, first.points_balance) == (12, 12, 12)
    assert again == replace(first, replayed=True)
    assert (points(counter, wrong), points(counter, right)) == (0, 12)
    assert active_events(counter) == ["reassign:m1"]
    with counter.database.reading(counter.street.program_id) as session:
        program_id = counter.street.program_id
        assert sales_of_cards(session, program_id, [wrong.card_id]) == ()
        (sale,) = sales_of_cards(session, program_id, [right.card_id])
    assert sale.sale_id == "s1"
    assert counter.findings() == ()


def test_a_sale_can_go_there_and_back(counter: Counter) -> None:
    one, two = counter.consenting_phone(), counter.consenting_phone()
    counter.sell("s1", 500, code=counter.shown(one))
    counter.reassign("m1", "s1", code=counter.shown(two))
    counter.reassign("m2", "s1")
    last = done(counter.reassign("m3", "s1", code=counter.shown(one)))
    assert (last.points_back, last.points_given) == (0, 5)
    assert (points(counter, one), points(counter, two)) == (5, 0)
    assert active_events(counter) == ["reassign:m3"]
    assert counter.findings() == ()


def test_a_sale_without_a_card_can_be_given_one_afterwards(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 500)
    assert done(counter.reassign("m1", "s1", code=counter.shown(phone))).points_given == 5
    assert counter.findings() == ()


def test_after_a_part_was_refunded_only_the_rest_moves(counter: Counter) -> None:
    wrong, right = phone_of(counter), phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(wrong))
    counter.refund("r1", "s1", 450)
    moved = done(counter.reassign("m1", "s1", code=counter.shown(right)))
    assert (moved.points_back, moved.points_given) == (5, 5)
    assert counter.refund("r2", "s1", 550).points_taken == 5
    assert (points(counter, wrong), points(counter, right)) == (0, 0)
    assert counter.findings() == ()


def test_a_sale_refunded_in_full_is_not_moved(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.refund("r1", "s1", 1000)
    with pytest.raises(ReassignmentConflictError) as refusal:
        counter.reassign("m1", "s1")
    assert refusal.value.facts["reason"] == "refunded"


def test_moving_to_the_same_card_is_refused(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    with pytest.raises(ReassignmentConflictError):
        counter.reassign("m1", "s1", code=counter.shown(phone))


def test_a_code_worth_nothing_moves_nothing(counter: Counter, clock: ManualClock) -> None:
    wrong, right = phone_of(counter), phone_of(counter)
    code = counter.shown(right)
    clock.advance(minutes=20)
    counter.sell("s1", 1000, code=counter.shown(wrong))
    answer = counter.reassign("m1", "s1", code=code)
    assert answer == CodeRefused(outcome=CodeOutcome.EXPIRED, tried_out=False)
    assert points(counter, wrong) == 10


def test_an_id_used_for_another_reassignment_is_a_conflict(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.reassign("m1", "s1")
    with pytest.raises(ReassignmentConflictError):
        counter.reassign("m1", "s1", code=counter.shown(phone))


def test_only_the_till_that_did_it_may_undo_it(counter: Counter) -> None:
    counter.sell("s1", 1000)
    other = new_id(counter.tools.clock.now())
    with counter.database.unit_of_work(counter.street.program_id) as session:
        session.execute(
            insert(Till).values(
                program_id=counter.street.program_id,
                till_id=other,
                store_id=counter.street.store_id,
                name="Caja 2",
                kind="browser",
                key_hash="",
                paired_at=counter.tools.clock.now(),
            )
        )
    report = Report(counter.street.program_id, other, "s1", "m1", None, None)
    with (
        pytest.raises(OtherTillError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        reassign_sale(session, report, tools=counter.tools)


def test_the_day_of_the_store_decides_not_the_day_of_the_server(
    counter: Counter, clock: ManualClock
) -> None:
    # 23:30 in Madrid is 22:30 UTC; half an hour later the day is over there and not here.
    clock.set(datetime(2026, 3, 2, 22, 30, tzinfo=UTC))
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.sell("s2", 1000, code=counter.shown(phone))
    clock.advance(minutes=29)
    first = done(counter.reassign("m1", "s1"))
    clock.advance(minutes=1)
    with pytest.raises(UndoTooLateError):
        counter.reassign("m2", "s2")
    assert done(counter.reassign("m1", "s1")) == replace(first, replayed=True)


def test_a_sale_nobody_knows_is_not_moved(counter: Counter) -> None:
    with pytest.raises(SaleUnknownError):
        counter.reassign("m1", "nothing")


def test_the_till_sees_its_last_actions_and_what_became_of_them(
    counter: Counter, clock: ManualClock
) -> None:
    phone, other = phone_of(counter), phone_of(counter)
    for number in range(5):
        counter.sell(f"s{number}", 1050, code=counter.shown(phone) if number else None)
        clock.advance(minutes=3)
    counter.refund("r2", "s2", 1050)
    counter.refund("r3", "s3", 100)
    counter.reassign("m4", "s4", code=counter.shown(other))
    with counter.database.reading(counter.street.program_id) as session:
        program_id, till_id = counter.street.program_id, counter.street.till_id
        actions = last_actions(session, program_id, till_id, tools=counter.tools)
        clock.advance(days=1)
        later = last_actions(session, program_id, till_id, tools=counter.tools, limit=2)
    told = [(one.sale_id, one.state, one.points, one.left_minor, one.undoable) for one in actions]
    assert told == [
        ("s4", "moved", 10, 1050, True),
        ("s3", "part_refunded", 9, 950, True),
        ("s2", "refunded", 0, 0, False),
        ("s1", "sold", 10, 1050, True),
        ("s0", "without_card", 0, 1050, True),
    ]
    assert [(one.sale_id, one.undoable) for one in later] == [("s4", False), ("s3", False)]
