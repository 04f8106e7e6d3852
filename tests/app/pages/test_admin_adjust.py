"""Points put right by hand: with a reason, within a role, kept with who and why, undone."""

import json
import re

import pytest

from loyalty.identity.queries import open_member_of_card
from loyalty.points.create_wallet import create_wallet
from loyalty.points.policy import PointsPolicy
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of, posting_of_act, wallet_of_member
from loyalty.points.set_policy import set_policy
from loyalty.points.take_back import take_back
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


def person_path(one: Visitor, shop: Shop) -> str:
    one.open(f"/admin/people?q={shop.card_id}")
    found = re.search(r'href="(/admin/people/[^"?]+)"', one.text.partition('class="rows"')[2])
    assert found
    one.open(found[1])
    return found[1]


def change_id(one: Visitor) -> str:
    found = re.search(r'name="change_id" value="([^"]+)"', one.text)
    assert found
    return found[1]


def points(service: Service, shop: Shop) -> int:
    with service.services.database.reading(shop.program_id) as session:
        member_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert member_id is not None
        wallet_id = wallet_of_member(session, shop.program_id, member_id)
        return balance_of(session, shop.program_id, wallet_id).points if wallet_id else 0


def change(one: Visitor, path: str, way: str, count: str, reason: str = "se olvidó") -> str:
    told = change_id(one)
    one.send(f"{path}/adjust", change_id=told, way=way, points=count, reason=reason)
    return told


def test_points_are_added_with_a_reason_and_undone(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    path = person_path(owner, shop)
    told = change(owner, path, "give", "40")
    assert "+40 puntos." in owner.text
    assert points(service, shop) == 40
    with service.services.database.reading(shop.program_id) as session:
        posting = posting_of_act(session, shop.program_id, f"adjust:{told}")
    assert posting is not None
    assert json.loads(posting.basis or "") == {
        "reason": "se olvidó",
        "actor": f"staff:{shop.staff_ids['owner']}",
        "role": "owner",
    }
    owner.undo()
    assert "Deshecho." in owner.text
    assert points(service, shop) == 0


def test_a_form_sent_twice_changes_once(service: Service, owner: Visitor, shop: Shop) -> None:
    path = person_path(owner, shop)
    told = change_id(owner)
    for _ in range(2):
        owner.send(f"{path}/adjust", change_id=told, way="give", points="40", reason="x")
    assert points(service, shop) == 40
    for _ in range(2):
        owner.send(f"{path}/adjust/undo", change_id=told)
    assert points(service, shop) == 0


def test_no_more_is_taken_than_is_there_and_the_refusal_stays(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    path = person_path(owner, shop)
    change(owner, path, "give", "10")
    told = change(owner, path, "take", "11")
    assert "No se puede quitar tanto: ahora tiene 10 puntos." in owner.text
    change(owner, path, "give", "90")
    owner.send(f"{path}/adjust", change_id=told, way="take", points="11", reason="se olvidó")
    assert "No se puede quitar tanto" in owner.text
    assert points(service, shop) == 100
    change(owner, path, "take", "100")
    assert "−100 puntos." in owner.text
    owner.undo()
    assert points(service, shop) == 100


def test_a_manager_changes_no_more_than_the_owner_lets(
    service: Service, manager: Visitor, shop: Shop
) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        policy = PointsPolicy(adjust_manager_most=25)
        set_policy(session, shop.program_id, policy, made_by="setup", at=parts.tools.clock.now())
    path = person_path(manager, shop)
    assert "Hasta 25 puntos de una vez." in manager.text
    change(manager, path, "give", "26")
    assert "De una vez puedes cambiar hasta 25 puntos." in manager.text
    assert points(service, shop) == 0
    change(manager, path, "give", "25")
    assert points(service, shop) == 25


def test_a_cashier_changes_none(cashier: Visitor, owner: Visitor, shop: Shop) -> None:
    path = person_path(owner, shop)
    told = change_id(owner)
    cashier.open(path)
    assert "Cambiar puntos a mano" not in cashier.text
    answer = cashier.send(f"{path}/adjust", change_id=told, way="give", points="1", reason="x")
    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("count", ["0", "-5", "1,5", "", "99999999999", "muchos"])
def test_what_is_no_number_of_points_is_told_at_its_field(
    service: Service, owner: Visitor, shop: Shop, count: str
) -> None:
    path = person_path(owner, shop)
    change(owner, path, "give", count)
    assert "Pon un número entero de puntos, al menos 1." in owner.text
    assert 'value="se olvidó"' in owner.text
    assert points(service, shop) == 0


def test_nothing_is_changed_without_a_reason(service: Service, owner: Visitor, shop: Shop) -> None:
    path = person_path(owner, shop)
    change(owner, path, "give", "5", reason="   ")
    assert "Escribe el motivo, hasta 200 letras." in owner.text
    assert points(service, shop) == 0


def owe(service: Service, shop: Shop, count: int) -> None:
    """Let somebody have used points whose purchase comes back."""
    at = service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        member_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert member_id is not None
        wallet_id = create_wallet(session, shop.program_id, member_id, at=at)
        act = Act("lost", occurred_at=at, subject="sale:lost")
        take_back(session, shop.program_id, wallet_id, act=act, points=count, at=at)


def debt(service: Service, shop: Shop) -> int:
    with service.services.database.reading(shop.program_id) as session:
        member_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert member_id is not None
        wallet_id = wallet_of_member(session, shop.program_id, member_id)
        assert wallet_id is not None
        return balance_of(session, shop.program_id, wallet_id).debt


def test_a_debt_is_let_go_once_with_a_reason_and_as_far_as_the_role_may(
    service: Service, owner: Visitor, manager: Visitor, shop: Shop
) -> None:
    path = person_path(owner, shop)
    assert "Perdonar lo que debe" not in owner.text
    owe(service, shop, 600)
    person_path(manager, shop)
    assert "Perdonar lo que debe: 600 puntos" in manager.text
    manager.send(f"{path}/forgive", change_id=change_id(manager), reason="es vecina")
    assert "hasta 500 puntos" in manager.text
    assert debt(service, shop) == 600
    owner.open(path)
    owner.send(f"{path}/forgive", change_id=change_id(owner), reason="  ")
    assert debt(service, shop) == 600, "nobody lets a debt go without saying why"
    owner.open(path)
    told = change_id(owner)
    for _ in range(2):
        owner.send(f"{path}/forgive", change_id=told, reason="es vecina")
        assert "Perdonado: 600 puntos." in owner.text
    assert (debt(service, shop), points(service, shop)) == (0, 0)
    with service.services.database.reading(shop.program_id) as session:
        posting = posting_of_act(session, shop.program_id, f"forgive:{told}")
    assert posting is not None
    kept = json.loads(posting.basis or "")
    assert (kept["reason"], kept["role"]) == ("es vecina", "owner")
