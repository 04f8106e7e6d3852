"""A till or a program of the shop orders over HTTP: honest times, once, and how it stands."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from loyalty.journeys.verify import verify_program
from loyalty.orders.queries import order_by_id
from tests.support.clock import ManualClock
from tests.support.service import Service, Shop
from tests.support.takes_orders import take_orders

ORDER_ID = "018f2b6e-7c00-7000-8000-00000000000a"


@pytest.fixture
def goods(service: Service, shop: Shop) -> Mapping[str, UUID]:
    return take_orders(service, shop)


def slots(service: Service, shop: Shop) -> list[dict[str, Any]]:
    answer = service.get("/api/v1/slots", shop.as_till())
    assert answer.status_code == 200
    told: list[dict[str, Any]] = answer.get_json()["slots"]
    return told


def message(service: Service, shop: Shop, **changes: object) -> dict[str, Any]:
    return {
        "order_id": ORDER_ID,
        "slot_starts_at": slots(service, shop)[0]["starts_at"],
        "lines": [
            {"product_ref": "BREAD", "quantity_milli": 2000},
            {"product_ref": "ORANGES", "quantity_milli": 1500},
        ],
        "contact": {"name": "Noelia Sanz", "email": "noelia@example.org"},
        **changes,
    }


def send(service: Service, shop: Shop, told: object) -> Any:  # noqa: ANN401
    return service.post("/api/v1/orders", shop.as_till(), json=told)


def read(service: Service, shop: Shop) -> Any:  # noqa: ANN401
    return service.get(f"/api/v1/orders/{ORDER_ID}", shop.as_till())


def test_a_store_without_slots_offers_none(service: Service, shop: Shop) -> None:
    assert slots(service, shop) == []


def test_an_order_is_placed_once_and_told_again(
    service: Service, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    told = message(service, shop)
    first, again = send(service, shop, told), send(service, shop, told)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Hit"] == "true"
    placed = first.get_json()
    assert {**again.get_json(), "replayed": False} == placed
    assert placed["order"]["state"] == "placed"
    # 2 loaves at 1.20 and 1.5 kg at 1.95, half a cent to the even one.
    assert placed["order"]["due_minor"] == placed["order"]["total_minor"] == 240 + 292
    assert placed["taxes"] == [{"tax_bp": 400, "total_minor": 532, "tax_minor": 20}]
    assert len(placed["spoken_code"]) == 8
    assert slots(service, shop)[0]["places"] == 2
    with service.services.database.reading(shop.program_id) as session:
        assert verify_program(session, shop.program_id, tools=service.services.tools) == ()


def test_an_order_is_read_without_what_collects_it(
    service: Service, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    placed = send(service, shop, message(service, shop)).get_json()
    assert read(service, shop).get_json() == placed["order"]
    assert placed["pickup_code"] not in read(service, shop).get_data(as_text=True)


def test_the_order_of_another_program_is_not_there(
    service: Service, shop: Shop, other_shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    send(service, shop, message(service, shop))
    answer = service.get(f"/api/v1/orders/{ORDER_ID}", other_shop.as_till())
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_the_card_of_whoever_orders_goes_with_the_order(
    service: Service, shop: Shop, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    assert goods
    told = message(service, shop, code=shop.card_text)
    assert send(service, shop, told).status_code == 201
    with service.services.database.reading(shop.program_id) as session:
        order = order_by_id(session, shop.program_id, UUID(ORDER_ID))
    assert order is not None
    assert order.card_id == shop.card_id
    assert order.member_id is not None
    clock.advance(days=3)
    # A code that is over by now does not stand in the way of an answer that got lost.
    assert send(service, shop, {**told, "code": "no code at all"}).status_code == 200


def test_a_card_that_is_not_good_refuses_the_order_and_takes_nothing(
    service: Service, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    answer = send(service, shop, message(service, shop, code="8412345"))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "code_refused")
    assert read(service, shop).status_code == 404
    assert slots(service, shop)[0]["places"] == 3


def test_letters_are_guessed_five_times_a_minute_also_with_an_order(
    service: Service, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    codes = [
        send(service, shop, message(service, shop, code="BCDFGHJK")).get_json()["code"]
        for _ in range(6)
    ]
    assert codes == ["code_refused"] * 5 + ["too_many_tries"]


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"lines": []}, "order_invalid", 422),
        ({"lines": [{"product_ref": "CAKE", "quantity_milli": 1000}]}, "order_invalid", 422),
        ({"lines": [{"product_ref": "BREAD", "quantity_milli": 1500}]}, "order_invalid", 422),
        ({"contact": {"name": " "}}, "order_invalid", 422),
        ({"slot_starts_at": "2026-03-02T09:00:00Z"}, "slot_unavailable", 409),
        ({"lines": [{"product_ref": "BREAD", "quantity_milli": 21_000}]}, "stock_short", 409),
        ({"lines": [{"product_ref": "BREAD", "quantity_milli": 0}]}, "malformed_request", 400),
        ({"order_id": "mine"}, "malformed_request", 400),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_takes_nothing(
    service: Service,
    shop: Shop,
    goods: Mapping[str, UUID],
    changes: dict[str, object],
    code: str,
    status: int,
) -> None:
    assert goods
    answer = send(service, shop, message(service, shop, **changes))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert slots(service, shop)[0]["places"] == 3


def test_a_full_slot_and_a_used_id_are_told(
    service: Service, shop: Shop, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    assert goods
    first = message(service, shop)
    for number in range(3):
        one = {**first, "order_id": f"018f2b6e-7c00-7000-8000-00000000000{number}"}
        assert send(service, shop, one).status_code == 201
    full = send(service, shop, first)
    assert (full.status_code, full.get_json()["code"]) == (409, "slot_full")
    other = {**one, "contact": {"name": "Tomás"}}
    conflict = send(service, shop, other)
    assert (conflict.status_code, conflict.get_json()["code"]) == (409, "order_conflict")
    clock.advance(minutes=1)
    assert slots(service, shop)[0]["starts_at"] > first["slot_starts_at"], "it is too near now"


def test_an_order_nobody_accepts_in_time_reads_as_canceled(
    service: Service, shop: Shop, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    assert goods
    send(service, shop, message(service, shop))
    clock.advance(hours=2)
    assert read(service, shop).get_json()["state"] == "canceled"
