"""At the counter: an order is given once, at its store, on a proof, and earns its points."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.judge import judge_code
from loyalty.codes.verdict import Verdict
from loyalty.db.writes import table_of
from loyalty.journeys.orders_waiting import WaitingOrder, orders_waiting
from loyalty.journeys.refund_sale import RefundReport, refund_sale
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.orders.delegates import revoke_delegate
from loyalty.orders.errors import (
    HandoffConflictError,
    OrderElsewhereError,
    OrderStateError,
    SpokenCodeWrongError,
)
from loyalty.orders.models import Handoff, OrderMove
from loyalty.orders.place import Owner
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from loyalty.wire.codes import CodeKind
from tests.support.desk import Desk
from tests.support.street import Phone, new_phone, points_of, shown_code
from tests.support.town import add_store


def lucias(desk: Desk) -> tuple[Phone, Owner]:
    phone = new_phone(desk.database, desk.street, desk.tools)
    return phone, Owner(member_id=phone.member_id, card_id=phone.card_id)


def ready(desk: Desk, *, pieces: int = 2, owner: Owner | None = None) -> OrderFacts:
    bread = desk.product(pieces=10, price=500)
    return desk.make_ready(desk.place({bread: pieces}, owner=owner or Owner()))


def verdict(desk: Desk, code: str) -> Verdict:
    now = desk.clock.now()
    with desk.database.reading(desk.program_id) as session:
        return judge_code(
            session,
            desk.program_id,
            code,
            scanned_at=now,
            received_at=now,
            clock_sure=True,
            keys=desk.tools.keys,
        )


def waiting(desk: Desk, code: str) -> tuple[WaitingOrder, ...]:
    judged = verdict(desk, code)
    with desk.database.reading(desk.program_id) as session:
        return orders_waiting(
            session, desk.program_id, desk.street.store_id, judged, tools=desk.tools
        )


def test_the_code_hands_the_order_over_and_the_points_are_earned(desk: Desk) -> None:
    phone, owner = lucias(desk)
    order = ready(desk, owner=owner)
    request = desk.handoff(desk.code(order))
    answer = desk.hand_off(request)
    assert answer.handoff is not None
    assert answer.order is not None
    assert answer.receipt is not None
    assert (answer.handoff.proof, answer.order.state) == ("pickup", OrderState.DONE)
    assert answer.receipt.sale_id == f"order:{request.handoff_id}"
    assert (answer.receipt.total_minor, answer.receipt.points_earned) == (1000, 10)
    assert answer.receipt.code_kind is CodeKind.PICKUP
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 10
    (line,) = desk.lines(order).values()
    assert desk.stock(line.product_id) == (8, 0)
    # Its place in the slot was used: it is not offered again.
    assert desk.taken(order.slot_starts_at) == 1
    assert desk.findings() == ()


def test_a_handoff_sent_again_is_told_again_and_gives_nothing_twice(desk: Desk) -> None:
    phone, owner = lucias(desk)
    order = ready(desk, owner=owner)
    request = desk.handoff(desk.code(order))
    first = desk.hand_off(request)
    desk.clock.advance(days=3)  # the code has long expired
    again = desk.hand_off(replace(request, handed_at=desk.clock.now()))
    assert again.replayed
    assert again.receipt is not None
    assert first.receipt is not None
    assert again.receipt == replace(first.receipt, replayed=True)
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 10
    with pytest.raises(HandoffConflictError):
        desk.hand_off(replace(request, lines={1: 1000}))
    with pytest.raises(HandoffConflictError):
        desk.hand_off(replace(request, order_id=new_id(desk.clock.now())))
    assert desk.findings() == ()


def test_a_used_code_gives_nothing(desk: Desk) -> None:
    order = ready(desk)
    desk.hand_off(desk.handoff(desk.code(order)))
    with pytest.raises(OrderStateError) as refused:
        desk.hand_off(desk.handoff(desk.code(order)))
    assert refused.value.facts == {"state": "done"}
    assert desk.findings() == ()


def test_an_order_that_is_not_picked_is_not_handed_over(desk: Desk) -> None:
    order = desk.place({desk.product(): 1})
    for state in ("placed", "accepted"):
        with pytest.raises(OrderStateError) as refused:
            desk.hand_off(desk.handoff(desk.code(order)))
        assert refused.value.facts == {"state": state}
        desk.accept(order)


def test_a_part_is_handed_over_and_the_rest_later(desk: Desk) -> None:
    phone, owner = lucias(desk)
    order = ready(desk, pieces=3, owner=owner)
    part = replace(desk.handoff(desk.code(order)), lines={1: 1000})
    told = desk.hand_off(part)
    assert told.order is not None
    assert told.order.state is OrderState.READY
    for lines in ({1: 3000}, {1: 0}, {2: 1000}, {1: -1000}):
        with pytest.raises(OrderStateError):
            desk.hand_off(replace(desk.handoff(desk.code(order)), lines=lines))
    rest = desk.hand_off(desk.handoff(desk.code(order)))
    assert rest.receipt is not None
    assert rest.receipt.total_minor == 1000
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 15
    assert desk.order(order).state is OrderState.DONE
    assert desk.findings() == ()


def test_a_handoff_is_refunded_like_any_sale(desk: Desk) -> None:
    phone, owner = lucias(desk)
    request = desk.handoff(desk.code(ready(desk, owner=owner)))
    desk.hand_off(request)
    refund = RefundReport(
        program_id=desk.program_id,
        till_id=desk.street.till_id,
        sale_id=f"order:{request.handoff_id}",
        refund_id=str(new_id(desk.clock.now())),
        amount_minor=500,
        refunded_at=desk.clock.now(),
        reason="",
    )
    with desk.database.unit_of_work(desk.program_id) as session:
        assert refund_sale(session, refund, tools=desk.tools).points_taken == 5
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 5
    assert desk.findings() == ()


def test_an_order_without_a_card_earns_nothing_and_is_recorded(desk: Desk) -> None:
    answer = desk.hand_off(desk.handoff(desk.code(ready(desk))))
    assert answer.receipt is not None
    assert (answer.receipt.person, answer.receipt.points_earned) == (None, 0)
    assert desk.findings() == ()


def test_another_store_is_told_where_the_order_waits(desk: Desk) -> None:
    order = ready(desk)
    elsewhere = new_id(desk.clock.now())
    with desk.database.unit_of_work(desk.program_id) as session:
        add_store(session, desk.program_id, elsewhere, slug="LUZ", at=desk.clock.now())
    for request in (
        desk.handoff(desk.code(order)),
        desk.handoff(desk.spoken(order), order=order),
    ):
        with pytest.raises(OrderElsewhereError) as refused:
            desk.hand_off(replace(request, store_id=elsewhere))
        assert refused.value.facts == {"store_id": str(desk.street.store_id)}
    assert desk.order(order).spoken_tries_left == 5


def test_a_live_code_of_whoever_ordered_collects_and_another_one_does_not(desk: Desk) -> None:
    phone, owner = lucias(desk)
    other, _ = lucias(desk)
    order = ready(desk, owner=owner)
    theirs = shown_code(desk.database, desk.street, other, desk.tools)
    mine = shown_code(desk.database, desk.street, phone, desk.tools)
    for request in (desk.handoff(theirs, order=order), desk.handoff(mine)):
        with pytest.raises(CodeRefusedError):
            desk.hand_off(request)
    answer = desk.hand_off(desk.handoff(mine, order=order))
    assert answer.handoff is not None
    assert answer.handoff.proof == "live"
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 10
    assert points_of(desk.database, desk.street, other.member_id, desk.tools) == 0


def test_a_live_code_does_not_collect_what_nobody_signed_for(desk: Desk) -> None:
    phone, _ = lucias(desk)
    order = ready(desk)
    with pytest.raises(CodeRefusedError):
        code = shown_code(desk.database, desk.street, phone, desk.tools)
        desk.hand_off(desk.handoff(code, order=order))


def test_the_spoken_code_is_tried_five_times_and_each_try_counts(desk: Desk) -> None:
    order = ready(desk)
    right = desk.spoken(order)
    wrong = right[:-1] + ("B" if right[-1] != "B" else "C")
    for left in (4, 3, 2, 1, 0, 0):
        with pytest.raises(SpokenCodeWrongError) as refused:
            desk.hand_off(desk.handoff(wrong, order=order))
        assert refused.value.facts == {"tries_left": left}
    with pytest.raises(SpokenCodeWrongError):
        desk.hand_off(desk.handoff(right, order=order))
    answer = desk.hand_off(desk.handoff(desk.code(order)))
    assert answer.handoff is not None
    assert answer.handoff.proof == "pickup"


def test_the_spoken_code_collects_its_own_order_only(desk: Desk) -> None:
    order, other = ready(desk), ready(desk)
    assert desk.spoken(order) != desk.spoken(other)
    with pytest.raises(SpokenCodeWrongError):
        desk.hand_off(desk.handoff(desk.spoken(other), order=order))
    with pytest.raises(CodeRefusedError):
        desk.hand_off(desk.handoff(desk.spoken(order)))
    with pytest.raises(NotFoundError):
        stranger = replace(order, order_id=new_id(desk.clock.now()))
        desk.hand_off(desk.handoff(desk.spoken(order), order=stranger))
    typed = f" {desk.spoken(order)[:4].lower()}-{desk.spoken(order)[4:]} "
    answer = desk.hand_off(desk.handoff(typed, order=order))
    assert answer.handoff is not None
    assert answer.handoff.proof == "spoken"
    assert desk.order(order).spoken_tries_left == 4


def test_a_delegate_collects_until_the_code_is_taken_back(desk: Desk) -> None:
    phone, owner = lucias(desk)
    order = ready(desk, owner=owner)
    subject, taken_back = desk.delegate(order)
    _, code = desk.delegate(order, "Tomás")
    with desk.database.unit_of_work(desk.program_id) as session:
        revoke_delegate(session, desk.program_id, subject, at=desk.clock.now())
    with pytest.raises(CodeRefusedError) as refused:
        desk.hand_off(desk.handoff(taken_back))
    assert refused.value.facts == {"outcome": "revoked"}
    assert waiting(desk, taken_back) == ()
    answer = desk.hand_off(desk.handoff(code))
    assert answer.handoff is not None
    assert answer.handoff.proof == "delegate"
    # The points are of whoever ordered.
    assert points_of(desk.database, desk.street, phone.member_id, desk.tools) == 10


def test_staff_answer_by_name_and_note_for_a_handoff_without_a_code(desk: Desk) -> None:
    order = ready(desk)
    request = desk.handoff(None, order=order)
    for wrong in (
        request,
        replace(request, staff_id=desk.street.staff_id),
        replace(request, staff_id=desk.street.staff_id, note="Conocida", order_id=None),
    ):
        with pytest.raises(CodeRefusedError):
            desk.hand_off(wrong)
    answer = desk.hand_off(
        replace(request, staff_id=desk.street.staff_id, note="Conocida, sin teléfono")
    )
    assert answer.handoff is not None
    assert answer.handoff.proof == "staff"


def test_a_guessed_code_and_one_of_another_order_are_refused(desk: Desk) -> None:
    order, other = ready(desk), ready(desk)
    code = desk.code(order)
    forged = code[:-1] + ("B" if code[-1] != "B" else "C")
    for request in (desk.handoff(forged), desk.handoff(code, order=other), desk.handoff("8412345")):
        with pytest.raises(CodeRefusedError):
            desk.hand_off(request)
    assert desk.order(order).state is OrderState.READY


def test_an_order_is_too_late_when_its_deadline_has_come(desk: Desk) -> None:
    order = ready(desk)
    desk.clock.set(order.collect_by - timedelta(seconds=1))
    assert [each.order_id for each in waiting(desk, desk.code(order))] == [order.order_id]
    desk.clock.set(order.collect_by)
    assert waiting(desk, desk.code(order)) == ()
    with pytest.raises(OrderStateError) as refused:
        desk.hand_off(desk.handoff(desk.code(order)))
    assert refused.value.facts == {"state": "missed"}
    desk.release()
    assert desk.findings() == ()


def test_the_code_in_the_old_mail_still_collects_after_a_new_time(desk: Desk) -> None:
    slots = desk.slots()
    placed = desk.place({desk.product(): 1}, slot=slots[2].slot.starts_at)
    old_code = desk.code(placed)
    desk.reschedule(placed, slots[-1].slot.starts_at)
    order = desk.accept(placed).order
    desk.clock.set(order.slot_starts_at)
    assert desk.clock.now() > placed.collect_by
    desk.pick(order, 1, 1)
    desk.tell_ready(order)
    assert desk.hand_off(desk.handoff(old_code)).handoff is not None


def test_a_card_shows_what_waits_for_its_person(desk: Desk) -> None:
    phone, owner = lucias(desk)
    other, _ = lucias(desk)
    order = ready(desk, owner=owner)
    mine = waiting(desk, shown_code(desk.database, desk.street, phone, desk.tools))
    assert [(each.order_id, each.state, each.due_minor) for each in mine] == [
        (order.order_id, OrderState.READY, 1000)
    ]
    assert mine[0].is_here
    assert waiting(desk, shown_code(desk.database, desk.street, other, desk.tools)) == ()
    assert waiting(desk, "not a code") == ()
    desk.hand_off(desk.handoff(desk.code(order)))
    assert waiting(desk, shown_code(desk.database, desk.street, phone, desk.tools)) == ()


@pytest.mark.parametrize("model", [Handoff, OrderMove])
def test_what_happened_to_an_order_cannot_be_changed(
    desk: Desk, model: type[Handoff | OrderMove]
) -> None:
    desk.hand_off(desk.handoff(desk.code(ready(desk))))
    with (
        pytest.raises(DBAPIError, match=r"append-only|permission denied"),
        desk.database.unit_of_work(desk.program_id) as session,
    ):
        session.execute(table_of(model).delete())
