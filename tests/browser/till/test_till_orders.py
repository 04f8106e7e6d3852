"""An order at the till: seen with the card, opened by its code, handed over by one press."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.till.pickups import open_pickups, owner, ready_order
from tests.browser.till.support import Shop, scan

pytestmark = pytest.mark.browser


def title(page: Page, words: str) -> None:
    expect(page.locator(".verdict h1")).to_contain_text(words)


def test_the_pickup_code_opens_the_order_and_one_press_hands_it_over(
    till: Page, shop: Shop
) -> None:
    desk = open_pickups(shop)
    shopper = shop.join()
    order = ready_order(desk, owner(shop, shopper))
    # A sale has begun; the order's code interrupts it and it is there again afterwards.
    till.click("[data-do=V]")
    for pad in ("3", "00"):
        till.click(f"[data-press='{pad}']")
    scan(till, desk.code(order))
    title(till, f"Pedido {order.number}, listo")
    expect(till.locator("[data-slot=total]")).to_contain_text("12,40")
    till.keyboard.press("Enter")
    title(till, f"Entregado: pedido {order.number}")
    expect(till.locator(".verdict-figure")).to_contain_text("+12")
    till.keyboard.press("Enter")
    expect(till.locator("[data-view=sale] [data-slot=sum]")).to_have_text("3,00")
    till.keyboard.press("Escape")
    # The same code again: already given, and what to do.
    scan(till, desk.code(order))
    title(till, f"El pedido {order.number} ya se entregó")
    expect(till.locator(".thread")).to_contain_text("No entregues nada más")
    till.keyboard.press("Escape")
    # A handoff is given back, not undone: its money, its points, its goods.
    row = till.locator("[data-view=idle] .row").first
    expect(row).to_contain_text(f"Pedido {order.number} entregado")
    row.get_by_role("button", name="Devolver").click()
    till.keyboard.press("x")
    title(till, "Devuelto: 12,40")
    assert desk.findings() == ()
    assert [total for _sale_id, total in shop.sales()] == [1240]
    assert {desk.stock(line.product_id) for line in desk.lines(order).values()} == {(50, 0)}


def test_the_card_shows_the_order_and_the_phone_that_ordered_collects_a_part(
    till: Page, shop: Shop
) -> None:
    desk = open_pickups(shop)
    shopper = shop.join()
    order = ready_order(desk, owner(shop, shopper))
    scan(till, shopper.code.text)
    expect(till.locator(".waits")).to_contain_text(f"Le espera el pedido {order.number}")
    till.keyboard.press("p")
    expect(till.locator("[data-slot=give]")).to_be_visible()
    till.get_by_role("checkbox").last.uncheck()
    expect(till.locator("[data-slot=total]")).to_contain_text("8,40")
    till.keyboard.press("Enter")
    title(till, f"Entregado: pedido {order.number}")
    assert [total for _sale_id, total in shop.sales()] == [840]
    # Back at the sale of that card: the rest still waits there for another day.
    till.keyboard.press("Enter")
    expect(till.locator("[data-view=sale]")).to_be_visible()
    till.keyboard.press("Escape")
    expect(till.locator(".pickup")).to_contain_text(order.number)
    assert desk.findings() == ()


def test_the_spoken_letters_hand_over_and_wrong_ones_are_counted(till: Page, shop: Shop) -> None:
    desk = open_pickups(shop)
    order = ready_order(desk, owner(shop, shop.join()))
    till.click("[data-do=V]")
    till.keyboard.press("Escape")
    till.locator(".pickup-open").click()
    till.keyboard.press("l")
    till.fill("#spoken", "BBBBBBBB")
    till.keyboard.press("Enter")
    expect(till.locator("#spoken-problem")).to_contain_text("Quedan 4 intentos")
    till.fill("#spoken", desk.spoken(order).lower())
    till.keyboard.press("Enter")
    title(till, f"Entregado: pedido {order.number}")
    assert desk.findings() == ()


def test_a_browser_without_a_line_gives_no_order(till: Page, shop: Shop) -> None:
    desk = open_pickups(shop)
    order = ready_order(desk, owner(shop, shop.join()))
    till.context.route("**/api/v1/**", lambda route: route.abort())
    scan(till, desk.code(order))
    title(till, "Sin línea no se entrega este pedido")
    till.context.unroute("**/api/v1/**")
    scan(till, desk.code(order))
    title(till, f"Pedido {order.number}, listo")
    till.keyboard.press("Enter")
    title(till, f"Entregado: pedido {order.number}")
