"""The cart offers what the card's points take off; the order's page says what is left to pay."""

import pytest

from loyalty.points.add_reward import RewardDraft, add_reward
from tests.support.service import Service, Shop
from tests.support.window import Shopper, Window, open_window, shopper_at

AT = "2026-03-02T09:00:00Z"
CENTS = RewardDraft("Usar puntos", 1, "money", {"per_points": 1, "minor": 1}, "EUR")


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def reward(service: Service, shop: Shop) -> str:
    """Points as money, and a card with 40 of them."""
    sale = {"sale_id": "s0", "total_minor": 4_000, "currency": "EUR", "sold_at": AT}
    told = {**sale, "code": shop.card_text, "scanned_at": AT}
    assert service.post("/api/v1/sales", shop.as_till(), json=told).status_code == 201
    with service.services.database.unit_of_work(shop.program_id) as session:
        now = service.services.tools.clock.now()
        return str(add_reward(session, shop.program_id, CENTS, at=now))


@pytest.fixture
def ana(window: Window, shop: Shop) -> Shopper:
    found = shopper_at(window)
    found.browser.client.set_cookie("enlaza-card", shop.shopper)
    found.put("PAN", 2)
    return found


def points(service: Service, shop: Shop) -> tuple[int, int]:
    body = {"code": shop.card_text, "scanned_at": AT}
    told = service.post("/api/v1/scans", shop.as_till(), json=body).get_json()
    return told["points"], told["held"]


def test_points_are_chosen_in_the_cart_held_with_the_order_and_free_when_it_is_called_off(
    service: Service, shop: Shop, window: Window, ana: Shopper, reward: str
) -> None:
    assert "¿Usas tus puntos?" in ana.cart()
    assert f'name="points-{reward}" type="number"' in ana.browser.text
    assert ana.order(reward=reward, **{f"points-{reward}": "30"}) == 200
    assert "−0,30" in ana.browser.text
    assert "9,30" in ana.browser.text
    [order] = window.orders()
    assert (order.total_minor, order.discount_minor) == (960, 30)
    assert points(service, shop) == (10, 30)
    assert ana.send("/cancel") == 200
    assert points(service, shop) == (40, 0)


def test_points_that_are_spent_meanwhile_are_said_and_the_cart_is_kept(
    service: Service, shop: Shop, window: Window, ana: Shopper, reward: str
) -> None:
    ana.cart()
    form = ana.form(reward=reward, **{f"points-{reward}": "41"})
    assert ana.browser.send(f"{window.home}/cart", **form).status_code == 409
    assert "No quedan tantos puntos" in ana.browser.text
    assert 'value="41"' in ana.browser.text
    assert window.orders() == []
    assert window.reserved("PAN") == 0
    assert points(service, shop) == (40, 0)


def test_somebody_without_a_card_is_offered_nothing(window: Window, reward: str) -> None:
    nobody = shopper_at(window)
    nobody.put("PAN", 1)
    assert "¿Usas tus puntos?" not in nobody.cart()
    assert (
        nobody.browser.send(f"{window.home}/cart", **nobody.form(reward=reward)).status_code == 409
    )
    assert window.orders() == []
