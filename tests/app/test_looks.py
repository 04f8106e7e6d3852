"""Who may look at a person, how much each of them sees, and that every look leaves a line."""

import pytest
from sqlalchemy import select

from loyalty.identity.models import PersonLook
from tests.support.forms import Visitor, staff_visitor
from tests.support.principals import own_values
from tests.support.service import Service, Shop

SHORT = "/api/v1/till/persons"


@pytest.fixture
def person_id(service: Service, shop: Shop) -> str:
    return own_values(service, shop)["person_id"]


def looks(service: Service, shop: Shop) -> list[tuple[str, str]]:
    with service.services.database.reading(shop.program_id) as session:
        rows = session.execute(
            select(PersonLook.actor, PersonLook.seen)
            .where(PersonLook.program_id == shop.program_id)
            .order_by(PersonLook.look_id)
        )
        return [(row.actor, row.seen) for row in rows]


def test_a_cashier_sees_a_person_in_short_and_nothing_to_act_on(
    service: Service, shop: Shop, person_id: str
) -> None:
    cashier = staff_visitor(service, shop, "cashier")
    assert cashier.open(f"/admin/people/{person_id}").status_code == 200
    assert "Qué sabemos" in cashier.text
    for hidden in ("Por qué juntos", "Cómo se llama", "/separate", "Sus tarjetas", "Sus notas"):
        assert hidden not in cashier.text
    assert looks(service, shop) == [(f"staff:{shop.staff_ids['cashier']}", "short")]


def test_the_owner_sees_who_looked(service: Service, shop: Shop, person_id: str) -> None:
    staff_visitor(service, shop, "cashier").open(f"/admin/people/{person_id}")
    owner = staff_visitor(service, shop, "owner")
    owner.open(f"/admin/people/{person_id}")
    assert "Quién ha mirado esta ficha" in owner.text
    assert "Cashier" in owner.text
    assert "lo corto, en caja" in owner.text


def test_a_courier_sees_nobody(service: Service, shop: Shop, person_id: str) -> None:
    courier: Visitor = staff_visitor(service, shop, "courier")
    assert courier.open(f"/admin/people/{person_id}").status_code in {403, 404}
    assert looks(service, shop) == []


def test_a_look_through_the_api_leaves_a_line_too(
    service: Service, shop: Shop, person_id: str
) -> None:
    owner = shop.as_staff("owner")
    story = service.get(f"/api/v1/persons/{person_id}", owner).get_json()
    identifier = story["identifiers"][0]["identifier_id"]
    service.get(f"/api/v1/persons/{person_id}/explain?identifier_id={identifier}", owner)
    actor = f"staff:{shop.staff_ids['owner']}"
    assert sorted(looks(service, shop)) == [(actor, "whole"), (actor, "why")]


def test_the_till_is_told_the_four_questions_and_no_address(
    service: Service, shop: Shop, person_id: str
) -> None:
    answer = service.get(f"{SHORT}/{person_id}", shop.as_till())
    told = answer.get_json()
    assert answer.status_code == 200
    assert [each["label"] for each in told["questions"]] == [
        "Qué sabemos",
        "Qué le dijimos",
        "Qué pasó después",
        "Cómo reaccionó",
    ]
    assert told["display_name"] == "Lucía F."
    assert "@" not in answer.get_data(as_text=True)
    assert looks(service, shop) == [(f"till:{shop.till_id}", "short")]
    assert service.get(f"{SHORT}/{'0' * 32}", shop.as_till()).status_code == 404
