"""An owner writes a rule and sees what a basket would earn; the till gives just that."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.owner.test_owner_access import stocked
from tests.browser.shop.support import Counter
from tests.browser.support import axe_faults
from tests.browser.till.support import Shop


def test_the_points_of_a_sale_are_those_that_the_preview_told(
    owner: Page, shop: Shop, counter: Counter
) -> None:
    stocked(shop)
    shopper = shop.join()
    owner.goto("/admin/points")
    expect(owner.get_by_text("Esta compra ganaría 24 puntos.")).to_be_visible()
    owner.get_by_role("link", name="Añadir una regla").click()
    owner.locator("#points").fill("3")
    owner.locator("#name").fill("Compra grande")
    owner.locator("#minimum").fill("20")
    owner.get_by_text("Con qué productos").click()
    not_counted = owner.get_by_role("group", name="No cuentan")
    not_counted.get_by_label("Dulces").check()
    # What a basket earns is told while it is typed, before anything is kept.
    owner.locator("#try-rest").fill("24,60")
    verdict = owner.locator("#outcome .try-verdict")
    expect(verdict).to_have_text("Esta compra ganaría 72 puntos.")
    owner.locator("#try-rest").fill("19,99")
    expect(verdict).to_have_text("Esta compra ganaría 19 puntos.")
    expect(owner.locator("#outcome")).to_contain_text("No llega al mínimo.")
    owner.locator("#try-rest").fill("24,60")
    expect(verdict).to_have_text("Esta compra ganaría 72 puntos.")
    told = re.search(r"\d+", verdict.inner_text())
    assert told
    assert axe_faults(owner) == []
    owner.get_by_role("button", name="Guardar la regla").click()
    expect(owner.get_by_text("Regla guardada.")).to_be_visible()
    expect(owner.locator(".rule-sentence").last).to_have_text(
        "3 puntos por cada euro · sin Dulces · desde 20 €".replace(" €", "\u00a0€")
    )
    counter.sell(shopper.code.text, 2460)
    owner.goto(f"/admin/people?q={shopper.card_id}")
    owner.locator(".rows a").first.click()
    expect(owner.locator(".person-points")).to_contain_text(told[0])
    # The way back is one press, and a version of its own.
    owner.goto("/admin/points")
    owner.get_by_text("Reglas de antes").click()
    owner.get_by_role("button", name=re.compile("Volver a estas")).last.click()
    expect(owner.locator(".rule-sentence")).to_have_count(1)


def test_a_rule_is_written_and_tried_without_any_script(
    browser: Browser, shop: Shop, staff_cookie: str
) -> None:
    stocked(shop)
    plain = browser.new_context(java_script_enabled=False, locale="es-ES", base_url=shop.base_url)
    plain.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    page = plain.new_page()
    page.goto("/admin/points/rules/visit")
    page.get_by_label("compra", exact=True).check()
    page.locator("#points").fill("40")
    page.get_by_role("button", name="Ver qué ganaría").click()
    expect(page.get_by_text("Esta compra ganaría 40 puntos.")).to_be_visible()
    page.get_by_role("button", name="Guardar la regla").click()
    expect(page.get_by_text("40 puntos por cada compra").first).to_be_visible()
    plain.close()
