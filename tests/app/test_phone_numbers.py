"""A phone number over HTTP: left with an order or told to staff, proved by nobody, never a key."""

import html
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from loyalty.identity.audit import audit_persons
from loyalty.identity.identifiers import find_identifier, forget_value
from loyalty.identity.models import Identifier
from loyalty.identity.queries import person_of_card
from loyalty.identity.states import kind_and_state
from loyalty.kernel.ids import new_id
from tests.support.clock import ManualClock
from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop, give_card
from tests.support.takes_orders import kitchen, take_orders

NUMBER = "+34612345678"
WIDE = "612345678".translate({ord(each): ord(each) + 0xFEE0 for each in "0123456789"})
WRITINGS = ("612 345 678", "0034 612-34-56-78", "٦١٢٣٤٥٦٧٨", WIDE, NUMBER)
NOBODYS = ("666666666", "600 000 000", "+34 666 666 666", "٦٦٦٦٦٦٦٦٦")
NO_NUMBERS = ("undefined", "[object Object]", "12", "llama al timbre", "🥖", "x" * 40)


@pytest.fixture
def owner(service: Service, shop: Shop) -> Visitor:
    return staff_visitor(service, shop, "owner")


@pytest.fixture
def goods(service: Service, shop: Shop) -> Mapping[str, UUID]:
    return take_orders(service, shop)


def path_of(service: Service, shop: Shop, card_id: str) -> str:
    with service.services.database.reading(shop.program_id) as session:
        person = person_of_card(session, shop.program_id, card_id)
    assert person is not None
    return f"/admin/people/{person.person_id}"


def member_of(service: Service, shop: Shop, card_id: str) -> UUID | None:
    with service.services.database.reading(shop.program_id) as session:
        person = person_of_card(session, shop.program_id, card_id)
    return None if person is None else person.open_member_id


def add(owner: Visitor, path: str, number: str, reason: str = "Nos lo dio para avisarle") -> None:
    owner.open(path)
    owner.send(f"{path}/phone", phone=number, reason=reason)


def phones(service: Service, shop: Shop) -> int:
    with service.services.database.reading(shop.program_id) as session:
        found = select(func.count()).select_from(Identifier).where(Identifier.kind == "phone")
        return int(session.execute(found).scalar_one())


def whose(service: Service, shop: Shop, number: str = NUMBER) -> tuple[UUID | None, str]:
    """Say which membership a number points at, and whether it joins."""
    parts = service.services
    with parts.database.reading(shop.program_id) as session:
        own = find_identifier(session, shop.program_id, "phone", number, keys=parts.tools.keys)
        assert own is not None, "the number is known"
        found = audit_persons(session, shop.program_id)
        assert found == ()
        cluster = select(Identifier.cluster_id).where(Identifier.identifier_id == own)
        inside = select(Identifier.identifier_id).where(
            Identifier.cluster_id.in_(cluster), Identifier.kind == "member"
        )
        member = session.execute(inside).scalar_one_or_none()
        return member, kind_and_state(session, shop.program_id, own)[1]


def ordered(service: Service, shop: Shop, text: str, *, code: str) -> Any:  # noqa: ANN401
    """Order at the till with a card, and leave a number."""
    here, slot = kitchen(service, shop), kitchen(service, shop).offered()[0]
    told = {
        "order_id": str(new_id(here.parts.tools.clock.now())),
        "slot_starts_at": slot.isoformat(),
        "lines": [{"product_ref": "BREAD", "quantity_milli": 1000}],
        "contact": {"name": "Ana", "phone": text},
        "code": code,
    }
    return service.post("/api/v1/orders", shop.as_till(), json=told)


def test_however_a_number_is_written_it_is_one_and_is_shown_masked(
    service: Service, shop: Shop, owner: Visitor
) -> None:
    path = path_of(service, shop, shop.card_id)
    for writing in WRITINGS:
        add(owner, path, writing)
        assert "Teléfono guardado." in owner.text
    assert phones(service, shop) == 1
    assert whose(service, shop) == (member_of(service, shop, shop.card_id), "ok")
    owner.open(path)
    assert "teléfono •••678" in owner.text
    assert "Dio el teléfono •••678" in owner.text
    assert "«Nos lo dio para avisarle»" in owner.text
    assert "Dicho, sin comprobar · " in owner.text, "and proved by nobody"
    for writing in WRITINGS:
        owner.open(f"/admin/people?q={writing.replace('+', '%2B')}")
        assert path in owner.text, "the whole number finds its person"
        assert "•••678" in owner.text
    for part in ("612345679", "%2B34612", "%2B", "61234567"):
        owner.open(f"/admin/people?q={part}")
        assert path not in owner.text, "no part of it does"
    cashier = staff_visitor(service, shop, "cashier")
    assert cashier.open(path).status_code == 200
    for page in (owner.text, cashier.text):
        assert "34612345678" not in html.unescape(page).replace(" ", "")
    assert "•••678" not in cashier.text, "a counter needs no number"


def test_staff_say_why_and_take_it_back_at_once(
    service: Service, shop: Shop, owner: Visitor
) -> None:
    path = path_of(service, shop, shop.card_id)
    add(owner, path, NUMBER, reason=" ")
    assert "Di por qué, en unas palabras. No se ha cambiado nada." in owner.text
    assert phones(service, shop) == 0
    add(owner, path, NUMBER)
    owner.undo()
    assert "Separado. Los puntos siguen en su tarjeta." in owner.text
    assert whose(service, shop) == (None, "ok")


def test_a_placeholder_or_no_number_is_kept_out_and_stops_no_order(
    service: Service, shop: Shop, owner: Visitor, goods: Mapping[str, UUID]
) -> None:
    assert goods
    path = path_of(service, shop, shop.card_id)
    for text in NOBODYS:
        add(owner, path, text)
        assert "Ese número no es de nadie. No se ha guardado." in owner.text
    for text in NO_NUMBERS:
        add(owner, path, text)
        assert "Ese teléfono no existe. Revisa las cifras." in owner.text
    for text in ("666666666", "undefined", "llama al timbre"):
        assert ordered(service, shop, text, code=shop.card_text).status_code == 201
    assert phones(service, shop) == 0


def test_a_number_left_with_an_order_is_the_shoppers_to_see_and_to_take_off(
    service: Service, shop: Shop, owner: Visitor, goods: Mapping[str, UUID]
) -> None:
    assert goods
    assert ordered(service, shop, "612 345 678", code=shop.card_text).status_code == 201
    member = member_of(service, shop, shop.card_id)
    assert whose(service, shop) == (member, "ok")
    mine = visitor(service)
    mine.client.set_cookie("enlaza-card", shop.shopper)
    mine.open("/card/privacy")
    assert "Tu teléfono •••678" in mine.text
    assert "Porque diste este número el" in mine.text
    link = re.search(r'value="([0-9a-f]{64})"(?:(?!</form>).)*value="phone"', mine.text, re.DOTALL)
    assert link, "there is an unlink button beside it"
    mine.send("/card/privacy/unlink", link_id=link[1], kind="phone")
    assert "Teléfono desunido. Tus puntos siguen aquí." in mine.text
    assert whose(service, shop) == (None, "ok")
    mine.undo()
    assert whose(service, shop) == (member, "ok")
    with service.services.database.unit_of_work(shop.program_id) as session:
        keys = service.services.tools.keys
        own = find_identifier(session, shop.program_id, "phone", NUMBER, keys=keys)
        assert own is not None
        forget_value(session, shop.program_id, own)
    mine.open("/card/privacy")
    assert "Tu teléfono" in mine.text
    assert "•••678" not in mine.text
    owner.open("/admin/people?q=612345678")
    assert path_of(service, shop, shop.card_id) not in owner.text, "and nobody is found by it"


def own_page(service: Service, cookie: str) -> Visitor:
    mine = visitor(service)
    mine.client.set_cookie("enlaza-card", cookie)
    mine.open("/card/privacy")
    return mine


def number_link(page: Visitor) -> str:
    found = re.search(r'value="([0-9a-f]{64})"(?:(?!</form>).)*value="phone"', page.text, re.DOTALL)
    assert found, "there is an unlink button beside the number"
    return found[1]


def test_what_the_shop_wrote_down_is_told_to_the_shopper_with_its_reason(
    service: Service, shop: Shop, owner: Visitor
) -> None:
    add(owner, path_of(service, shop, shop.card_id), NUMBER, reason="lo dijo en caja")
    mine = own_page(service, shop.shopper)
    assert "Porque la tienda lo apuntó el" in mine.text
    assert "«lo dijo en caja»" in mine.text
    assert "Porque diste este número" not in mine.text


def test_each_of_two_who_gave_one_number_sees_and_takes_off_their_own_word_only(
    service: Service, shop: Shop, owner: Visitor, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    assert goods
    other_id, other_text, other_cookie = give_card(service, shop.program)
    ana, berta = (member_of(service, shop, each) for each in (shop.card_id, other_id))
    for code in (shop.card_text, other_text):
        clock.advance(minutes=1)
        assert ordered(service, shop, NUMBER, code=code).status_code == 201
    mine, theirs = own_page(service, shop.shopper), own_page(service, other_cookie)
    assert "Porque diste este número el 2 de marzo de 2026. No une nada." in theirs.text
    assert "No une nada." not in mine.text
    first, second = number_link(mine), number_link(theirs)
    mine.send("/card/privacy/unlink", link_id=second, kind="phone")
    owner.open("/admin/reviews")
    assert "Las dos dieron el mismo teléfono." in owner.text, "that was not hers to take off"
    mine.open("/card/privacy")
    mine.send("/card/privacy/unlink", link_id=first, kind="phone")
    assert whose(service, shop) == (berta, "ok")
    theirs.open("/card/privacy")
    assert "No une nada." not in theirs.text
    assert "Volver a unir" not in theirs.text, "what another took off is not told"
    theirs.send("/card/privacy/relink", link_id=first)
    assert whose(service, shop) == (berta, "ok"), "nor is it anybody else's to put back"
    theirs.open("/card/privacy")
    theirs.send("/card/privacy/unlink", link_id=second, kind="phone")
    assert whose(service, shop) == (None, "ok")
    mine.open("/card/privacy")
    mine.send("/card/privacy/relink", link_id=first)
    assert whose(service, shop) == (ana, "ok")


def test_two_known_people_with_one_number_are_a_question_and_never_one(
    service: Service, shop: Shop, owner: Visitor, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    assert goods
    other_id, other_text, _ = give_card(service, shop.program)
    ana, berta = (member_of(service, shop, each) for each in (shop.card_id, other_id))
    assert ordered(service, shop, NUMBER, code=shop.card_text).status_code == 201
    clock.advance(minutes=1)
    assert ordered(service, shop, NUMBER, code=other_text).status_code == 201
    assert (member_of(service, shop, shop.card_id), member_of(service, shop, other_id)) == (
        ana,
        berta,
    )
    assert whose(service, shop) == (ana, "ok")
    owner.open("/admin/reviews")
    assert "Las dos dieron el mismo teléfono." in owner.text
    add(owner, path_of(service, shop, other_id), NUMBER)
    assert "Otra persona dio ese mismo número." in owner.text
    assert whose(service, shop) == (ana, "ok")


def test_one_number_for_fifty_members_points_at_nobody(
    service: Service, shop: Shop, owner: Visitor, clock: ManualClock
) -> None:
    cards = [shop.card_id, *(give_card(service, shop.program)[0] for _ in range(49))]
    members = [member_of(service, shop, each) for each in cards]
    paths = [path_of(service, shop, each) for each in cards]
    owner.open(paths[0])
    for turn, path in enumerate(paths):
        clock.advance(minutes=1)
        told = {"csrf_token": owner.token, "phone": NUMBER, "reason": "lo dijo en caja"}
        assert owner.client.post(f"{path}/phone", data=told).status_code == 303
        if turn == 3:
            assert whose(service, shop) == (members[0], "ok"), "a family may share a number"
    assert whose(service, shop) == (None, "generic"), "and half a street does not"
    owner.open(paths[0])
    assert "Ese número lo ha dado mucha gente: no une a nadie." in owner.text
    assert [member_of(service, shop, each) for each in cards] == members, "nobody was joined"
    owner.open("/admin/reviews")
    assert "mismo teléfono" not in owner.text, "what stands for many asks nothing"
