"""Two cards of one person on one phone: together in the open, and apart again by one tap."""

from loyalty.identity.cannot_link import NotTheSame, declare_not_the_same
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.carriers import PrintedCard, print_cards
from tests.support.forms import Visitor, visitor
from tests.support.service import Service, Shop


def printed(service: Service, shop: Shop) -> PrintedCard:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        return print_cards(
            session,
            shop.program_id,
            shop.program.store_id,
            1,
            language="es",
            actor="owner",
            tools=parts.tools,
        )[0]


def phone(service: Service, shop: Shop) -> Visitor:
    mine = visitor(service)
    program, _, secret = shop.shopper.partition(".")
    mine.client.set_cookie("enlaza-card", f"{program}.{secret}")
    return mine


def test_a_printed_card_taken_by_mistake_is_let_go_by_one_tap(service: Service, shop: Shop) -> None:
    card, mine = printed(service, shop), phone(service, shop)
    mine.open(f"/Q/{card.text}")
    mine.send("/Q/claim", text=card.text)
    assert "La tarjeta impresa y la de este móvil ya son una." in mine.text
    mine.undo()
    assert "Tarjetas separadas. Cada una tiene otra vez sus puntos." in mine.text
    mine.undo()
    assert "Vuelve a estar unido." in mine.text


def test_two_cards_that_the_shop_keeps_apart_do_not_pretend_to_be_one(
    service: Service, shop: Shop
) -> None:
    card, parts = printed(service, shop), service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        mine_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert mine_id is not None
        said = NotTheSame(shop.program_id, mine_id, card.member_id, "staff:1", "son hermanas")
        declare_not_the_same(session, said, at=parts.tools.clock.now())
    mine = phone(service, shop)
    mine.open(f"/Q/{card.text}")
    mine.send("/Q/claim", text=card.text)
    assert "No se juntan: la tienda dijo que son de dos personas." in mine.text
    assert "ya son una" not in mine.text
