"""A list from a spreadsheet: shown before it is kept, kept once, refused in words."""

import io
import re

import pytest

from loyalty.catalog.queries import ProductFacts, products_of
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


def page(shop: Shop) -> str:
    return f"/admin/products/{shop.program.store_id}"


def listed(service: Service, shop: Shop) -> dict[str, ProductFacts]:
    with service.services.database.reading(shop.program_id) as session:
        found = products_of(session, shop.program_id, shop.program.store_id)
    return {product.sku: product for product in found}


def bring(owner: Visitor, shop: Shop, data: bytes, *, tax: str = "10") -> tuple[int, str]:
    """Choose a file; gives the status and the address of the page it led to."""
    owner.open(f"{page(shop)}/import")
    answer = owner.client.post(
        f"{page(shop)}/import",
        data={"csrf_token": owner.token, "tax": tax, "list": (io.BytesIO(data), "list.csv")},
        headers=owner.headers,
    )
    if answer.status_code != 303:
        owner.text = answer.get_data(as_text=True)
        return answer.status_code, ""
    address = answer.headers["Location"]
    return owner.open(address).status_code, address.partition("?")[0]


SPRING = (
    "\ufeffReferencia;Nombre;Precio;IVA;Existencias;Color\r\n"
    "P1;Pan;1,20;4;12;rubio\r\n"
    "P2;Tarta;18,00;;;\r\n"
    "P2;Otra;1,00;;;\r\n"
    "P3;=1+1;1,00;;;\r\n"
    "P4;Miel;gratis;;;\r\n"
)


def test_a_list_is_shown_before_anything_is_kept(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    status, _address = bring(owner, shop, SPRING.encode())
    assert status == 200
    assert "Guardar 2 productos" in owner.text
    assert "Estas columnas no se leen: Color" in owner.text
    for reason in ("ya salió en otra fila", "empieza como una fórmula", "no es un número"):
        assert reason in owner.text
    assert listed(service, shop) == {}


def test_a_list_is_kept_once_however_often_the_form_is_sent(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    _status, address = bring(owner, shop, SPRING.encode(), tax="21")
    owner.send(address, mark=",", tax="21")
    assert "2 productos guardados." in owner.text
    owner.send(address, mark=",", tax="21")
    assert "Esa lista ya está guardada." in owner.text
    kept = listed(service, shop)
    assert (kept["P1"].price_minor, kept["P1"].tax_bp, kept["P1"].on_hand_milli) == (
        120,
        400,
        12000,
    )
    assert (kept["P2"].price_minor, kept["P2"].tax_bp, kept["P2"].on_hand_milli) == (
        1800,
        2100,
        None,
    )


def test_old_and_new_price_stand_side_by_side_and_the_rest_stays(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    _status, address = bring(owner, shop, SPRING.encode())
    owner.send(address, mark=",", tax="10")
    _status, address = bring(owner, shop, b"Referencia;Nombre;Precio\nP1;Pan;1,35\n")
    text = owner.text.replace("\u00a0", " ")
    assert "Precio: 1,20 € → 1,35 €" in text
    assert "Guardar 1 producto<" in text
    owner.send(address, mark=",", tax="10")
    kept = listed(service, shop)
    assert (kept["P1"].price_minor, kept["P1"].on_hand_milli) == (135, 12000)
    assert kept["P2"].is_active


def test_what_the_list_lacks_goes_off_sale_only_when_asked(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    _status, address = bring(owner, shop, SPRING.encode())
    owner.send(address, mark=",", tax="10")
    _status, address = bring(owner, shop, b"Referencia;Nombre;Precio\nP1;Pan;1,20\n")
    assert "Quitar de la venta los 1" in owner.text
    owner.send(address, mark=",", tax="10", retire="1")
    kept = listed(service, shop)
    assert (kept["P1"].is_active, kept["P2"].is_active) == (True, False)


def test_a_decimal_mark_that_nobody_can_tell_is_asked(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    _status, address = bring(owner, shop, b"nombre;precio\nJoya;1.234\n")
    assert "no deja claro" in owner.text
    assert "Guardar 1 producto" not in owner.text
    owner.send(address, mark="", tax="10")
    assert listed(service, shop) == {}, "nothing is kept before it is told"
    owner.open(f"{address}?mark=,&tax=10")
    assert "1.234,00" in owner.text
    owner.send(address, mark=",", tax="10")
    assert listed(service, shop)["Joya"].price_minor == 123_400


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "No has elegido ning"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" * 100, "Eso no es un CSV."),
        (b"PK\x03\x04\x00\x00", "Eso no es un CSV."),
        (b"hola;adios\n1;2\n", "Falta la columna Nombre."),
        (b"nombre;peso\nPan;2\n", "Falta la columna Precio."),
    ],
)
def test_what_is_no_list_is_refused_in_words(
    owner: Visitor, shop: Shop, data: bytes, sentence: str
) -> None:
    status, _address = bring(owner, shop, data)
    assert status == 422
    assert sentence in owner.text


def test_a_photo_of_forty_megabytes_is_refused_in_words(owner: Visitor, shop: Shop) -> None:
    answer = owner.client.post(
        f"{page(shop)}/import",
        input_stream=io.BytesIO(bytes(40_000_000)),
        content_length=40_000_000,
        content_type="multipart/form-data; boundary=photo",
        headers=owner.headers,
    )
    assert answer.status_code == 413
    assert "Parece una foto o un vídeo" in answer.get_data(as_text=True)


def test_nobody_but_owner_and_manager_may_send_much(
    cashier: Visitor, owner: Visitor, shop: Shop
) -> None:
    owner.open(page(shop))
    for who in (cashier, owner):
        path = f"{page(shop)}/import" if who is cashier else page(shop)
        data = {"csrf_token": owner.token, "list": (io.BytesIO(bytes(400_000)), "x.csv")}
        assert who.client.post(path, data=data).status_code in {400, 403, 413}


def test_a_list_of_another_store_or_an_unknown_one_is_not_here(owner: Visitor, shop: Shop) -> None:
    nothing = "00000000-0000-4000-8000-000000000000"
    owner.open(f"{page(shop)}/import/{nothing}")
    assert "Esa lista ya no está aquí" in owner.text
    owner.send(f"{page(shop)}/import/{nothing}", mark=",", tax="10")
    assert "Esa lista ya no está aquí" in owner.text


def test_the_example_and_our_own_list_are_read_back_unchanged(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    for language in ("es", "en"):
        owner.headers["Accept-Language"] = language
        example = owner.client.get("/admin/products/example.csv", headers=owner.headers)
        _status, address = bring(owner, shop, example.get_data())
        assert re.search(r"(Guardar|Save) 3 product", owner.text)
        owner.send(address, mark="," if language == "es" else ".", tax="10")
    owner.headers["Accept-Language"] = "es"
    ours = owner.client.get(f"{page(shop)}/list.csv", headers=owner.headers).get_data()
    bring(owner, shop, ours)
    assert "No hay nada que guardar." in owner.text
    assert len(listed(service, shop)) == 6
