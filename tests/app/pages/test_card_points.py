"""Why the points, and what a shopper sets for the card; all of it without a script."""

import pytest

from loyalty.codes.pins import pin_salt
from loyalty.identity.queries import named_person_of_card
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.earning.rulesets import set_rules
from loyalty.points.policy import PointsPolicy
from loyalty.points.set_policy import set_policy
from loyalty.wire.messages import moment_text
from tests.app.test_sales_api import AT, sale
from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop


@pytest.fixture
def phone(service: Service, shop: Shop) -> Visitor:
    one = visitor(service)
    one.client.set_cookie("enlaza-card", shop.shopper)
    return one


def has_pin(service: Service, shop: Shop) -> bool:
    with service.services.database.reading(shop.program_id) as session:
        person = named_person_of_card(session, shop.program_id, shop.card_id)
        assert person is not None
        return pin_salt(session, shop.program_id, person.member_id) is not None


def test_one_tap_from_the_card_every_point_has_its_reason(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    service.post("/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT))
    phone.open("/card")
    assert 'href="/card/points"' in phone.text
    phone.open("/card/points")
    for told in ("¿Por qué tengo 12 puntos?", "Por compras", "12,40", "1 punto por cada euro"):
        assert told in phone.text
    owner = staff_visitor(service, shop, "owner")
    owner.open("/admin/people")
    person = owner.text.split('href="/admin/people/')[1].split('"')[0]
    owner.open(f"/admin/people/{person}/points")
    assert "¿Por qué tiene 12 puntos?" in owner.text


def test_an_open_card_hears_of_a_return_that_takes_a_stamp_and_no_point(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    now = service.services.tools.clock.now()
    terms = {"per": "visit", "from_minor": 1220}
    draft = RewardDraft("Café gratis", 9, "stamps", terms, "EUR")
    with service.services.database.unit_of_work(shop.program_id) as session:
        add_reward(session, shop.program_id, draft, at=now)
    sold = sale(code=shop.card_text, scanned_at=AT)
    service.post("/api/v1/sales", shop.as_till(), json=sold)
    before = phone.client.get("/card/state.json").headers["ETag"]
    asked = {"If-None-Match": before}
    assert phone.client.get("/card/state.json", headers=asked).status_code == 304
    refund = {"refund_id": "back-1", "amount_minor": 30, "refunded_at": AT}
    path = f"/api/v1/sales/{sold['sale_id']}/refunds"
    told = service.post(path, shop.as_till(), json=refund).get_json()
    assert (told["points"]["taken"], told["stamps_taken"]) == (0, 1)
    assert phone.client.get("/card/state.json", headers=asked).status_code == 200


def test_one_tap_from_a_stamp_card_every_stamp_has_its_reason(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    now = service.services.tools.clock.now()
    visits = RewardDraft("Cinco visitas", 5, "stamps", {"per": "visit"})
    with service.services.database.unit_of_work(shop.program_id) as session:
        reward = add_reward(session, shop.program_id, visits, at=now)
    decide(service, shop, PointsPolicy(pending_days=14))
    service.post("/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT))
    phone.open("/card")
    assert "0 de 5 sellos" in phone.text
    assert "1 sello más en camino: se pueden usar el 16 de marzo." in phone.text
    assert f'href="/card/points#stamps-{reward}"' in phone.text
    phone.open("/card/points")
    owner = staff_visitor(service, shop, "owner")
    owner.open("/admin/people")
    person = owner.text.split('href="/admin/people/')[1].split('"')[0]
    owner.open(f"/admin/people/{person}/points")
    for page in (phone, owner):
        for told in ("Cinco visitas", "0 de 5 sellos", "1 sello: uno por compra.", "0 sellos"):
            assert told in page.text
        assert page.text.count(f'id="stamps-{reward}"') == 1
        assert f'id="why-lots-{reward}"' in page.text


def test_a_card_without_points_says_so(phone: Visitor) -> None:
    phone.open("/card/points")
    assert "¿Por qué tengo 0 puntos?" in phone.text


def test_the_pin_of_the_printed_card_is_set_changed_and_taken_away(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    phone.open("/card/settings")
    assert "Sin PIN la tarjeta impresa suma puntos" in phone.text
    for easy in ("1111", "1234", "12a4", "123", ""):
        assert phone.send("/card/settings/pin", pin=easy).status_code == 422
        assert "Ese no vale" in phone.text
    assert not has_pin(service, shop)
    phone.send("/card/settings/pin", pin="7294")
    assert "PIN guardado" in phone.text
    assert "7294" not in phone.text
    assert has_pin(service, shop)
    phone.send("/card/settings/pin/remove")
    assert "PIN quitado" in phone.text
    assert not has_pin(service, shop)


def decide(service: Service, shop: Shop, policy: PointsPolicy) -> None:
    at = service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        set_policy(session, shop.program_id, policy, made_by="setup", at=at)


def test_a_birthday_is_asked_for_where_it_brings_something_and_can_be_forgotten(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    phone.open("/card/settings")
    assert "Tu cumpleaños" not in phone.text
    decide(service, shop, PointsPolicy(birthday_points=50))
    phone.open("/card/settings")
    assert "la tienda te regala 50 puntos" in phone.text
    for day, month in (("31", "4"), ("0", "1"), ("7", "13"), ("x", "y")):
        assert phone.send("/card/settings/birthday", day=day, month=month).status_code == 422
        assert "Ese día no existe." in phone.text
    phone.send("/card/settings/birthday", day="29", month="2")
    assert "Cumpleaños guardado" in phone.text
    assert 'value="29"' in phone.text
    assert '<option value="2" selected>febrero' in phone.text
    phone.send("/card/settings/birthday", forget="yes")
    assert 'value="29"' not in phone.text


def test_the_card_says_which_tier_it_is_and_what_is_missing(
    service: Service, shop: Shop, phone: Visitor
) -> None:
    at = service.services.tools.clock.now()
    ladder = {
        "by": "points",
        "window": "rolling",
        "months": 12,
        "upgrade": "at_once",
        "downgrade": "period_end",
        "steps": [
            {"id": "silver", "name": "Plata", "at_least": 10, "times": [2, 1]},
            {"id": "gold", "name": "Oro", "at_least": 100, "times": [3, 1]},
        ],
    }
    rules = [{"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}]
    with service.services.database.unit_of_work(shop.program_id) as session:
        version, checked = set_rules(
            session,
            shop.program_id,
            {"rules": rules, "tiers": ladder},
            currency="EUR",
            made_by="setup",
            at=at,
        )
    assert (version is not None, checked.errors) == (True, ())
    phone.open("/card")
    assert "Para Plata: 10 puntos más" in phone.text
    told = moment_text(at)
    sold = sale(code=shop.card_text, scanned_at=told, sold_at=told)
    service.post("/api/v1/sales", shop.as_till(), json=sold)
    phone.open("/card")
    for said in ("Nivel Plata", "Tus compras suman el doble.", "Para Oro: 88 puntos más"):
        assert said in phone.text
