"""An owner keeps the list of products: finds, adds, changes, counts, takes off sale; and undoes."""

import re
from uuid import uuid4

import pytest

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import Moves, count_stock, move_stock
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


def page(shop: Shop) -> str:
    return f"/admin/products/{shop.program.store_id}"


@pytest.fixture
def bread(service: Service, shop: Shop) -> str:
    """Ten loaves; gives the address of their page."""
    draft = ProductDraft("BREAD", "Pan de payés", 120, 400, category="Panes", barcode="840001")
    at = service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        ids = save_products(
            session, shop.program_id, shop.program.store_id, [draft], currency="EUR", at=at
        )
        count_stock(session, shop.program_id, {ids["BREAD"]: 10_000}, act_id="count:1", at=at)
    return f"{page(shop)}/{ids['BREAD']}"


def test_an_empty_list_says_what_to_do(owner: Visitor, shop: Shop) -> None:
    owner.open("/admin/products")
    assert "Aún no hay productos" in owner.text
    assert f"{page(shop)}/new" in owner.text


def test_a_product_is_added_by_hand_and_counted(owner: Visitor, shop: Shop) -> None:
    owner.open(f"{page(shop)}/new")
    owner.send(page(shop), name=" Queso  de cabra ", price="18,50", unit="kg", tax="4", stock="2,5")
    assert "Producto añadido." in owner.text
    assert "2,5 kg" in owner.text
    owner.open(page(shop))
    assert "Queso de cabra" in owner.text
    assert "18,50" in owner.text
    assert "4 %" in owner.text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Escribe el nombre, hasta 120 letras."),
        ({"price": "gratis"}, "Escribe el precio, por ejemplo 1,50."),
        ({"price": "-1"}, "Escribe el precio, por ejemplo 1,50."),
        ({"tax": "101"}, "Escribe el impuesto en tanto por ciento, de 0 a 100."),
        ({"unit": "docena"}, "Elige si se vende por pieza o por kilo."),
        ({"stock": "1,5"}, "Escribe cuánto hay: piezas enteras"),
        ({"sku": "BREAD"}, "Ya hay un producto con esa referencia."),
        ({"barcode": "1" * 21}, "El código de barras tiene hasta 20"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    owner: Visitor, shop: Shop, bread: str, wrong: dict[str, str], sentence: str
) -> None:
    assert bread
    owner.open(f"{page(shop)}/new")
    right = {"name": "Tarta", "price": "18", "unit": "piece", "tax": "10", "category": "Dulces"}
    owner.send(page(shop), **{**right, **wrong})
    assert sentence in owner.text
    assert 'value="Dulces"' in owner.text, "what was right is not typed again"


def test_a_change_is_kept_and_can_be_undone(owner: Visitor, bread: str) -> None:
    owner.open(bread)
    owner.send(
        bread, name="Hogaza", price="2.10", unit="piece", tax="10", category="", barcode="84 0002"
    )
    assert 'value="Hogaza"' in owner.text
    assert 'value="2,10"' in owner.text
    assert 'value="840002"' in owner.text
    owner.undo()
    for text in ('value="Pan de payés"', 'value="1,20"', 'value="840001"', 'value="Panes"'):
        assert text in owner.text


def test_a_stock_is_counted_once_however_often_the_form_is_sent(owner: Visitor, bread: str) -> None:
    owner.open(bread)
    act = str(uuid4())
    owner.send(f"{bread}/count", stock="7", act=act)
    assert 'class="product-stock">7 ud.' in owner.text
    owner.undo()
    owner.send(f"{bread}/count", stock="7", act=act)
    assert 'class="product-stock">10 ud.' in owner.text
    assert owner.text.count("Contado") == 3
    owner.send(f"{bread}/count", stock="siete", act=str(uuid4()))
    assert "piezas enteras" in owner.text


def test_a_product_goes_off_sale_and_back_from_the_list(
    owner: Visitor, shop: Shop, bread: str
) -> None:
    owner.open(page(shop))
    owner.send(f"{bread}/sale", on="0", back="list")
    assert "Pan de payés, fuera de venta." in owner.text
    assert "Poner a la venta" in owner.text
    owner.undo()
    assert "Pan de payés está a la venta." in owner.text
    assert "Quitar de la venta" in owner.text


def test_the_list_is_searched_and_narrowed(owner: Visitor, shop: Shop, bread: str) -> None:
    owner.open(f"{page(shop)}?q=PAYES")
    assert "Pan de payés" in owner.text
    owner.open(f"{page(shop)}?q=leche")
    assert "Ningún producto así" in owner.text
    for odd in ("?page=999999999999", "?page=-1", "?show=nothing", "?category=<script>"):
        assert owner.open(page(shop) + odd).status_code == 200
    assert bread


def test_what_the_till_sold_of_what_was_ordered_is_marked(
    service: Service, owner: Visitor, shop: Shop, bread: str
) -> None:
    product_id = bread.rpartition("/")[2]
    at = service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        for kind, pieces in (("reserved", 9), ("sold", 3)):
            moves = Moves(kind, f"{kind}:1", {type(shop.till_id)(product_id): pieces * 1000}, at)  # type: ignore[arg-type]
            move_stock(session, shop.program_id, moves)
    owner.open(f"{page(shop)}?show=short")
    assert "faltan 2 ud." in owner.text
    owner.open(bread)
    assert "Vendido en caja" in owner.text
    assert "−3 ud." in owner.text


def test_a_name_that_looks_like_a_script_or_a_formula_does_nothing(
    owner: Visitor, shop: Shop
) -> None:
    owner.open(f"{page(shop)}/new")
    owner.send(page(shop), name="=1+1<script>", price="1", unit="piece", tax="10")
    assert "<script>=" not in owner.text
    assert "=1+1&lt;script&gt;" in owner.text
    sheet = owner.client.get(f"{page(shop)}/list.csv")
    assert sheet.mimetype == "text/csv"
    assert "attachment" in sheet.headers["Content-Disposition"]
    assert re.search(r"^'=1\+1<script>;'=1", sheet.get_data().decode("utf-8-sig"), re.MULTILINE)


def test_a_product_of_another_shop_does_not_exist(
    owner: Visitor, shop: Shop, other_shop: Shop, bread: str
) -> None:
    assert owner.open(bread.replace(str(shop.program.store_id), str(other_shop.program.store_id)))
    assert "Aquí no hay nada" in owner.text


def test_a_manager_keeps_the_list_and_a_cashier_does_not(
    manager: Visitor, cashier: Visitor, shop: Shop
) -> None:
    assert manager.open(page(shop)).status_code == 200
    assert cashier.open(page(shop)).status_code == 403
