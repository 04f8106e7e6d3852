"""The shops' owners read who owes whom over HTTP, and open each figure."""

from uuid import UUID

import pytest

from tests.app.test_sales_api import AT, sale
from tests.support.service import Service, Shop

DAYS = {"from": "2026-03-01", "until": "2026-03-31"}


def test_a_program_with_one_store_owes_nothing(service: Service, shop: Shop) -> None:
    service.post("/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT))
    answer = service.get("/api/v1/settlements", shop.as_staff("owner"), query_string=DAYS)
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["first"], told["last"]) == (DAYS["from"], DAYS["until"])
    assert (told["currency"], told["figures"], told["totals"]) == ("EUR", [], [])
    assert told["is_whole"] is True
    assert [store["store_id"] for store in told["stores"]] == [str(shop.program.store_id)]


def test_a_figure_opens_into_its_lines(service: Service, shop: Shop) -> None:
    asked = {**DAYS, "one": str(shop.program.store_id), "other": "program"}
    at, owner = "/api/v1/settlements/entries", shop.as_staff("owner")
    answer = service.get(at, shop.as_staff("manager"), query_string=asked)
    assert (answer.status_code, answer.get_json()) == (200, {"entries": []})
    nobody = {**asked, "one": str(UUID(int=1))}
    refused = service.get(at, owner, query_string=nobody)
    assert (refused.status_code, refused.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "days",
    [
        {},
        {"from": "2026-03-02"},
        {"from": "2026-03-02", "until": "2026-03-01"},
        {"from": "2026-03-02", "until": "2027-12-31"},
        {"from": "ayer", "until": "hoy"},
    ],
)
def test_days_that_cannot_be_are_refused(
    service: Service, shop: Shop, days: dict[str, str]
) -> None:
    answer = service.get("/api/v1/settlements", shop.as_staff("owner"), query_string=days)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")
