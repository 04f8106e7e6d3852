"""Who may open which of the owner's pages."""

import pytest

from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGES = [
    "/admin/people",
    "/admin/notes",
    "/admin/cards",
    "/admin/store/{store}",
    "/admin/team",
    "/admin/poster/{store}",
    "/admin/sessions",
]
OWNERS_ONLY = {"/admin/store/{store}", "/admin/team"}
ANYBODYS = {"/admin/sessions"}


@pytest.mark.parametrize("page", PAGES)
def test_the_owner_opens_every_page(owner: Visitor, shop: Shop, page: str) -> None:
    assert owner.open(page.format(store=shop.program.store_id)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_manager_sees_persons_and_sales_but_not_team_or_settings(
    manager: Visitor, shop: Shop, page: str
) -> None:
    expected = 403 if page in OWNERS_ONLY else 200
    assert manager.open(page.format(store=shop.program.store_id)).status_code == expected


@pytest.mark.parametrize("page", sorted(set(PAGES) - ANYBODYS))
def test_a_cashier_sees_no_page_of_the_owner(cashier: Visitor, shop: Shop, page: str) -> None:
    assert cashier.open(page.format(store=shop.program.store_id)).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_led_to_the_door(nobody: Visitor, shop: Shop, page: str) -> None:
    address = page.format(store=shop.program.store_id)
    nobody.open(address)
    assert "¿Cuál es tu tienda?" in nobody.text
    nobody.client.set_cookie("enlaza-staff", f"{shop.program_id}.ended")
    nobody.open(address)
    assert "Entra con tu correo" in nobody.text
    assert "Calle Mayor" in nobody.text


def test_the_store_of_another_program_does_not_exist(owner: Visitor, other_shop: Shop) -> None:
    theirs = other_shop.program.store_id
    assert owner.open(f"/admin/store/{theirs}").status_code == 404
    assert owner.open(f"/admin/poster/{theirs}").status_code == 404
    assert owner.open(f"/admin?store={theirs}").status_code == 404
    assert owner.open(f"/admin/cards/print?cards={other_shop.card_id}").status_code == 404


def test_a_form_without_its_token_changes_nothing(service: Service, shop: Shop) -> None:
    answer = service.post(
        f"/admin/store/{shop.program.store_id}/look",
        shop.as_staff("owner"),
        data={"name": "Otra", "street": "", "color": "#123456"},
    )
    assert answer.status_code == 400
    assert b"Otra" not in service.get("/S/PANADERIA-SOL").data
