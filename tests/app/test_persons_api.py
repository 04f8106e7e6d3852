"""The shop's staff reads a person's story over HTTP, and nobody else does."""

from tests.app.test_sales_api import AT, sale
from tests.support.service import Service, Shop


def person_of(service: Service, shop: Shop) -> str:
    scan = {"code": shop.card_text, "scanned_at": AT}
    answer = service.post("/api/v1/scans", shop.as_till(), json=scan)
    return str(answer.get_json()["person"]["person_id"])


def test_the_owner_reads_what_happened_and_why(service: Service, shop: Shop) -> None:
    service.post("/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT))
    person_id = person_of(service, shop)
    answer = service.get(f"/api/v1/persons/{person_id}", shop.as_staff("owner"))
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["person_id"] == person_id
    assert told["display_name"] == "Lucía F."
    assert told["points"] == 12
    assert {one["kind"] for one in told["identifiers"]} >= {"member", "card"}
    assert [one["kind"] for one in told["links"]] == ["card"]
    assert told["links"][0]["basis"] == "contract"
    sales = [one for one in told["timeline"] if one["kind"] == "sale"]
    assert [(one["points"], one["total_minor"], one["currency"]) for one in sales] == [
        (12, 1240, "EUR")
    ]


def test_each_identifier_is_explained_by_its_links(service: Service, shop: Shop) -> None:
    person_id = person_of(service, shop)
    story = service.get(f"/api/v1/persons/{person_id}", shop.as_staff("manager")).get_json()
    for identifier in story["identifiers"]:
        asked = {"identifier_id": identifier["identifier_id"]}
        answer = service.get(
            f"/api/v1/persons/{person_id}/explain", shop.as_staff("manager"), query_string=asked
        )
        assert answer.status_code == 200
        told = answer.get_json()
        last = told["steps"][-1]["leads_to"] if told["steps"] else told["start"]
        assert last["identifier_id"] == identifier["identifier_id"]


def test_cashiers_and_couriers_do_not_read_persons(service: Service, shop: Shop) -> None:
    person_id = person_of(service, shop)
    for role in ("cashier", "courier"):
        answer = service.get(f"/api/v1/persons/{person_id}", shop.as_staff(role))
        assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")


def test_another_programs_person_is_nobody(service: Service, shop: Shop, other_shop: Shop) -> None:
    person_id = person_of(service, shop)
    known = service.get(f"/api/v1/persons/{person_id}", other_shop.as_staff("owner"))
    nobody = service.get(f"/api/v1/persons/{'0' * 32}", other_shop.as_staff("owner"))
    assert known.status_code == nobody.status_code == 404
    assert {**known.get_json(), "request_id": ""} == {**nobody.get_json(), "request_id": ""}
