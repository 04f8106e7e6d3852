"""Notes from shoppers, printed cards and the poster."""

import re

import pytest

from app.pages.admin_notes import reply_address
from loyalty.identity.queries import person_of_card
from loyalty.visits.notes import NoteDraft, keep_note
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


def leave(service: Service, shop: Shop, text: str, **more: str) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        draft = NoteDraft(
            store_id=shop.program.store_id,
            text=text,
            reply_to=more.get("reply_to", ""),
            card_id=more.get("card_id"),
        )
        keep_note(session, shop.program_id, draft, at=parts.tools.clock.now())


def test_a_note_stands_under_its_person_and_is_marked_read(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    leave(service, shop, "¿Hay roscón?", reply_to="612 34 56 78", card_id=shop.card_id)
    leave(service, shop, "<b>Hola</b>")
    owner.open("/admin/notes")
    assert "Lucía F." in owner.text
    assert "tel:+34612345678" in owner.text
    assert "Alguien sin tarjeta" in owner.text
    assert "&lt;b&gt;Hola" in owner.text
    read = re.search(r'action="(/admin/notes/[^"]+/read)"', owner.text)
    assert read
    owner.send(read[1])
    assert owner.text.count("sin leer</span>") < 4
    owner.undo()
    assert "La nota vuelve a estar sin leer." in owner.text


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ana@correo.es", "mailto:ana@correo.es"),
        ("612 345 678", "tel:+34612345678"),
        ("llámame por la tarde", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_reply_leads_only_to_mail_or_phone(typed: str, address: str) -> None:
    assert reply_address(typed, country="ES") == address


def test_a_stack_of_cards_is_made_and_shown_ready_to_print(owner: Visitor, shop: Shop) -> None:
    owner.open("/admin/cards")
    owner.send("/admin/cards", store_id=str(shop.program.store_id), count="7")
    assert owner.text.count('class="card-front"') == 7
    assert owner.text.count("card-sheet") == 2, "five fit on a page"
    owner.open("/admin/cards")
    assert "7 tarjetas impresas sin recoger" in owner.text


def test_a_shop_without_printed_cards_is_told_so_once(owner: Visitor) -> None:
    owner.open("/admin/cards")
    assert "Aún no hay tarjetas impresas" in owner.text
    assert "sin recoger" not in owner.text


def test_the_story_says_who_voided_a_card_and_why(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    with service.services.database.reading(shop.program_id) as session:
        person = person_of_card(session, shop.program_id, shop.card_id)
    assert person is not None
    owner.open(f"/admin/people/{person.person_id}")
    owner.send(f"/admin/cards/{person.person_id}/{shop.card_id}/void", reason="se le mojó")
    assert "Se anuló una tarjeta" in owner.text
    assert "lo hizo la tienda, por: se le mojó" in owner.text


def test_too_many_cards_at_once_are_refused(owner: Visitor, shop: Shop) -> None:
    owner.open("/admin/cards")
    owner.send("/admin/cards", store_id=str(shop.program.store_id), count="5000")
    assert "Pide de 1 a 200 tarjetas." in owner.text


def test_the_poster_shows_address_rewards_and_rule(owner: Visitor, shop: Shop) -> None:
    owner.open("/admin/points/rewards/new/product")
    owner.send(
        "/admin/points/rewards/new/product", name="un café", points="1000", at_till="1", on_web="1"
    )
    owner.open(f"/admin/poster/{shop.program.store_id}")
    assert "Panadería Sol" in owner.text
    assert "1.000" in owner.text
    assert "1 punto por cada euro" in owner.text
    assert f"/S/{shop.slug}" in owner.text
