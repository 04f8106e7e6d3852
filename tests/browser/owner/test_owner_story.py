"""What the owner does from the first sign-in to the sale that came from the web."""

import json
import re

from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from loyalty.outbox.models import OutboxMessage
from tests.browser.shop.support import Counter, shown_code, wait_for_code
from tests.browser.support import follow
from tests.browser.till.support import Shop, open_till, scan, type_amount

PHONE = {"width": 390, "height": 844}


def code_of_last_mail(shop: Shop) -> str:
    with shop.parts.database.reading(shop.made.program_id) as session:
        facts = session.scalars(select(OutboxMessage.facts)).all()[-1]
    code = json.loads(facts)["code"]
    assert isinstance(code, str)
    return code


def test_the_code_of_a_mail_leads_from_the_door_to_today(page: Page, shop: Shop) -> None:
    page.goto("/sign-in")
    page.get_by_label("Su dirección web").fill("CANDELA")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_label("Correo").fill("candela@example.org")
    page.get_by_role("button", name="Mandar el código").click()
    expect(page.get_by_role("heading", name="Mira tu correo")).to_be_visible()
    page.get_by_label("Código de seis cifras").fill(code_of_last_mail(shop))
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Buen.s .*, Candela"))
    expect(page.get_by_role("heading", name="Tu puesta en marcha")).to_be_visible()


def test_a_till_is_paired_by_the_letters_and_the_owner_is_told(
    owner: Page, browser: Browser, shop: Shop
) -> None:
    owner.goto("/admin/team")
    owner.get_by_label("Nombre de la caja").fill("Caja nueva")
    owner.get_by_role("button", name="Mostrar el código").click()
    letters = owner.locator(".pairing-code [aria-hidden]").inner_text()
    expect(owner.locator("[data-left]")).to_contain_text(re.compile(r"Vale \d+:\d\d"))
    tablet = browser.new_context(base_url=shop.base_url, locale="es-ES")
    till = tablet.new_page()
    till.goto("/till")
    till.fill("#pair-code", letters)
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    expect(owner.get_by_text("Caja nueva está emparejada y lista.")).to_be_visible()
    tablet.close()


def test_the_owner_sees_the_sale_with_its_channel_and_why(
    owner: Page, browser: Browser, shop: Shop, counter: Counter
) -> None:
    phone = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="es-ES"
    ).new_page()
    phone.goto(f"{shop.base_url}/S/CANDELA?utm_source=instagram.com&utm_campaign=turron")
    phone.get_by_role("button", name="Quiero mi tarjeta").click()
    phone.get_by_role("checkbox").first.check()
    phone.get_by_role("button", name="Guardar lo marcado").click()
    wait_for_code(phone)
    counter.sell(shown_code(phone), 1240)
    phone.context.close()
    owner.goto("/admin")
    latest = owner.locator("section", has=owner.get_by_role("heading", name="Últimas ventas"))
    expect(latest).to_contain_text("12,40")
    expect(latest).to_contain_text("llegó desde instagram.com, campaña «turron»")
    latest.get_by_role("link").first.click()
    story = owner.locator("section", has=owner.get_by_role("heading", name="Su historia"))
    expect(story).to_contain_text("en Caja 2")
    expect(story).to_contain_text("Llegó desde instagram.com, campaña «turron»")
    expect(story).to_contain_text("ese móvil enseñó el código")
    owner.locator(".take-off summary", has_text="Separar 2").click()
    owner.get_by_label("Por qué se separa").first.fill("no era su móvil")
    owner.get_by_role("button", name="Separar ahora 2").click()
    expect(owner.get_by_role("status")).to_contain_text("Los puntos siguen en su tarjeta")
    owner.get_by_role("button", name="Deshacer").click()
    expect(owner.get_by_role("status")).to_contain_text("Vuelve a estar unido")


def test_the_chart_draws_what_the_table_says(owner: Page, counter: Counter) -> None:
    counter.sell(None, 4200)
    owner.goto("/admin")
    bars = owner.evaluate(
        "() => window.Chart.getChart(document.querySelector('canvas')).data.datasets"
        ".map((one) => one.data.at(-1))"
    )
    assert bars == [0, 0, 4200]
    painted = owner.evaluate(
        "() => { const c = document.querySelector('canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".some((value) => value > 0); }"
    )
    assert painted
    named = owner.evaluate(
        "() => { const x = window.Chart.getChart(document.querySelector('canvas')).scales.x;"
        "return [x.ticks.length, x.labelRotation]; }"
    )
    assert named == [7, 0], "every day has its name, and none is tilted"


def test_one_computer_is_enough_for_the_first_sale(desk: BrowserContext, counter: Counter) -> None:
    assert counter
    page = desk.new_page()
    page.goto("/")
    page.get_by_role("button", name="Abrir la caja").click()
    phone, till = page.frame_locator("#phone"), page.frame_locator("#till")
    page.get_by_role("button", name="Pasar el código").click()
    expect(page.locator("#told")).to_have_text("Primero consigue tu tarjeta en el móvil.")
    phone.get_by_role("button", name="Quiero mi tarjeta").click()
    phone.get_by_role("button", name="Ahora no").click()
    phone.locator("html[data-codes=fresh]").wait_for(state="attached")
    page.get_by_role("button", name="Pasar el código").click()
    expect(till.get_by_role("heading", name="Tarjeta sin nombre")).to_be_visible()
    till.locator("body").press_sequentially("12,40", delay=350)
    till.locator("body").press("Enter")
    expect(phone.locator("#points")).to_have_text("12")
    page.get_by_role("button", name="Ver la tienda como Candela").click()
    expect(page.get_by_role("heading", name="Últimas ventas")).to_be_visible()


def test_a_color_is_seen_before_it_is_saved(owner: Page, shop: Shop, counter: Counter) -> None:
    assert counter
    owner.goto(f"/admin/store/{shop.made.store_id}")
    owner.locator("#color").evaluate(
        "(field) => { field.value = '#8c1d40';"
        "field.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(owner.locator(".accent-swatch rect[fill='#8C1D40']").first).to_be_attached()


def test_mondays_hours_are_copied_to_the_working_days(owner: Page, shop: Shop) -> None:
    owner.goto(f"/admin/pickup/{shop.made.store_id}")
    owner.get_by_label("Lunes, abre").first.fill("9")
    owner.get_by_label("Lunes, cierra").first.fill("14:30")
    owner.get_by_role("button", name="Igual que el lunes").click()
    owner.get_by_role("button", name="Guardar horario").click()
    expect(owner.get_by_label("Viernes, abre").first).to_have_value("09:00")
    expect(owner.get_by_label("Viernes, cierra").first).to_have_value("14:30")
    expect(owner.get_by_label("Sábado, abre").first).to_have_value("")


def test_a_wedge_reads_the_card_of_the_sheet(
    owner: Page, browser: Browser, shop: Shop, counter: Counter
) -> None:
    assert counter
    owner.goto("/admin/cards")
    owner.get_by_label("Cuántas").fill("1")
    owner.get_by_role("button", name="Hacer tarjetas").click()
    text = decoded(owner, ".card-code svg")
    assert text.startswith(f"{shop.parts.settings.base_url.upper()}/Q/")
    till = browser.new_context(base_url=shop.base_url, locale="es-ES").new_page()
    open_till(till, shop)
    scan(till, text)
    expect(till.get_by_role("heading", name="Tarjeta sin nombre")).to_be_visible()
    type_amount(till, "5")
    till.context.close()


def test_the_poster_is_read_from_the_screen(owner: Page, shop: Shop, counter: Counter) -> None:
    assert counter
    owner.goto(f"/admin/poster/{shop.made.store_id}")
    assert decoded(owner, ".poster-code svg") == f"{shop.parts.settings.base_url.upper()}/S/CANDELA"


def decoded(page: Page, place: str) -> str:
    """Read the code of a page as a phone would: from a picture of the whole page."""
    import io  # noqa: PLC0415

    import zxingcpp  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    assert page.locator(place).count() == 1
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as picture:
        found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


def test_persons_are_found_while_their_name_is_typed(
    owner: Page, browser: Browser, shop: Shop
) -> None:
    for name in ("Lucía F.", "Marcos T."):
        phone = browser.new_context(base_url=shop.base_url, locale="es-ES").new_page()
        phone.goto("/S/CANDELA")
        follow(phone, phone.get_by_role("button", name="Quiero mi tarjeta"))
        phone.goto("/card/privacy")
        phone.get_by_label("Nombre (opcional)").fill(name)
        follow(phone, phone.get_by_role("button", name="Guardar"))
        phone.context.close()
    owner.goto("/admin/people")
    expect(owner.get_by_text("Marcos T.")).to_be_visible()
    owner.get_by_label("Nombre, correo o letras de la tarjeta").press_sequentially("lucia")
    expect(owner.get_by_text("Marcos T.")).to_have_count(0)
    expect(owner.get_by_text("Lucía F.")).to_be_visible()
    expect(owner.get_by_label("Nombre, correo o letras de la tarjeta")).to_be_focused()
    expect(owner).to_have_url(re.compile(r"\?q=lucia$"))
