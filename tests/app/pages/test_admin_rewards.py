"""What points can be redeemed for, as its owner sets it: every kind, with undo and plain words."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.points.queries import rewards_of
from loyalty.points.rules import RewardFacts
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGE = "/admin/points/rewards"
BARCODE = "8400000000017"
EVERYWHERE = {"at_till": "1", "on_web": "1"}


@pytest.fixture
def shelf(service: Service, shop: Shop) -> None:
    parts, made = service.services, shop.program
    drafts = (
        ProductDraft("PAN", "Pan de pueblo", 120, 400, category="Panes"),
        ProductDraft(
            "CAFE", "Café molido", 450, 1000, category="Despensa", barcode="8400000000017"
        ),
    )
    with parts.database.unit_of_work(shop.program_id) as session:
        at = parts.tools.clock.now()
        save_products(session, shop.program_id, made.store_id, drafts, currency="EUR", at=at)


def offered(service: Service, shop: Shop) -> dict[str, RewardFacts]:
    with service.services.database.reading(shop.program_id) as session:
        return {one.name: one for one in rewards_of(session, shop.program_id)}


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_a_reward_is_offered_retired_and_back(owner: Visitor) -> None:
    owner.open(f"{PAGE}/new/fixed")
    owner.send(f"{PAGE}/new/product", name="un café", points="100", **EVERYWHERE)
    assert "Premio añadido." in owner.text
    assert "100 puntos" in plain(owner.text)
    owner.undo()
    assert "Premio retirado." in owner.text
    assert "Volver a ofrecer" in owner.text
    owner.undo()
    assert "El premio vuelve a la lista." in owner.text
    assert "Volver a ofrecer" not in owner.text


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("kind", "fields", "sentence", "parameters"),
    [
        ("fixed", {"minor": "5"}, "5 € menos", {"minor": 500}),
        (
            "percent",
            {"percent": "10", "cap_minor": "2,50", "goods_category": "Panes"},
            "10 % menos en Panes",
            {"percent": 10, "cap_minor": 250, "categories": ["Panes"]},
        ),
        (
            "product",
            {"goods_add": BARCODE, "worth_minor": "4,50", "pieces": ""},
            "Gratis, de Café molido",
            {"products": ["CAFE"], "worth_minor": 450},
        ),
        (
            "money",
            {"per_points": "100", "minor": "1"},
            "100 puntos valen 1 €",
            {"per_points": 100, "minor": 100},
        ),
        (
            "stamps",
            {"per": "product", "goods_add": "Pan de pueblo", "free_category": "Panes"},
            "Un sello por cada uno de Pan de pueblo",
            {"per": "product", "products": ["PAN"], "free_categories": ["Panes"]},
        ),
    ],
)
def test_every_kind_is_set_by_a_plain_form(
    service: Service,
    owner: Visitor,
    shop: Shop,
    kind: str,
    fields: dict[str, str],
    sentence: str,
    parameters: dict[str, object],
) -> None:
    owner.open(f"{PAGE}/new/{kind}")
    owner.send(f"{PAGE}/new/{kind}", name="Premio", points="10", **EVERYWHERE, **fields)
    assert sentence in plain(owner.text)
    reward = offered(service, shop)["Premio"]
    assert (reward.kind, reward.parameters) == (kind, parameters)
    owner.open(f"{PAGE}/{reward.reward_id}")
    assert "Guardar premio" in owner.text


def test_terms_are_days_of_the_shop_and_come_back_as_they_were_typed(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    owner.open(f"{PAGE}/new/fixed")
    terms = {
        "minimum_minor": "20",
        "valid_from": "2027-01-01",
        "valid_until": "2027-01-31",
        "stock": "0",
        "per_member": "2",
        "per_member_day": "1",
        "at_till": "1",
    }
    owner.send(f"{PAGE}/new/fixed", name="Cuesta de enero", points="50", minor="5", **terms)
    text = plain(owner.text)
    for part in ("compras desde 20 €", "hasta el 31 ene 2027", "0 en total", "solo en caja"):
        assert part in text
    reward = offered(service, shop)["Cuesta de enero"]
    assert reward.valid_from == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert reward.valid_until == datetime(2027, 1, 31, 23, tzinfo=UTC)
    owner.open(f"{PAGE}/{reward.reward_id}")
    for name, value in terms.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', owner.text), name


@pytest.mark.usefixtures("shelf")
def test_a_change_is_undone_with_all_its_goods(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    owner.open(f"{PAGE}/new/fixed")
    goods = {"goods_category": "Panes", "goods_add": "CAFE"}
    owner.send(f"{PAGE}/new/product", name="Regalo", points="10", **goods, **EVERYWHERE)
    before = offered(service, shop)["Regalo"]
    address = f"{PAGE}/{before.reward_id}"
    owner.send(address, name="Regalo", points="20", goods_category="Despensa", on_web="1")
    assert offered(service, shop)["Regalo"].points == 20
    owner.undo()
    assert offered(service, shop)["Regalo"] == before


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("fixed", {"name": "", "minor": "5"}, "Escribe el premio, hasta 60 letras."),
        ("fixed", {"points": "0", "minor": "5"}, "Pon cuántos puntos cuesta, al menos 1."),
        ("fixed", {"points": "-5", "minor": "5"}, "Pon cuántos puntos cuesta, al menos 1."),
        ("fixed", {"points": "1,5", "minor": "5"}, "Pon cuántos puntos cuesta, al menos 1."),
        ("fixed", {"points": "9" * 12, "minor": "5"}, "Pon cuántos puntos cuesta, al menos 1."),
        ("fixed", {"minor": "gratis"}, "Escribe el importe, por ejemplo 5 o 2,50."),
        ("fixed", {"minor": "5", "at_till": "", "on_web": ""}, "Elige al menos un sitio"),
        ("percent", {"percent": "101"}, "Pon de 1 a 100."),
        ("product", {"goods_add": "Unicornio"}, "No encuentro ese producto en tu lista."),
        ("stamps", {"per": "product"}, "Elige al menos una categoría o un producto."),
        (
            "fixed",
            {"minor": "5", "valid_from": "2027-02-01", "valid_until": "2027-01-31"},
            "que no sea antes del primero",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(
    service: Service,
    owner: Visitor,
    shop: Shop,
    kind: str,
    fields: dict[str, str],
    sentence: str,
) -> None:
    owner.open(f"{PAGE}/new/{kind}")
    told = {"name": "Premio raro", "points": "10", **EVERYWHERE, **fields}
    answer = owner.send(f"{PAGE}/new/{kind}", **told)
    assert answer.status_code == 422
    assert sentence in owner.text
    assert 'aria-invalid="true"' in owner.text
    assert not fields.get("name", "x") or "Premio raro" in owner.text
    assert offered(service, shop) == {}


def test_a_kind_or_reward_that_is_not_there_is_not_found(owner: Visitor) -> None:
    assert owner.open(f"{PAGE}/new/pony").status_code == 404
    assert owner.open(f"{PAGE}/{UUID(int=7)}").status_code == 404


def test_the_rewards_speak_english_too(owner: Visitor) -> None:
    owner.headers["Accept-Language"] = "en"
    owner.open(f"{PAGE}/new/stamps")
    assert "Stamps that fill the card" in owner.text
    owner.send(f"{PAGE}/new/fixed", name="Less", points="1", minor="5", **EVERYWHERE)
    assert "€5 off" in plain(owner.text)
