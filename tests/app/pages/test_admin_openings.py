"""Balances from an older program: shown before they are given, given once, told row by row."""

import io

import pytest

from loyalty.identity.queries import open_member_of_card
from loyalty.points.queries import balance_of, wallet_of_member
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGE = "/admin/points/openings"


def bring(owner: Visitor, data: bytes) -> tuple[int, str]:
    """Choose a file; gives the status and the address of the page it led to."""
    owner.open(PAGE)
    answer = owner.client.post(
        PAGE,
        data={"csrf_token": owner.token, "list": (io.BytesIO(data), "list.csv")},
        headers=owner.headers,
    )
    if answer.status_code != 303:
        owner.text = answer.get_data(as_text=True)
        return answer.status_code, ""
    address = answer.headers["Location"]
    return owner.open(address).status_code, address


def points(service: Service, shop: Shop) -> int:
    with service.services.database.reading(shop.program_id) as session:
        member_id = open_member_of_card(session, shop.program_id, shop.card_id)
        assert member_id is not None
        wallet_id = wallet_of_member(session, shop.program_id, member_id)
        return balance_of(session, shop.program_id, wallet_id).posted if wallet_id else 0


def listed(shop: Shop) -> bytes:
    rows = (
        "\ufeffTarjeta;Correo;Puntos;Apodo\r\n"
        f"{shop.card_id};;1.340;Lu\r\n"
        ";nadie@example.com;5;\r\n"
        ";otra@example.com;12,5;\r\n"
        ";=1+1;5;\r\n"
    )
    return rows.encode()


def test_a_list_is_shown_given_once_and_reported(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    status, address = bring(owner, listed(shop))
    assert status == 200
    assert "Dar 1.340 puntos a 1 persona" in owner.text
    assert "Estas columnas no se leen: Apodo" in owner.text
    for reason in ("con ese correo todavía", "no son puntos enteros", "como una fórmula"):
        assert reason in owner.text
    assert points(service, shop) == 0
    for _ in range(2):
        owner.send(address, mark=",")
    assert points(service, shop) == 1340
    assert "Lo que dio la lista" in owner.text
    report = owner.client.get(f"{address}/report.csv?mark=,", headers=owner.headers)
    lines = report.get_data().decode("utf-8-sig").splitlines()
    assert lines[1] == f"2;{shop.card_id};;1340;;dado"
    assert len(lines) == 6
    assert "'=1+1" in lines[5]
    _status, address = bring(owner, listed(shop) + b";;;\r\n")
    assert "esa persona ya trajo un saldo" in owner.text
    owner.open(f"{address}?mark=,&again=1")
    assert "Dar 1.340 puntos a 1 persona" in owner.text


def test_a_mark_that_nobody_can_tell_is_asked(service: Service, owner: Visitor, shop: Shop) -> None:
    _status, address = bring(owner, f"tarjeta,puntos\n{shop.card_id},1.340\n".encode())
    assert "no deja claro" in owner.text
    owner.send(address)
    assert points(service, shop) == 0, "nothing is given before it is told"
    owner.send(address, mark=",")
    assert points(service, shop) == 1340


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "No has elegido ning"),
        (b"PK\x03\x04\x00\x00", "Eso no es un CSV."),
        (b"nombre;puntos\nAna;2\n", "Falta Tarjeta o Correo."),
        (b"correo;nombre\na@b.es;Ana\n", "Falta Puntos."),
    ],
)
def test_what_is_no_list_is_refused_in_words(owner: Visitor, data: bytes, sentence: str) -> None:
    status, _address = bring(owner, data)
    assert status == 422
    assert sentence in owner.text


def test_a_photo_is_refused_in_words(owner: Visitor) -> None:
    answer = owner.client.post(
        PAGE,
        input_stream=io.BytesIO(bytes(25_000_000)),
        content_length=25_000_000,
        content_type="multipart/form-data; boundary=photo",
        headers=owner.headers,
    )
    assert answer.status_code == 413
    assert "Parece una foto o un vídeo" in answer.get_data(as_text=True)


def test_the_example_is_read_and_a_list_that_is_gone_is_told(owner: Visitor) -> None:
    for language in ("es", "en"):
        owner.headers["Accept-Language"] = language
        example = owner.client.get(f"{PAGE}/example.csv", headers=owner.headers).get_data()
        assert bring(owner, example)[0] == 200
    assert "nobody has that card yet" in owner.text
    owner.open(f"{PAGE}/00000000-0000-4000-8000-000000000000")
    assert "That list is not here any more" in owner.text
