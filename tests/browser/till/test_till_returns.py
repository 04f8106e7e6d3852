"""Goods come back at the till: a piece, all that is left, and bills that points paid."""

import pytest
from playwright.sync_api import Page, expect

from loyalty.journeys.cashier import set_pin
from loyalty.points.add_reward import RewardDraft, add_reward
from tests.browser.support import axe_faults
from tests.browser.till.rewarding import Rewarding, open_rewards
from tests.browser.till.support import Shop, Shopper, card_text, scan, type_amount

pytestmark = pytest.mark.browser

STAMPS = RewardDraft("Décimo café", 9, "stamps", {"per": "product", "products": ["cafe"]})
SELL = """
async (body) => {
  const told = { ...body, sale_id: crypto.randomUUID(), sold_at: new Date().toISOString() };
  told.scanned_at = told.sold_at;
  const headers = { "Content-Type": "application/json", "X-Enlaza": "1" };
  const sent = { method: "POST", headers, body: JSON.stringify(told) };
  return (await fetch("/api/v1/sales", sent)).status;
}
"""


@pytest.fixture
def rewards(shop: Shop) -> Rewarding:
    opened = open_rewards(shop)
    made = shop.made
    with shop.parts.database.unit_of_work(made.program_id) as session:
        add_reward(session, made.program_id, STAMPS, at=shop.parts.tools.clock.now())
    return opened


def sell_goods(till: Page, shop: Shop, shopper: Shopper) -> None:
    """Report a ticket with its lines, as the shop's own program does for this till."""
    lines = [
        {"product_ref": "cafe", "description": "Café", "quantity_milli": 3000, "total_minor": 420},
        {"product_ref": "", "description": "Queso", "quantity_milli": 350, "total_minor": 630},
    ]
    code = card_text(shop, shopper.card_id)
    body = {"total_minor": 1050, "currency": "EUR", "code": code, "lines": lines}
    assert till.evaluate(SELL, body) == 201


def undo_first(till: Page, letter: str) -> None:
    till.locator(".row [data-slot=undo]").first.click()
    till.wait_for_selector(f"dialog [data-do={letter}]:visible")
    till.keyboard.press(letter.lower())


def test_pieces_of_a_ticket_come_back_with_their_points_and_stamps_in_words(
    till: Page, shop: Shop, rewards: Rewarding
) -> None:
    shopper = shop.join()
    sell_goods(till, shop, shopper)
    assert rewards.points_of(shopper) == 10
    till.reload()
    undo_first(till, "D")
    lines = till.locator(".returns-line")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("Quedan 3 · 4,20")
    expect(lines.nth(1)).to_contain_text("Quedan 0,35 · 6,30")
    till.click("dialog [type=submit]")
    expect(till.locator("#returns-problem")).to_have_text("Elige primero qué vuelve.")
    more = lines.first.locator("[data-slot=more]")
    for _press in range(3):
        more.click()
    expect(more).to_be_disabled()
    lines.first.locator("[data-slot=less]").click()
    expect(till.locator("dialog [data-slot=words]")).to_contain_text("Devolver 2,80")
    assert axe_faults(till) == []
    till.click("dialog [type=submit]")
    verdict = till.locator("[data-view=receipt] .verdict-success")
    expect(verdict).to_contain_text("Devuelto: 2,80")
    expect(verdict).to_contain_text("Se quitan 3 puntos de esta compra. Se quitan 2 sellos.")
    assert rewards.points_of(shopper) == 7
    till.keyboard.press("Enter")
    expect(till.locator(".row").first).to_contain_text("devuelta en parte")
    undo_first(till, "D")
    expect(lines.first).to_contain_text("Quedan 1 · 1,40")
    till.keyboard.press("t")
    expect(till.locator("dialog [data-slot=words]")).to_contain_text("Devolver 7,70")
    till.keyboard.press("Enter")
    expect(till.locator("[data-view=receipt] .verdict-success")).to_contain_text("7,70")
    assert rewards.points_of(shopper) == 0
    till.keyboard.press("Enter")
    expect(till.locator(".row").first).to_contain_text("devuelta")
    expect(till.locator(".row [data-slot=undo]").first).to_be_hidden()


def test_a_cashier_answers_for_a_card_with_a_reason_and_undoes_a_bill_that_points_paid(
    till: Page, shop: Shop, rewards: Rewarding
) -> None:
    made, tools = shop.made, shop.parts.tools
    with shop.parts.database.unit_of_work(made.program_id) as session:
        set_pin(session, made.program_id, made.staff_id, "4829", tools=tools)
    till.reload()
    till.fill("#pin", "4829")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    shopper = shop.join()
    rewards.give(shopper, 340)
    scan(till, card_text(shop, shopper.card_id))
    till.wait_for_selector("[data-view=sale] .verdict-success")
    type_amount(till, "150")
    # What is within reach, the dearest first.
    expect(till.locator("button.reward .reward-name")).to_have_text(
        ["Pan de masa madre", "Café de la casa", "Puntos como dinero"]
    )
    till.locator("button.reward", has_text="dinero").click()
    expect(till.locator("#redeem-points")).to_have_value("150")
    till.click("dialog [type=submit]")
    till.wait_for_selector("#redeem-pin:visible")
    till.fill("#redeem-pin", "1111")
    till.click("dialog [type=submit]")
    expect(till.locator("#redeem-problem")).to_contain_text("motivo")
    till.fill("#redeem-why", "No trae el móvil")
    till.click("dialog [type=submit]")
    # A wrong PIN is a refusal that stays; the next try is one of its own, and nobody notices.
    expect(till.locator("#redeem-problem")).to_contain_text("Quedan")
    till.fill("#redeem-pin", "4829")
    assert axe_faults(till) == []
    till.click("dialog [type=submit]")
    expect(till.locator(".reward-applied")).to_contain_text("−1,50")
    till.click("[data-slot=save]")
    expect(till.locator(".used-taken")).to_contain_text("−1,50")
    assert rewards.points_of(shopper) == 190
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    undo_first(till, "X")
    verdict = till.locator("[data-view=receipt] .verdict-success")
    expect(verdict).to_contain_text("Devuelto, sin dinero")
    expect(verdict).to_contain_text("Vuelven 150 puntos del premio.")
    assert rewards.points_of(shopper) == 340
    till.keyboard.press("Enter")
    expect(till.locator(".row").first).to_contain_text("devuelta")
    expect(till.locator(".row [data-slot=undo]").first).to_be_hidden()
