"""Two cards of one person on one phone: together in the open, and apart again by one tap."""

from loyalty.identity.cannot_link import NotTheSame, declare_not_the_same
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.carriers import PrintedCard, print_cards
from tests.support.doubt import doubt
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


def keep_apart(service: Service, shop: Shop, card: PrintedCard) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        mine_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert mine_id is not None
        said = NotTheSame(shop.program_id, mine_id, card.member_id, "staff:1", "son hermanas")
        declare_not_the_same(session, said, at=parts.tools.clock.now())


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
    card = printed(service, shop)
    keep_apart(service, shop, card)
    mine = phone(service, shop)
    mine.open(f"/Q/{card.text}")
    mine.send("/Q/claim", text=card.text)
    assert "No se juntan: la tienda dijo que son de dos personas." in mine.text
    assert "ya son una" not in mine.text


def test_a_card_that_the_shop_keeps_apart_does_not_come_back_by_the_way_back(
    service: Service, shop: Shop
) -> None:
    card, mine = printed(service, shop), phone(service, shop)
    mine.open(f"/Q/{card.text}")
    mine.send("/Q/claim", text=card.text)
    mine.undo()
    keep_apart(service, shop, card)
    mine.undo()
    assert "No se juntan: la tienda dijo que son de dos personas." in mine.text
    assert "Vuelve a estar unido." not in mine.text


def test_staff_take_two_cards_apart_for_good_and_the_page_says_what_holds(
    service: Service, shop: Shop, owner: Visitor
) -> None:
    two = doubt(service, shop)
    api, staff = "/api/v1/identity", shop.as_staff("owner")
    ends = {"a": str(two.one), "b": str(two.other), "reason": "la conozco"}
    joined = service.post(f"{api}/links", staff, json={"act_id": "l1", **ends}).get_json()
    path, link_id = f"/admin/people/{joined['person_id']}", joined["link_id"]
    owner.open(path)
    owner.send(f"{path}/apart", link_id=link_id, reason="son hermanas")
    assert "Separado para siempre." in owner.text
    owner.undo()
    assert "Vuelve a estar unido." in owner.text
    told = service.get(f"/api/v1/persons/{joined['person_id']}", staff).get_json()
    assert {card["card_id"] for card in told["cards"]} == set(two.card_ids)
    again = next(each for each in told["links"] if each["kind"] == "join" and each["active"])
    owner.send(f"{path}/separate", link_id=again["link_id"], reason="son hermanas")
    service.post(f"{api}/cannot-links", staff, json={"act_id": "n1", **ends})
    owner.undo()
    assert "No se juntan: alguien dijo que no son la misma persona." in owner.text
    assert "Vuelve a estar unido." not in owner.text
