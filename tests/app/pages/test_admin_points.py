"""How points are earned, as an owner writes it: sentences, a basket to try, versions, undo."""

import re

import pytest

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.points.earning.rulesets import RulesetFacts, rules_in_force, versions_of
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGE = "/admin/points"
RULE = f"{PAGE}/rules/market"
MONEY = {"kind": "per_money", "points": "1", "per": "1", "tax": "in"}


@pytest.fixture
def shelf(service: Service, shop: Shop) -> None:
    parts, made = service.services, shop.program
    drafts = (
        ProductDraft("PAN", "Pan de pueblo", 120, 400, category="Panes"),
        ProductDraft("PURO", "Puro", 300, 2100, category="Tabaco", barcode="8400000000017"),
    )
    with parts.database.unit_of_work(shop.program_id) as session:
        at = parts.tools.clock.now()
        save_products(session, shop.program_id, made.store_id, drafts, currency="EUR", at=at)


def in_force(service: Service, shop: Shop) -> RulesetFacts:
    parts = service.services
    with parts.database.reading(shop.program_id) as session:
        at = parts.tools.clock.now()
        held = rules_in_force(session, shop.program_id, currency="EUR", at=at)
    assert held is not None
    return held


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_rules_are_read_as_sentences(owner: Visitor) -> None:
    owner.open(PAGE)
    assert "1 punto por cada euro" in owner.text
    assert "Esta compra ganaría 24 puntos." in owner.text
    assert "vale ahora" in owner.text


@pytest.mark.usefixtures("shelf")
def test_an_owner_writes_a_rule_and_reads_it_back_in_one_line(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    base = in_force(service, shop).document.rules[0].rule_id
    owner.open(f"{PAGE}/rules/{base}")
    told = {
        "name": "Martes de mercado",
        "minimum": "10",
        "day_2": "2",
        "exclude_category": "Tabaco",
        "hours_start_1": "17:00",
        "hours_end_1": "20:00",
        "hours_times_1": "3/2",
        "cap_member_day": "50",
        "valid_until": "2030-12-31",
    }
    owner.send(f"{PAGE}/rules/{base}", **MONEY, **told)
    text = plain(owner.text)
    assert "Regla guardada." in text
    assert (
        "1 punto por cada euro · sin Tabaco · desde 10 € · los martes el doble"
        " · de 17:00 a 20:00 por 1,5 · hasta 50 puntos al día por persona"
        " · hasta el 31 dic 2030" in text
    )
    assert "ninguna regla vale para todo" in text
    owner.open(f"{PAGE}/rules/{base}")
    for name, value in (("minimum", "10"), ("hours_start_1", "17:00"), ("cap_member_day", "50")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', owner.text), name
    assert re.search(r'value="Tabaco" checked', owner.text)


def test_each_change_is_a_version_and_undo_is_another(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    first = in_force(service, shop)
    owner.open(RULE)
    owner.send(RULE, kind="per_visit", points="5", tax="in", name="Por venir")
    assert "5 puntos por cada compra" in owner.text
    assert "gana la que más da" in owner.text
    assert len(in_force(service, shop).document.rules) == 2
    owner.undo()
    assert "Vuelven a valer esas reglas" in owner.text
    now = in_force(service, shop)
    assert (now.version, now.document) == (first.version + 2, first.document)
    assert now.made_by == f"staff:{shop.staff_ids['owner']}"
    owner.send(f"{PAGE}/versions/{first.version + 1}/again")
    assert len(in_force(service, shop).document.rules) == 2
    owner.send(f"{RULE}/remove")
    assert in_force(service, shop).document == first.document
    base = first.document.rules[0].rule_id
    owner.send(f"{PAGE}/rules/{base}/remove")
    assert "Tiene que quedar al menos una regla" in owner.text
    with service.services.database.reading(shop.program_id) as session:
        assert len(versions_of(session, shop.program_id, "EUR")) == first.version + 4


@pytest.mark.usefixtures("shelf")
def test_a_basket_says_which_rule_wins_and_why_before_anything_is_kept(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    before = in_force(service, shop)
    owner.open(RULE)
    basket = {
        "try_product_1": "Pan de pueblo · PAN",
        "try_quantity_1": "10",
        "try_product_2": "8400000000017",
        "try_rest": "4,50",
        "try_day": "2026-11-24",
        "try_time": "10:00",
    }
    told = {"kind": "per_money", "points": "2", "per": "1", "tax": "in"}
    goods = {"exclude_category": "Tabaco", "minimum": "5", "day_2": "2"}
    answer = owner.send(f"{RULE}/try", **told, **goods, **basket)
    text = plain(owner.text)
    assert answer.status_code == 200
    assert "Esta compra ganaría 66 puntos." in text
    assert "Cuentan 16,50 € de 19,50 € · el doble" in text
    assert "gana: 66 puntos" in text
    assert in_force(service, shop) == before


def test_the_basket_of_the_list_tells_what_the_rules_in_force_give(owner: Visitor) -> None:
    owner.open(f"{PAGE}?try_rest=7,99&try_day=2026-11-24&try_time=10:00")
    assert "Esta compra ganaría 7 puntos." in owner.text
    owner.open(f"{PAGE}?try_rest=0,99&try_day=2026-11-24&try_time=10:00")
    assert "Esta compra no ganaría puntos." in owner.text
    assert "No llega para un paso entero." in owner.text
    owner.open(f"{PAGE}?try_rest=mucho&try_day=ayer&try_time=10:00&try_product_1=Dragón")
    for sentence in (
        "Escribe un importe",
        "Escribe un día y una hora",
        "No encuentro ese producto",
    ):
        assert sentence in owner.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"points": "0"}, "Ese número no cabe aquí."),
        ({"points": "-3"}, "Escribe un número entero, sin decimales."),
        ({"points": "1,5"}, "Escribe un número entero, sin decimales."),
        ({"points": "9" * 40}, "Escribe un número entero, sin decimales."),
        ({"points": ""}, "Falta este dato."),
        ({"per": ""}, "Falta este dato."),
        ({"per": "gratis"}, "Escribe un importe, por ejemplo 10 o 2,50."),
        ({"kind": "per_unit", "units": "0"}, "Ese número no cabe aquí."),
        ({"include_add": "Dragón"}, "No encuentro ese producto en tu lista."),
        (
            {"include_category": "Panes", "exclude_category": "Panes"},
            "Quita justo lo que la regla cuenta",
        ),
        ({"hours_start_1": "10:00"}, "Falta este dato."),
        ({"hours_start_1": "10:00", "hours_end_1": "10:00"}, "Empieza y acaba a la misma hora."),
        ({"day_1": "20"}, "Ese número no cabe aquí."),
        ({"day_1": "1/0"}, "Escribe cuántas veces, por ejemplo 2 o 1,5."),
        ({"cap_total": "0"}, "Ese número no cabe aquí."),
        (
            {"valid_from": "2027-02-01", "valid_until": "2027-01-01"},
            "El último día va después del primero.",
        ),
        ({"valid_from": "mañana"}, "Escribe un día que exista."),
        ({}, "no ganaría nunca"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_kept(
    service: Service, owner: Visitor, shop: Shop, fields: dict[str, str], sentence: str
) -> None:
    before = in_force(service, shop)
    owner.open(RULE)
    answer = owner.send(RULE, **{**MONEY, "name": "Rara", **fields})
    assert answer.status_code == 422
    assert sentence in owner.text
    assert 'value="Rara"' in owner.text
    assert in_force(service, shop) == before


def test_a_version_or_rule_that_is_not_there_is_not_found(owner: Visitor) -> None:
    owner.open(RULE)
    assert owner.send(f"{PAGE}/versions/99/again").status_code == 404
    assert owner.send(f"{PAGE}/rules/nothing/remove").status_code == 404


def test_the_rules_speak_english_too(owner: Visitor) -> None:
    owner.headers["Accept-Language"] = "en"
    owner.open(RULE)
    owner.send(RULE, **{**MONEY, "day_2": "2", "day_4": "2"})
    assert "1 point per euro · on Tuesdays and Thursdays double" in owner.text
