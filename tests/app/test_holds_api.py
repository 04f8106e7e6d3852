"""Rewards by the API: held, taken, let go; each answer the same when it is asked for again."""

from typing import Any

import pytest

from loyalty.codes.cards import card_by_id
from loyalty.codes.pins import new_pin
from loyalty.journeys.member_pin import set_pin_of_member
from loyalty.points.add_reward import RewardDraft, add_reward
from tests.support.service import Service, Shop

AT = "2026-03-02T09:00:00Z"
CENTS = RewardDraft("Usar puntos", 1, "money", {"per_points": 1, "minor": 1}, "EUR")
PIN = "2580"


@pytest.fixture
def reward(service: Service, shop: Shop) -> str:
    """Points as money, for somebody with a PIN and 40 points."""
    parts = service.services
    body = {"sale_id": "s0", "total_minor": 4_000, "currency": "EUR", "sold_at": AT}
    sold = {**body, "code": shop.card_text, "scanned_at": AT}
    told = service.post("/api/v1/sales", shop.as_till(), json=sold).get_json()
    pin = new_pin(PIN, program_id=shop.program_id, keys=parts.tools.keys)
    with parts.database.unit_of_work(shop.program_id) as session:
        card = card_by_id(session, shop.program_id, shop.card_id)
        assert card is not None
        set_pin_of_member(session, shop.program_id, card.member_id, pin, tools=parts.tools)
        now = parts.tools.clock.now()
        assert told["points"]["balance"] == 40
        return str(add_reward(session, shop.program_id, CENTS, at=now))


def body(shop: Shop, reward: str, **more: object) -> dict[str, object]:
    return {
        "hold_id": "h1",
        "code": shop.card_text,
        "scanned_at": AT,
        "reward_id": reward,
        "basket_minor": 2_000,
        "points": 30,
        "proof": {"member_pin": PIN},
        **more,
    }


def held(service: Service, shop: Shop, told: dict[str, object], status: int) -> dict[str, Any]:
    answer = service.post("/api/v1/holds", shop.as_till(), json=told)
    assert answer.status_code == status, answer.get_json()
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_reward_is_held_told_again_and_taken_with_its_sale(
    service: Service, shop: Shop, reward: str
) -> None:
    first = held(service, shop, body(shop, reward), 201)
    assert (first["state"], first["points"], first["to_pay_minor"]) == ("held", 30, 1_970)
    assert first["display"]["title"] == "Apartado: Usar puntos"
    assert first["display"]["discount_text"] == "−0,30\N{NO-BREAK SPACE}€"
    again = held(service, shop, body(shop, reward), 200)
    assert again == {**first, "replayed": True}
    sale = {"sale_id": "s1", "total_minor": 1_970, "currency": "EUR", "sold_at": AT}
    sold = service.post("/api/v1/sales", shop.as_till(), json={**sale, "hold_id": "h1"})
    redeemed = sold.get_json()["redeemed"]
    assert (redeemed["fate"], redeemed["discount_minor"]) == ("taken", 30)
    assert redeemed["text"] == "Usar puntos: −0,30\N{NO-BREAK SPACE}€ por 30 puntos."
    other = service.post("/api/v1/sales", shop.as_till(), json={**sale, "hold_id": "h2"})
    assert other.get_json()["code"] == "sale_conflict"
    # The sale has its discount: its refund alone gives the points back.
    kept = service.post("/api/v1/holds/h1/void", shop.as_till(), json={})
    problem = kept.get_json()
    assert (kept.status_code, problem["code"], problem["outcome"]) == (409, "hold_ended", "posted")
    refund = {"refund_id": "r1", "amount_minor": 1_970, "refunded_at": AT, "reason": "no_sale"}
    undone = service.post("/api/v1/sales/s1/refunds", shop.as_till(), json=refund).get_json()
    assert undone["returned"] == 30


def test_a_held_reward_is_taken_in_part_or_let_go(
    service: Service, shop: Shop, reward: str
) -> None:
    held(service, shop, body(shop, reward), 201)
    taken = service.post("/api/v1/holds/h1/post", shop.as_till(), json={"points": 10}).get_json()
    assert (taken["state"], taken["points"], taken["free"]) == ("taken", 10, 30)
    held(service, shop, body(shop, reward, hold_id="h2"), 201)
    let_go = service.post("/api/v1/holds/h2/void", shop.as_till(), json={}).get_json()
    assert (let_go["state"], let_go["free"]) == ("let_go", 30)
    ended = service.post("/api/v1/holds/h2/post", shop.as_till(), json={})
    assert (ended.status_code, ended.get_json()["code"]) == (409, "hold_ended")
    unknown = service.post("/api/v1/holds/nothing/void", shop.as_till(), json={})
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "hold_unknown")


def test_a_wrong_pin_stays_counted_although_it_is_refused(
    service: Service, shop: Shop, reward: str
) -> None:
    for number, left in enumerate((4, 3)):
        wrong = body(shop, reward, hold_id=f"w{number}", proof={"member_pin": "1379"})
        problem = held(service, shop, wrong, 403)
        assert (problem["code"], problem["tries_left"]) == ("member_pin_wrong", left)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"proof": {}}, 403, "proof_needed"),
        ({"points": 41}, 409, "points_short"),
        ({"reward_id": "00000000-0000-0000-0000-000000000000"}, 409, "reward_not_offered"),
        ({"points": 0}, 400, "malformed_request"),
        ({"points": -5}, 400, "malformed_request"),
        ({"points": 1.5}, 400, "malformed_request"),
        ({"points": 10**15}, 400, "malformed_request"),
        ({"points": "12"}, 400, "malformed_request"),
        ({"basket_minor": 0}, 422, "amount_invalid"),
        ({"basket_minor": -1}, 422, "amount_invalid"),
        ({"basket_minor": 10**12}, 422, "amount_invalid"),
        ({"hold_id": "with blanks"}, 400, "malformed_request"),
        ({"proof": {"member_pin": "12a4"}}, 400, "malformed_request"),
        ({"proof": {"phone": "600123123"}}, 400, "malformed_request"),
        ({"code": "600 123 123"}, 422, "code_refused"),
        ({"code": "Lucía"}, 422, "code_refused"),
    ],
)
def test_what_cannot_be_redeemed_is_refused_with_a_code_of_its_own(
    service: Service,
    shop: Shop,
    reward: str,
    more: dict[str, object],
    status: int,
    code: str,
) -> None:
    problem = held(service, shop, body(shop, reward, **more), status)
    assert problem["code"] == code
    again = held(service, shop, body(shop, reward, **more), status)
    assert again["code"] == code
    told = service.post(
        "/api/v1/scans", shop.as_till(), json={"code": shop.card_text, "scanned_at": AT}
    )
    assert told.get_json()["points"] == 40, "a refusal costs nothing"
