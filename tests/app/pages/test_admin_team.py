"""An owner keeps the team and the tills."""

import re

from loyalty.programs.create import StoreDraft, create_store
from loyalty.programs.queries import staff_of, till_by_id
from loyalty.programs.staff import give_role, hire
from loyalty.programs.tills import create_till
from tests.support.forms import Visitor
from tests.support.service import Service, Shop, as_page

TEAM = "/admin/team"


def test_a_person_joins_with_a_role_and_a_pin(owner: Visitor, service: Service, shop: Shop) -> None:
    owner.open(TEAM)
    owner.send(
        f"{TEAM}/staff",
        display_name="Nico",
        role="cashier",
        store_id=str(shop.program.store_id),
        pin="4821",
        email="",
    )
    assert "Nico ya está en el equipo." in owner.text
    assert "Con PIN" in owner.text
    with service.services.database.reading(shop.program_id) as session:
        nico = next(one for one in staff_of(session, shop.program_id) if one.display_name == "Nico")
    assert nico.has_pin
    assert nico.roles == {shop.program.store_id: "cashier"}


def test_an_easy_pin_is_refused_and_not_shown_again(owner: Visitor, shop: Shop) -> None:
    owner.open(TEAM)
    owner.send(
        f"{TEAM}/staff",
        display_name="Nico",
        role="cashier",
        store_id=str(shop.program.store_id),
        pin="7777",
    )
    assert "no todas iguales" in owner.text
    assert 'value="Nico"' in owner.text
    assert "7777" not in owner.text


def test_an_owner_without_an_address_could_never_come_in(owner: Visitor, shop: Shop) -> None:
    owner.open(TEAM)
    owner.send(
        f"{TEAM}/staff",
        display_name="Nico",
        role="owner",
        store_id=str(shop.program.store_id),
        email="",
    )
    assert "Revisa el correo" in owner.text


def test_a_role_changes_at_once_and_can_be_undone(
    owner: Visitor, manager: Visitor, shop: Shop
) -> None:
    owner.open(TEAM)
    person = shop.staff_ids["manager"]
    owner.send(f"{TEAM}/staff/{person}/role", store_id=str(shop.program.store_id), role="cashier")
    assert manager.open("/admin/people").status_code == 403
    owner.undo()
    assert manager.open("/admin/people").status_code == 200


def test_the_last_owner_stays(owner: Visitor, shop: Shop) -> None:
    owner.open(TEAM)
    me = shop.staff_ids["owner"]
    owner.send(f"{TEAM}/staff/{me}/role", store_id=str(shop.program.store_id), role="cashier")
    assert "Tiene que quedar al menos una persona titular." in owner.text
    owner.send(f"{TEAM}/staff/{me}/remove")
    assert "Tiene que quedar al menos una persona titular." in owner.text
    assert owner.open("/admin").status_code == 200


def test_who_is_removed_is_out_at_once_and_back_by_undo(
    owner: Visitor, manager: Visitor, shop: Shop, service: Service
) -> None:
    owner.open(TEAM)
    owner.send(f"{TEAM}/staff/{shop.staff_ids['manager']}/remove")
    assert "Manager ya no está en el equipo." in owner.text
    manager.open("/admin")
    assert "Hoy" not in manager.text
    owner.undo()
    with service.services.database.reading(shop.program_id) as session:
        names = {one.display_name: one.roles for one in staff_of(session, shop.program_id)}
    assert names["Manager"] == {shop.program.store_id: "manager"}


def test_a_pairing_code_pairs_one_till_and_the_page_notices(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    owner.open(TEAM)
    owner.send(f"{TEAM}/pairings", till_name="Caja 2", store_id=str(shop.program.store_id))
    shown = re.search(r'aria-hidden="true">([A-Z]{4} [A-Z]{4})</span>', owner.text)
    assert shown
    assert owner.client.get(f"{TEAM}/pairing/state").get_json() == {"paired": False}
    answer = service.post(
        "/api/v1/till/pairings", as_page(""), json={"code": shown[1], "kind": "browser"}
    )
    assert answer.status_code == 201
    assert owner.client.get(f"{TEAM}/pairing/state").get_json() == {"paired": True}
    owner.open(f"{TEAM}/pairing/done")
    assert "Caja 2 está emparejada y lista." in owner.text


def test_an_unpaired_till_is_out_and_back_by_undo(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    owner.open(TEAM)
    owner.send(f"{TEAM}/tills/{shop.till_id}/revoke")
    assert service.get("/api/v1/till/session", shop.as_till()).status_code == 403
    owner.undo()
    assert service.get("/api/v1/till/session", shop.as_till()).status_code == 200


def test_a_till_of_another_program_cannot_be_unpaired(
    owner: Visitor, service: Service, other_shop: Shop
) -> None:
    owner.open(TEAM)
    assert owner.send(f"{TEAM}/tills/{other_shop.till_id}/revoke").status_code == 404
    assert service.get("/api/v1/till/session", other_shop.as_till()).status_code == 200


def test_an_owner_keeps_off_the_people_and_tills_of_another_owner(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    parts, program_id = service.services, shop.program_id
    draft = StoreDraft(
        name="Frutería Olmo",
        slug="FRUTERIA-OLMO",
        language="es",
        time_zone="Europe/Madrid",
        currency="EUR",
        country="ES",
    )
    at = parts.tools.clock.now()
    with parts.database.unit_of_work(program_id) as session:
        theirs = create_store(session, program_id, draft, at=at)
        rosa = hire(
            session,
            program_id,
            display_name="Rosa",
            email="rosa@example.org",
            language="es",
            at=at,
        )
        give_role(session, program_id, rosa, store_id=theirs, role="owner")
        till = create_till(
            session, program_id, theirs, name="Caja 1", kind="browser", key_hash="0" * 64, at=at
        )
    owner.open(TEAM)
    assert owner.send(f"{TEAM}/staff/{rosa}/pin", pin="4821").status_code == 403
    assert owner.send(f"{TEAM}/staff/{rosa}/remove").status_code == 403
    assert owner.send(f"{TEAM}/tills/{till}/revoke").status_code == 404
    with parts.database.reading(program_id) as session:
        kept = next(one for one in staff_of(session, program_id) if one.staff_id == rosa)
        assert not kept.has_pin
        assert kept.left_at is None
        found = till_by_id(session, program_id, till)
        assert found is not None
        assert found.revoked_at is None


def test_a_removal_is_not_undone_over_an_address_that_somebody_else_has_by_now(
    owner: Visitor, shop: Shop
) -> None:
    owner.open(TEAM)
    person = {"role": "manager", "store_id": str(shop.program.store_id)}
    owner.send(f"{TEAM}/staff", display_name="Eva", email="eva@sol.example", **person)
    left = shop.staff_ids["manager"]
    owner.send(f"{TEAM}/staff/{left}/remove")
    owner.send(f"{TEAM}/staff/{left}/take-back", email=" EVA@sol.example")
    assert "Revisa el correo" in owner.text
