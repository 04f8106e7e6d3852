"""Nobody earns at their own till: an owner says whose a card is, or the same e-mail tells it."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loyalty.identity.queries import person_of_card
from loyalty.journeys.save_card import Saved, ask_to_save, confirm_save
from loyalty.outbox.models import OutboxMessage
from tests.app.test_sales_api import AT, sale
from tests.support.forms import Visitor
from tests.support.service import Service, Shop, as_page, sign_in


def sold_by(service: Service, shop: Shop, role: str, sale_id: str) -> dict[str, Any]:
    """Sell at a browser till where somebody is signed in; give the receipt."""
    staff_id = shop.staff_ids[role]
    place: dict[str, UUID | None] = {
        "till_id": shop.till_id,
        "store_id": shop.program.store_id,
    }
    cookie = sign_in(service, shop.program_id, kind="cashier", subject=str(staff_id), **place)
    headers = as_page(f"enlaza-till={shop.till_credential}; enlaza-cashier={cookie}")
    told = sale(sale_id=sale_id, code=shop.card_text, scanned_at=AT)
    answer = service.post("/api/v1/sales", headers, json=told)
    assert answer.status_code == 201
    receipt: dict[str, Any] = answer.get_json()
    return receipt


def person_of(service: Service, shop: Shop) -> str:
    with service.services.database.reading(shop.program_id) as session:
        person = person_of_card(session, shop.program_id, shop.card_id)
    assert person is not None
    return person.person_id


def test_a_card_marked_as_a_cashiers_own_earns_nothing_at_their_till_until_undone(
    owner: Visitor, manager: Visitor, service: Service, shop: Shop
) -> None:
    person_id = person_of(service, shop)
    page, path = f"/admin/people/{person_id}", f"/admin/cards/{person_id}/{shop.card_id}/own"
    manager.open(page)
    assert "Es de alguien del equipo" not in manager.text, "whose it is, an owner says"
    owner.open(page)
    owner.send(path, staff_id=str(shop.staff_ids["cashier"]))
    assert "Marcada: en la caja de esa persona no suma puntos." in owner.text
    assert "De Cashier, del equipo" in owner.text
    own = sold_by(service, shop, "cashier", "s1")
    assert (own["points"]["earned"], own["why_none"]) == (0, "own_card")
    assert sold_by(service, shop, "manager", "s2")["points"]["earned"] == 12
    owner.undo()
    assert "Ya no es de nadie del equipo" in owner.text
    assert sold_by(service, shop, "cashier", "s3")["points"]["earned"] == 12
    owner.undo()
    assert "De Cashier, del equipo" in owner.text
    # Saying that it is somebody else's moves the mark.
    owner.send(path, staff_id=str(shop.staff_ids["manager"]))
    assert sold_by(service, shop, "manager", "s4")["why_none"] == "own_card"
    assert sold_by(service, shop, "cashier", "s5")["points"]["earned"] == 12


def test_a_card_is_marked_only_as_that_of_a_colleague(
    owner: Visitor, service: Service, shop: Shop, other_shop: Shop
) -> None:
    person_id = person_of(service, shop)
    owner.open(f"/admin/people/{person_id}")
    path = f"/admin/cards/{person_id}/{shop.card_id}/own"
    assert owner.send(path, staff_id=str(other_shop.staff_ids["cashier"])).status_code == 404
    assert owner.send(path, staff_id="nobody").status_code == 400
    nowhere = f"/admin/cards/{person_id}/{other_shop.card_id}/own"
    assert owner.send(nowhere, staff_id=str(shop.staff_ids["cashier"])).status_code == 404
    assert sold_by(service, shop, "cashier", "s1")["points"]["earned"] == 12


def test_who_saved_a_card_under_the_address_they_work_under_earns_nothing_at_their_till(
    service: Service, shop: Shop
) -> None:
    parts, program_id = service.services, shop.program_id
    before = sold_by(service, shop, "owner", "s1")
    assert before["points"]["earned"] == 12, "nothing says yet whose card it is"
    with parts.database.unit_of_work(program_id) as session:
        challenge_id = ask_to_save(
            session,
            program_id,
            f"Ana@{shop.slug}.example",
            card_id=shop.card_id,
            store_id=shop.program.store_id,
            language="es",
            tools=parts.tools,
        )
        told = [json.loads(facts) for facts in session.scalars(select(OutboxMessage.facts))]
        code = next(one["code"] for one in told if one.get("challenge_id") == str(challenge_id))
        saved = confirm_save(session, program_id, challenge_id, code=code, tools=parts.tools)
        assert isinstance(saved, Saved)
    own = sold_by(service, shop, "owner", "s2")
    assert (own["points"]["earned"], own["why_none"]) == (0, "own_card")
    assert own["code_outcome"] == "ok"
    assert sold_by(service, shop, "cashier", "s3")["points"]["earned"] == 12
