"""An owner adds, changes and finds products by hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from loyalty.catalog.browse import Asked, Found, Show, find_products, last_moves
from loyalty.catalog.edit_product import add_product, change_product
from loyalty.catalog.products import ProductDraft
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from tests.support.shelf import Shelf

BREAD = ProductDraft("BREAD", "Pan de payés", 120, 400, category="Panes", barcode="840001")


def add(shelf: Shelf, draft: ProductDraft) -> None:
    town = shelf.town
    with shelf.database.unit_of_work(town.program_id) as session:
        add_product(
            session, town.program_id, town.bakery_id, draft, currency="EUR", at=shelf.clock.now()
        )


def find(shelf: Shelf, text: str = "", *, category: str = "", show: Show = "all") -> Found:
    town, asked = shelf.town, Asked(text, category, show)
    with shelf.database.reading(town.program_id) as session:
        return find_products(session, town.program_id, town.bakery_id, asked, skip=0, take=10)


def test_a_reference_that_is_taken_is_told(shelf: Shelf) -> None:
    add(shelf, BREAD)
    with pytest.raises(SettingInvalidError) as refused:
        add(shelf, replace(BREAD, name="Otro"))
    assert refused.value.facts == {"field": "sku_taken"}
    assert [one.name for one in shelf.listed()] == ["Pan de payés"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(BREAD, name=""), "product_name"),
        (replace(BREAD, name="x" * 121), "product_name"),
        (replace(BREAD, sku=""), "sku"),
        (replace(BREAD, barcode="1" * 21), "barcode"),
        (replace(BREAD, category="x" * 61), "category"),
        (replace(BREAD, description="x" * 501), "description"),
        (replace(BREAD, price_minor=-1), "price"),
        (replace(BREAD, tax_bp=10_001), "tax"),
    ],
)
def test_what_cannot_be_kept_is_told_by_its_field(
    shelf: Shelf, wrong: ProductDraft, field: str
) -> None:
    with pytest.raises(SettingInvalidError) as refused:
        add(shelf, wrong)
    assert refused.value.facts == {"field": field}


def test_a_change_keeps_reference_place_stock_and_sale(shelf: Shelf) -> None:
    add(shelf, BREAD)
    add(shelf, replace(BREAD, sku="CAKE", name="Tarta", is_active=False))
    cake = shelf.listed()[1].product_id
    shelf.count(cake, 4, act_id="count:1")

    def act(change: Callable[[Session], None]) -> None:
        with shelf.database.unit_of_work(shelf.town.program_id) as session:
            change(session)

    draft = replace(BREAD, sku="ELSE", name="Tarta fina", price_minor=900)
    at, program_id = shelf.clock.now(), shelf.town.program_id
    act(lambda session: change_product(session, program_id, cake, draft, at=at))
    facts = shelf.listed()[1]
    assert (facts.sku, facts.name, facts.price_minor) == ("CAKE", "Tarta fina", 900)
    assert (facts.is_active, facts.on_hand_milli) == (False, 4000)
    with pytest.raises(NotFoundError):
        act(lambda session: change_product(session, program_id, new_id(at), draft, at=at))


def test_products_are_found_without_accents_or_capitals(shelf: Shelf) -> None:
    add(shelf, BREAD)
    add(shelf, ProductDraft("CAFE", "Café de tueste", 350, 1000, category="Cafés"))
    for text in ("PAYES pan", "panes", "bread", "840001", "payés"):
        assert [one.sku for one in find(shelf, text).products] == ["BREAD"], text
    assert [one.sku for one in find(shelf, category="Cafés").products] == ["CAFE"]
    assert find(shelf, "leche").count == 0
    assert find(shelf).categories == ("Cafés", "Panes")


def test_short_and_sold_out_products_are_told_apart(shelf: Shelf) -> None:
    add(shelf, BREAD)
    add(shelf, replace(BREAD, sku="CAKE"))
    add(shelf, replace(BREAD, sku="OFF", is_active=False))
    bread, cake, _off = (one.product_id for one in shelf.listed())
    shelf.count(bread, 2, act_id="count:1")
    shelf.clock.advance(s=1)
    shelf.move("reserved", "order:1", {bread: 2})
    shelf.move("sold", "sale:1", {bread: 1})
    shelf.count(cake, 0, act_id="count:2")
    found = find(shelf, show="short")
    assert [one.sku for one in found.products] == ["BREAD"]
    assert found.counts == {"all": 3, "on_sale": 2, "off_sale": 1, "out": 2, "short": 1}
    with shelf.database.reading(shelf.town.program_id) as session:
        moves = last_moves(session, shelf.town.program_id, bread, limit=2)
    assert {(one.kind, one.act_id) for one in moves} == {
        ("sold", "sale:1"),
        ("reserved", "order:1"),
    }
