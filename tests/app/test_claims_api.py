"""Receipt codes over HTTP: handed to a till, named in a sale, opened by a shopper, mailed."""

import base64
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from loyalty.codes.render import BORDER
from tests.support.forms import Visitor, visitor
from tests.support.service import Service, Shop
from tests.support.window import open_window, shopper_at

AT = "2026-03-02T09:00:00Z"
POOL = "/api/v1/till/claims"


def pool(service: Service, shop: Shop, count: int = 2) -> list[dict[str, Any]]:
    answer = service.post(POOL, shop.as_till(), json={"count": count})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    claims: list[dict[str, Any]] = answer.get_json()["claims"]
    return claims


def sell(service: Service, shop: Shop, claim: dict[str, Any], sale_id: str = "s1") -> None:
    sale = {"sale_id": sale_id, "total_minor": 1240, "currency": "EUR", "sold_at": AT}
    answer = service.post(
        "/api/v1/sales", shop.as_till(), json={**sale, "claim_id": claim["claim_id"]}
    )
    assert answer.status_code == 201


def opened(service: Service, claim: dict[str, Any]) -> Visitor:
    """Open a receipt's code with a phone that has no card."""
    phone = visitor(service)
    phone.open(path_of(claim))
    return phone


def path_of(claim: dict[str, Any]) -> str:
    address: str = claim["address"]
    return "/Q/" + address.rpartition("/")[2]


def test_a_till_is_given_codes_it_can_draw_by_itself(service: Service, shop: Shop) -> None:
    told = service.post(POOL, shop.as_till(), json={"count": 3}).get_json()
    assert (len(told["claims"]), told["pool"]) == (3, 200)
    assert len({each["claim_id"] for each in told["claims"]}) == 3
    for claim in told["claims"]:
        assert drawn(claim) == claim["address"]


def drawn(claim: dict[str, Any]) -> str:
    """Draw a code as the till's page does, and read it as a phone does."""
    side, bits = claim["side"], base64.b64decode(claim["modules"])
    picture = Image.new("L", (side + 2 * BORDER,) * 2, 255)
    for place in range(side * side):
        if bits[place // 8] >> 7 - place % 8 & 1:
            picture.putpixel((place % side + BORDER, place // side + BORDER), 0)
    big = picture.resize((4 * picture.width,) * 2, Image.Resampling.NEAREST)
    return zxingcpp.read_barcodes(big)[0].text


@pytest.mark.parametrize("count", [0, 51, "3", None])
def test_nobody_is_given_more_than_a_batch(service: Service, shop: Shop, count: object) -> None:
    assert service.post(POOL, shop.as_till(), json={"count": count}).status_code == 400


@pytest.mark.parametrize("claim_id", ["x", "ABCDEF0123456789", "0" * 17])
def test_what_is_no_code_is_refused_at_the_door(
    service: Service, shop: Shop, claim_id: str
) -> None:
    sale = {"sale_id": "s1", "total_minor": 1240, "currency": "EUR", "sold_at": AT}
    answer = service.post("/api/v1/sales", shop.as_till(), json={**sale, "claim_id": claim_id})
    assert answer.get_json()["code"] == "malformed_request"


def test_a_phone_without_a_card_gets_one_and_the_points_in_one_tap(
    service: Service, shop: Shop
) -> None:
    claim = pool(service, shop)[0]
    sell(service, shop, claim)
    phone = opened(service, claim)
    assert "12,40\xa0€" in phone.text
    assert "Quiero mi tarjeta y sumarla" in phone.text
    phone.send("/Q/receipt", text=path_of(claim).removeprefix("/Q/"))
    phone.open("/card")
    assert "12" in phone.text
    phone.open("/card/history")
    assert "sumada con su recibo" in phone.text
    assert "abriste el código de su recibo" in phone.text
    stranger = opened(service, claim)
    assert "Esta compra ya está en otra tarjeta" in stranger.text
    assert "12,40" not in stranger.text


def test_a_claim_can_be_undone_and_the_next_one_has_it(service: Service, shop: Shop) -> None:
    window = open_window(service, shop)
    lucia, marcos = shopper_at(window).browser, shopper_at(window).browser
    claim = pool(service, shop)[0]
    sell(service, shop, claim)
    lucia.open(path_of(claim))
    lucia.send("/Q/receipt", text=path_of(claim).removeprefix("/Q/"))
    assert "Compra sumada a tu tarjeta: +12 puntos." in lucia.text
    lucia.undo()
    assert "La compra vuelve a no ser de nadie" in lucia.text
    marcos.open(path_of(claim))
    marcos.send("/Q/receipt", text=path_of(claim).removeprefix("/Q/"))
    assert "+12 puntos" in marcos.text
    lucia.send("/Q/receipt", text=path_of(claim).removeprefix("/Q/"))
    assert "ya está en otra tarjeta" in lucia.text


def test_a_receipt_goes_out_by_mail_once_to_each_address(service: Service, shop: Shop) -> None:
    claim = pool(service, shop)[0]
    to = f"{POOL}/{claim['claim_id']}/mails"
    first = service.post(to, shop.as_till(), json={"email": "ana@correo.example"})
    assert first.get_json() == {"posted": True}
    again = service.post(to, shop.as_till(), json={"email": "Ana@correo.example"})
    assert again.get_json() == {"posted": False}
    for email, code in (("ana@", "email_invalid"), ("noreply@x.example", "identifier_blocked")):
        refused = service.post(to, shop.as_till(), json={"email": email})
        assert refused.get_json()["code"] == code
    nobodys = service.post(
        f"{POOL}/{'0' * 16}/mails", shop.as_till(), json={"email": "ana@correo.example"}
    )
    assert nobodys.get_json()["code"] == "not_found"


def test_another_shops_till_cannot_use_this_ones_codes(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    claim = pool(service, shop)[0]
    sell(service, other_shop, claim)
    assert "La caja aún no nos la ha mandado" in opened(service, claim).text
    mail = service.post(
        f"{POOL}/{claim['claim_id']}/mails",
        other_shop.as_till(),
        json={"email": "ana@correo.example"},
    )
    assert mail.status_code == 404
