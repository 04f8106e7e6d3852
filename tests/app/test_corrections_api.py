"""A cashier puts a sale right over HTTP."""

from tests.app.test_sales_api import AT, sale
from tests.support.service import Service, Shop, open_shop

SALE = "018f2b6e-7c00-7000-8000-000000000001"
REFUND = {"refund_id": "r-1", "amount_minor": 240, "refunded_at": AT}


def sell(service: Service, shop: Shop) -> None:
    report = sale(code=shop.card_text, scanned_at=AT)
    assert service.post("/api/v1/sales", shop.as_till(), json=report).status_code == 201


def test_a_refund_takes_its_points_back_once(service: Service, shop: Shop) -> None:
    sell(service, shop)
    path = f"/api/v1/sales/{SALE}/refunds"
    first = service.post(path, shop.as_till(), json=REFUND)
    again = service.post(path, shop.as_till(), json=REFUND)
    assert (first.status_code, again.status_code) == (201, 200)
    told = again.get_json()
    assert told["points"] == {"taken": 2, "balance": 10}
    assert told["left_minor"] == 1000
    assert told["display"]["detail"] == "Se quitan 2 puntos de esta compra."


def test_what_is_left_of_a_sale_is_told_line_by_line_to_its_store_alone(
    service: Service, shop: Shop
) -> None:
    lines = [
        {"description": "Café", "quantity_milli": 3000, "total_minor": 420},
        {"description": "Queso", "quantity_milli": 350, "total_minor": 820},
    ]
    report = sale(code=shop.card_text, scanned_at=AT, lines=lines)
    assert service.post("/api/v1/sales", shop.as_till(), json=report).status_code == 201
    back = {"line": 1, "quantity_milli": 1000, "amount_minor": 140}
    service.post(
        f"/api/v1/sales/{SALE}/refunds",
        shop.as_till(),
        json={"refund_id": "r-1", "refunded_at": AT, "lines": [back]},
    )
    told = service.get(f"/api/v1/till/actions/{SALE}", shop.as_till()).get_json()
    assert told["left_minor"] == 1100
    coffee, cheese = told["lines"]
    assert (coffee["quantity_text"], coffee["pieces"], coffee["left_minor"]) == ("2", 2, 280)
    assert (cheese["quantity_text"], cheese["pieces"], cheese["left_minor"]) == ("0,35", 1, 820)
    acts = service.get("/api/v1/till/actions", shop.as_till()).get_json()["actions"]
    assert [(act["state"], act["parts"]) for act in acts] == [("part_refunded", 3)]
    stranger = open_shop(service, program_id=8, slug="FRUTERIA-LUZ")
    answer = service.get(f"/api/v1/till/actions/{SALE}", stranger.as_till())
    assert (answer.status_code, answer.get_json()["code"]) == (404, "sale_unknown")


def test_a_refund_of_more_than_is_left_is_refused(service: Service, shop: Shop) -> None:
    sell(service, shop)
    answer = service.post(
        f"/api/v1/sales/{SALE}/refunds", shop.as_till(), json={**REFUND, "amount_minor": 1241}
    )
    assert answer.status_code == 409
    assert answer.get_json()["code"] == "refund_exceeds_sale"
    assert answer.get_json()["left_minor"] == 1240


def test_a_refund_of_no_sale_is_refused(service: Service, shop: Shop) -> None:
    answer = service.post("/api/v1/sales/none/refunds", shop.as_till(), json=REFUND)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "sale_unknown")


def test_another_programs_sale_is_no_sale(service: Service, shop: Shop) -> None:
    sell(service, shop)
    stranger = open_shop(service, program_id=8, slug="FRUTERIA-LUZ")
    answer = service.post(f"/api/v1/sales/{SALE}/refunds", stranger.as_till(), json=REFUND)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "sale_unknown")


def test_the_wrong_persons_sale_is_left_without_a_card(service: Service, shop: Shop) -> None:
    sell(service, shop)
    path = f"/api/v1/sales/{SALE}/reassignments"
    answer = service.post(path, shop.as_till(), json={"reassignment_id": "m-1"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["person"] is None
    assert told["points"] == {"back": 12, "given": 0}
    assert told["display"]["title"] == "La venta queda sin tarjeta"


def test_a_sale_does_not_move_to_a_code_that_is_not_good(service: Service, shop: Shop) -> None:
    sell(service, shop)
    path = f"/api/v1/sales/{SALE}/reassignments"
    moved = {"reassignment_id": "m-1", "code": "8410076472885", "scanned_at": AT}
    answer = service.post(path, shop.as_till(), json=moved)
    assert answer.status_code == 422
    told = answer.get_json()
    assert (told["code"], told["outcome"]) == ("code_refused", "not_ours")


def test_the_last_acts_tell_what_can_be_undone(service: Service, shop: Shop) -> None:
    sell(service, shop)
    told = service.get("/api/v1/till/actions", shop.as_till()).get_json()["actions"]
    assert [row["sale_id"] for row in told] == [SALE]
    assert told[0]["state"] == "sold"
    assert told[0]["undoable"] is True
    assert told[0]["person_text"] == "Lucía F."
    assert told[0]["time_text"] == "10:00"
    assert told[0]["points_text"] == "+12 puntos"
