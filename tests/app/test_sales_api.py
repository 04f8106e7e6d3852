"""The till's main job over HTTP: scan, sell, get a receipt, send again."""

from typing import Any

import pytest

from loyalty.codes.keys import withdraw_key
from loyalty.journeys.pair_till import revoke_till
from loyalty.points.add_reward import RewardDraft, add_reward
from tests.support.service import Headers, Service, Shop

AT = "2026-03-02T09:00:00Z"


def sale(**changes: object) -> dict[str, Any]:
    return {
        "sale_id": "018f2b6e-7c00-7000-8000-000000000001",
        "total_minor": 1240,
        "currency": "EUR",
        "sold_at": AT,
        **changes,
    }


def test_a_scan_says_whose_card_it_is(service: Service, shop: Shop) -> None:
    answer = service.post(
        "/api/v1/scans", shop.as_till(), json={"code": shop.card_text, "scanned_at": AT}
    )
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["outcome"] == "ok"
    assert told["kind"] == "card"
    assert told["code"] == shop.card_text
    assert told["person"]["display_name"] == "Lucía F."
    assert told["points"] == 0
    assert told["points_text"] == "0 puntos"
    assert told["display"]["tone"] == "success"
    assert told["display"]["title"] == "Es Lucía F."


def test_a_sale_with_a_card_earns_and_says_so(service: Service, shop: Shop) -> None:
    answer = service.post(
        "/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT)
    )
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["points"] == {"earned": 12, "balance": 12, "pending": 0}
    assert (told["rule"], told["why_none"]) == ("base", None)
    assert told["display"]["title"].replace("\xa0", " ") == "Guardado: 12,40 €"
    assert told["display"]["detail"] == "Lucía F., +12 puntos"


def test_a_sale_that_stamps_a_card_says_so(service: Service, shop: Shop) -> None:
    parts = service.services
    draft = RewardDraft("Café gratis", 9, "stamps", {"per": "visit"})
    with parts.database.unit_of_work(shop.program_id) as session:
        add_reward(session, shop.program_id, draft, at=parts.tools.clock.now())
    sold = sale(code=shop.card_text, scanned_at=AT)
    for status in (201, 200):
        answer = service.post("/api/v1/sales", shop.as_till(), json=sold)
        assert answer.status_code == status
        told = answer.get_json()
        assert told["stamps"] == 1
        assert told["display"]["detail"] == "Lucía F., +12 puntos, +1 sello"


def test_a_key_withdrawn_a_moment_ago_is_not_believed_any_more(
    service: Service, shop: Shop
) -> None:
    parts = service.services

    def outcome(sale_id: str) -> str:
        report = sale(sale_id=sale_id, code=shop.card_text, scanned_at=AT)
        answer = service.post("/api/v1/sales", shop.as_till(), json=report)
        assert answer.status_code == 201, "the sale is kept, whatever its code is worth"
        told: str = answer.get_json()["code_outcome"]
        return told

    assert outcome("before") == "ok"
    with parts.database.unit_of_work(shop.program_id) as session:
        withdraw_key(session, shop.program_id, 1, keys=parts.tools.keys, at=parts.tools.clock.now())
    assert outcome("after") == "revoked"


def test_the_same_sale_sent_again_gets_the_same_receipt(service: Service, shop: Shop) -> None:
    report = sale(code=shop.card_text, scanned_at=AT)
    first = service.post("/api/v1/sales", shop.as_till(), json=report)
    again = service.post("/api/v1/sales", shop.as_till(), json=report)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Hit"] == "true"
    assert "Idempotency-Hit" not in first.headers
    assert {**again.get_json(), "replayed": False} == first.get_json()


def test_the_same_number_with_another_amount_is_refused(service: Service, shop: Shop) -> None:
    service.post("/api/v1/sales", shop.as_till(), json=sale())
    answer = service.post("/api/v1/sales", shop.as_till(), json=sale(total_minor=1))
    assert answer.status_code == 409
    assert answer.get_json()["code"] == "sale_conflict"


def test_a_sale_with_a_foreign_barcode_is_kept_without_points(service: Service, shop: Shop) -> None:
    answer = service.post("/api/v1/sales", shop.as_till(), json=sale(code="8410076472885"))
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["code_outcome"] == "not_ours"
    assert told["points"] == {"earned": 0, "balance": None, "pending": 0}
    assert told["display"]["tone"] == "attention"
    assert told["display"]["title"].startswith("Guardado sin puntos")


def test_a_browser_till_works_with_its_cookie(service: Service, shop: Shop) -> None:
    answer = service.post("/api/v1/sales", shop.as_till_browser(), json=sale())
    assert answer.status_code == 201


def test_the_words_follow_the_callers_language(service: Service, shop: Shop) -> None:
    headers = {**shop.as_till(), "Accept-Language": "en"}
    answer = service.post(
        "/api/v1/scans", headers, json={"code": "8410076472885", "scanned_at": AT}
    )
    told = answer.get_json()
    assert told["outcome"] == "not_ours"
    assert told["display"]["tone"] == "refusal"
    assert len(told["display"]["steps"]) >= 2


def test_five_wrong_letters_in_a_minute_close_typing(service: Service, shop: Shop) -> None:
    guess = {"code": "BCDEFGHI", "scanned_at": AT, "source": "typed"}
    outcomes = [
        service.post("/api/v1/scans", shop.as_till(), json=guess).status_code for _ in range(6)
    ]
    assert outcomes == [200] * 5 + [429]
    last = service.post("/api/v1/scans", shop.as_till(), json=guess)
    assert last.get_json()["code"] == "too_many_tries"
    assert last.headers["Retry-After"] == "60"


BAD_AMOUNTS = [
    (0, "amount_invalid"),
    (-1, "amount_invalid"),
    (1_000_000_001, "amount_invalid"),
    (10**17, "amount_invalid"),
    (12.5, "malformed_request"),
    (12.0, "malformed_request"),
    ("1240", "malformed_request"),
    (True, "malformed_request"),
    (None, "malformed_request"),
]


@pytest.mark.parametrize(("total", "code"), BAD_AMOUNTS)
def test_an_amount_that_cannot_be_is_refused(
    service: Service, shop: Shop, total: object, code: str
) -> None:
    answer = service.post("/api/v1/sales", shop.as_till(), json=sale(total_minor=total))
    assert answer.status_code in {400, 422}
    assert answer.get_json()["code"] == code


BAD_BODIES = [
    (b"", "malformed_request"),
    (b"{", "malformed_request"),
    (b"[]", "malformed_request"),
    (b"null", "malformed_request"),
    (b'"sale"', "malformed_request"),
    (b'{"sale_id":"a","sale_id":"b"}', "malformed_request"),
    (b'{"sale_id":"a","total_minor":NaN}', "malformed_request"),
    (b'{"sale_id":"a","total_minor":Infinity}', "malformed_request"),
    (b'{"sale_id":"a","total_minor":' + b"9" * 5000 + b"}", "malformed_request"),
    (b'{"sale_id":"\\ud800"}', "malformed_request"),
    (b'{"sale_id":"a\\u0000b"}', "malformed_request"),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, "malformed_request"),
    (b"\xff\xfe\x00", "malformed_request"),
    (b'{"unknown":1}', "malformed_request"),
]


@pytest.mark.parametrize(("body", "code"), BAD_BODIES)
def test_a_body_that_is_no_sale_is_refused(
    service: Service, shop: Shop, body: bytes, code: str
) -> None:
    answer = service.post(
        "/api/v1/sales", shop.as_till(), data=body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"sold_at": "2026-03-02T09:00:00"},
        {"sold_at": "0001-01-01T00:00:00+14:00"},
        {"sold_at": "2026-02-30T09:00:00Z"},
        {"sold_at": 1772442000},
        {"currency": "eur"},
        {"sale_id": ""},
        {"sale_id": "a/b"},
        {"sale_id": "a" * 101},
        {"code": ""},
        {"code": "B" * 2049},
        {"lines": [{"description": "x", "quantity_milli": 10**12, "total_minor": 1}]},
    ],
)
def test_a_field_in_another_form_is_refused(
    service: Service, shop: Shop, changes: dict[str, object]
) -> None:
    answer = service.post("/api/v1/sales", shop.as_till(), json=sale(**changes))
    assert answer.status_code == 400
    told = answer.get_json()
    assert told["code"] == "malformed_request"
    assert told["errors"][0]["field"].partition(".")[0] in changes


def test_another_currency_is_refused(service: Service, shop: Shop) -> None:
    answer = service.post("/api/v1/sales", shop.as_till(), json=sale(currency="USD"))
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "currency_mismatch"


def test_a_body_too_large_is_refused(service: Service, shop: Shop) -> None:
    answer = service.post(
        "/api/v1/sales",
        shop.as_till(),
        data=b'{"sale_id":"' + b"a" * 300_000 + b'"}',
        content_type="application/json",
    )
    assert answer.status_code == 413
    assert answer.get_json()["code"] == "body_too_large"


def test_only_json_is_read(service: Service, shop: Shop) -> None:
    answer = service.post("/api/v1/sales", shop.as_till(), data="sale_id=a")
    assert answer.status_code == 415
    assert answer.get_json()["code"] == "unsupported_media_type"


def test_a_till_that_just_worked_does_nothing_more_once_it_was_unpaired(
    service: Service, shop: Shop
) -> None:
    def told(path: str, headers: Headers, **json: object) -> str:
        body = service.post(path, headers, json=json).get_json()
        return str(body.get("code_outcome") or body.get("outcome") or body["code"])

    sold, scanned = sale(code=shop.card_text), {"code": shop.card_text, "scanned_at": AT}
    assert told("/api/v1/sales", shop.as_till(), **sold) == "ok"
    stranger = {"Authorization": f"Bearer {shop.till_credential[:-1]}-"}
    assert told("/api/v1/sales", stranger, **sold) == "sign_in_needed"
    with service.services.database.unit_of_work(shop.program_id) as session:
        revoke_till(session, shop.program_id, shop.till_id, tools=service.services.tools)
    assert told("/api/v1/sales", shop.as_till(), **sold) == "till_revoked"
    assert told("/api/v1/scans", shop.as_till(), **scanned) == "till_revoked"
