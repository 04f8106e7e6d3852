"""Who may look at a person, how much each of them sees, and that every look leaves a line."""

from uuid import UUID

import pytest
from sqlalchemy import insert, select

from loyalty.identity.models import PersonLook
from loyalty.kernel.ids import new_id
from loyalty.orders.queries import OrderFacts, order_by_id
from loyalty.visits.models import Note
from tests.support.doubt import doubt
from tests.support.forms import Visitor, staff_visitor
from tests.support.principals import own_values
from tests.support.service import Service, Shop
from tests.support.takes_orders import kitchen, take_orders

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


def test_lists_questions_and_what_would_split_leave_a_line_for_each_person_they_show(
    service: Service, shop: Shop
) -> None:
    two = doubt(service, shop)
    both = sorted(two.person_ids)
    owner, actor = staff_visitor(service, shop, "owner"), f"staff:{shop.staff_ids['owner']}"
    api, manager = shop.as_staff("manager"), f"staff:{shop.staff_ids['manager']}"

    def new() -> list[tuple[str, str, str]]:
        with service.services.database.reading(shop.program_id) as session:
            rows = session.execute(
                select(PersonLook.actor, PersonLook.seen, PersonLook.person_id)
                .where(PersonLook.program_id == shop.program_id)
                .order_by(PersonLook.look_id)
            )
            told = sorted((row.actor, row.seen, row.person_id) for row in rows)
        fresh = [each for each in told if each not in seen]
        seen.extend(fresh)
        assert len(told) == len(set(told)), "the same list again leaves no second line"
        return fresh

    seen: list[tuple[str, str, str]] = []
    owner.open("/admin/people?q=luc")
    owner.open("/admin/people?q=lucía f")
    assert new() == [(actor, "found", each) for each in both]
    owner.open("/admin/reviews")
    assert new() == [(actor, "asked", each) for each in both]
    owner.open(f"/admin/people/{two.person_ids[0]}/join?q=lucía")
    assert new() == [], "both were found within the hour"
    service.get("/api/v1/identity/reviews", api)
    assert new() == [(manager, "asked", each) for each in both]
    story = service.get(f"/api/v1/persons/{two.person_ids[0]}", api).get_json()
    assert new() == [(manager, "whole", two.person_ids[0])]
    card = next(link for link in story["links"] if link["kind"] == "card")
    service.get(f"/api/v1/identity/links/{card['link_id']}/split", api)
    assert new() == [(manager, "split", two.person_ids[0])]


def test_today_notes_the_tills_report_and_an_order_leave_a_line_for_whom_they_name(
    service: Service, shop: Shop
) -> None:
    take_orders(service, shop)
    at = service.services.tools.clock.now().isoformat()
    sale = {"sale_id": "s1", "total_minor": 1240, "currency": "EUR", "sold_at": at}
    scan = {"code": shop.card_text, "scanned_at": at}
    assert service.post("/api/v1/sales", shop.as_till(), json={**sale, **scan}).status_code == 201
    placed = order_of(service, shop)
    with service.services.database.unit_of_work(shop.program_id) as session:
        row = {"note_id": new_id(placed.placed_at), "store_id": placed.store_id}
        told = {"card_id": shop.card_id, "text": "Gracias", "left_at": placed.placed_at}
        session.execute(insert(Note).values(program_id=shop.program_id, reply_to="", **row, **told))
    owner, actor = staff_visitor(service, shop, "owner"), f"staff:{shop.staff_ids['owner']}"
    order_path = f"/admin/orders/{placed.store_id}/{placed.order_id}"
    seen: list[tuple[str, str]] = []
    for path, what in (
        ("/admin/notes", "found"),
        ("/admin", "found"),
        ("/admin/points/tills", "found"),
        (order_path, "short"),
        (f"{order_path}/slip", "short"),
    ):
        service.services.tools.clock.advance(hours=1.01)  # type: ignore[attr-defined]
        for _ in range(2):
            assert owner.open(path).status_code == 200
        seen.append((actor, what))
        assert looks(service, shop) == seen, path
    service.services.tools.clock.advance(hours=1.01)  # type: ignore[attr-defined]
    owner.open(f"{order_path}/live")
    assert looks(service, shop) == seen, "what renews itself was looked at when it was opened"


def test_a_board_that_stays_open_leaves_a_line_for_whose_order_comes_in(
    service: Service, shop: Shop
) -> None:
    take_orders(service, shop)
    cashier, actor = staff_visitor(service, shop, "cashier"), f"staff:{shop.staff_ids['cashier']}"
    live = f"/admin/orders/{kitchen(service, shop).store_id}/live"
    tag = cashier.client.get(live).headers["ETag"]
    assert looks(service, shop) == []
    order_of(service, shop)
    tag = cashier.client.get(live, headers={"If-None-Match": tag}).headers["ETag"]
    assert looks(service, shop) == [(actor, "found")]
    service.services.tools.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert cashier.client.get(live, headers={"If-None-Match": tag}).status_code in {200, 304}
    assert cashier.open(live.removesuffix("/live")).status_code == 200
    assert looks(service, shop) == [(actor, "found")], "once an hour"


def order_of(service: Service, shop: Shop) -> OrderFacts:
    """Place an order with the shop's card."""
    here = kitchen(service, shop)
    told = {
        "order_id": str(new_id(here.parts.tools.clock.now())),
        "slot_starts_at": here.offered()[0].isoformat(),
        "lines": [{"product_ref": "BREAD", "quantity_milli": 1000}],
        "contact": {"name": "Ana"},
        "code": shop.card_text,
    }
    assert service.post("/api/v1/orders", shop.as_till(), json=told).status_code == 201
    with service.services.database.reading(shop.program_id) as session:
        found = order_by_id(session, shop.program_id, UUID(str(told["order_id"])))
    assert found is not None
    return found


def test_looks_from_before_a_merge_are_told_after_it(service: Service, shop: Shop) -> None:
    two = doubt(service, shop)
    cashier, owner = staff_visitor(service, shop, "cashier"), staff_visitor(service, shop, "owner")
    for each in two.person_ids:
        cashier.open(f"/admin/people/{each}")
    ends = {"act_id": "j", "a": str(two.one), "b": str(two.other), "reason": "cambió de móvil"}
    joined = service.post("/api/v1/identity/links", shop.as_staff("owner"), json=ends).get_json()
    owner.open(f"/admin/people/{joined['person_id']}")
    assert owner.text.count("lo corto, en caja") == 2


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
