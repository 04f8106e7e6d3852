"""Who is who on screens: the shopper's page of what is linked, the person's page, the questions."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from loyalty.codes.claims import issue_claims
from loyalty.identity.identifiers import ensure_identifier, mark_verified
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.members import rename_member
from loyalty.identity.queries import open_member_of_card, person_of_card
from loyalty.journeys.contract_links import link_order, note_customer
from loyalty.journeys.note_phone import note_phone
from loyalty.journeys.staff_says import Saying
from loyalty.kernel.ids import new_id
from tests.browser.shop.support import Counter
from tests.browser.support import NEVER_MS, axe_faults, sideways_px
from tests.browser.till.support import Shop, Shopper, Watch
from tests.support.sizes import LOOKS

SIZES: tuple[ViewportSize, ...] = ({"width": 390, "height": 844}, {"width": 1024, "height": 768})
# The tabs float over a long page, and what lies under them can be scrolled free: seen whole.
WHOLE: tuple[ViewportSize, ...] = ({"width": 390, "height": 1900}, {"width": 820, "height": 1900})
SHOTS = os.environ.get("SHOTS", "")


@dataclass(frozen=True, slots=True)
class Story:
    """A regular with everything linked, her sister, and a receipt nobody has claimed."""

    ana: Shopper
    person_id: str
    claim: str


def regular(shop: Shop, counter: Counter) -> Story:
    """Let somebody buy, claim, order, save a card and be named by another program.

    Her sister left the number that she leaves, too; another of hers staff wrote down.
    """
    ana, berta = shop.join(), shop.join()
    sale = counter.sell(ana.code.text, 2460)
    counter.sell(berta.code.text, 900)
    parts, program_id = shop.parts, shop.made.program_id
    keys, tools = parts.tools.keys, parts.tools
    with parts.database.unit_of_work(program_id) as session:
        now = tools.clock.now()
        note_customer(
            session,
            program_id,
            sale.sale_id,
            "acme:c-77",
            card_id=ana.card_id,
            actor=f"till:{counter.till_id}",
            at=now,
            tools=tools,
        )
        for one in (berta, ana):
            order_id = new_id(now)
            link_order(
                session, program_id, order_id, one.card_id, number="+34612345678", tools=tools
            )
        email = ensure_identifier(
            session, program_id, "email", "lucia@correo.example", at=now, keys=keys
        )
        mark_verified(session, program_id, email.identifier_id, at=now)
        for turn, one in enumerate((ana, berta)):
            member = open_member_of_card(session, program_id, one.card_id)
            assert member is not None
            name = ("Lucía F.", "Lucía Fdez.")[turn]
            rename_member(session, program_id, member, display_name=name)
            add_link(session, _proved(program_id, email.identifier_id, member, turn, now), at=now)
        said = Saying(program_id, "noted", f"staff:{shop.made.staff_id}", "lo dijo en caja")
        noted = open_member_of_card(session, program_id, ana.card_id)
        assert noted is not None
        note_phone(session, said, noted, "623 456 789", tools=tools)
        claims = issue_claims(session, program_id, counter.till_id, 2, at=now, keys=keys)
    counter.sell(None, 1240, claim_id=claims[0].claim_id)
    with parts.database.reading(program_id) as session:
        person = person_of_card(session, program_id, ana.card_id)
    assert person is not None
    return Story(ana, person.person_id, claims[0].text)


def _proved(program_id: int, email: UUID, member: UUID, turn: int, now: datetime) -> LinkDraft:
    return LinkDraft(
        program_id=program_id,
        kind="email",
        a=email,
        b=member,
        event=f"challenge:{turn}",
        occurred_at=now - timedelta(minutes=5 - turn),
        actor="shopper",
    )


def phone_of(
    browser: Browser, shop: Shop, story: Story, *, scripts: bool = True, **look: str
) -> BrowserContext:
    """Open the phone that holds the regular's card."""
    opened = browser.new_context(
        viewport=SIZES[0],
        base_url=shop.base_url,
        java_script_enabled=scripts,
        reduced_motion="reduce",
        **look,  # type: ignore[arg-type]
    )
    opened.set_default_timeout(NEVER_MS)
    opened.add_cookies([{"name": "enlaza-card", "value": story.ana.cookie, "url": shop.base_url}])
    return opened


def look_at(
    page: Page, name: str, faults: list[str], *, sizes: tuple[ViewportSize, ...] = SIZES
) -> None:
    """Hold the open page to the rules on a phone and on a tablet."""
    but = ("target-size",) if page.locator("[data-toast]").count() else ()
    for size in sizes:
        page.set_viewport_size(size)
        faults += [f"{name} {size['width']}: {fault}" for fault in axe_faults(page, but=but)]
        if wider := sideways_px(page):
            faults.append(f"{name} {size['width']}: {wider} px too wide")
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{size['width']}.png"), full_page=True)
    page.set_viewport_size(SIZES[0])


def test_a_shopper_claims_sees_why_and_takes_off_without_scripts(
    browser: Browser, shop: Shop, counter: Counter
) -> None:
    story = regular(shop, counter)
    phone = phone_of(browser, shop, story, scripts=False, locale="es-ES")
    page = phone.new_page()
    page.goto(f"/Q/{story.claim}")
    page.get_by_role("button", name="Sumar a mi tarjeta").click()
    expect(page.locator("#points")).to_have_text("36")
    page.goto("/card/privacy")
    for why in (
        "Porque abriste el código de su recibo",
        "Porque la caja lo dio junto a tu código",
        "Porque lo hiciste con esta tarjeta",
        "Porque lo escribiste tú y confirmaste el correo",
        "No une nada.",
        "«lo dijo en caja»",
    ):
        expect(page.get_by_text(why)).to_be_visible()
    for name in ("Una compra, por su recibo", "Tu número de cliente en la caja", "Un pedido"):
        page.get_by_role("button", name=f"Desunir: {name}").click()
        expect(page.get_by_role("button", name=f"Volver a unir: {name}")).to_be_visible()
    page.get_by_role("button", name="Volver a unir: Un pedido").click()
    expect(page.get_by_role("button", name="Desunir: Un pedido")).to_be_visible()
    page.goto("/card")
    expect(page.locator("#points")).to_have_text("36")
    phone.close()


@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_what_is_linked_and_why_is_for_everybody(
    browser: Browser,
    shop: Shop,
    counter: Counter,
    staff_cookie: str,
    scheme: str,
    language: str,
) -> None:
    story = regular(shop, counter)
    faults: list[str] = []
    told = f"{scheme}-{language}"
    phone = phone_of(browser, shop, story, locale=language, color_scheme=scheme)
    phone.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    watch = Watch(shop.base_url)
    watch.follow(phone)
    page = phone.new_page()
    page.goto(f"/Q/{story.claim}")
    look_at(page, f"receipt-{told}", faults)
    page.locator("main form button[type=submit]").click()
    page.goto("/card/privacy")
    look_at(page, f"privacy-{told}", faults, sizes=WHOLE)
    page.goto(f"/admin/people/{story.person_id}")
    page.locator("details:has(#phone) > summary").click()
    look_at(page, f"person-{told}", faults)
    page.goto(str(page.locator("a.row-why").nth(1).get_attribute("href")))
    for each in page.locator("details").all():
        each.locator("summary").click()
    look_at(page, f"why-{told}", faults)
    page.goto("/admin/reviews")
    look_at(page, f"reviews-{told}", faults)
    page.goto(f"/admin/people/{story.person_id}/join?q=Fdez")
    look_at(page, f"join-{told}", faults)
    phone.close()
    assert faults == []
    assert watch.faults == []


def test_the_owner_answers_with_one_tap_and_takes_it_back(
    owner: Page, shop: Shop, counter: Counter
) -> None:
    story = regular(shop, counter)
    owner.goto("/admin/reviews")
    owner.get_by_role("button", name="Son la misma ").first.click()
    expect(owner.get_by_text("Ninguna duda")).to_be_visible()
    owner.goto(f"/admin/people/{story.person_id}")
    expect(owner.get_by_text("La tienda juntó sus dos tarjetas").first).to_be_visible()
    owner.locator("a.row-why").first.click()
    expect(owner.get_by_text("Si esto se va").first).to_be_visible()
    owner.go_back()
    proof = owner.locator(".row-item", has_text="La tienda juntó sus dos tarjetas").first
    proof.locator(".take-off summary").first.click()
    proof.get_by_label("Por qué se separa").first.fill("son hermanas")
    proof.get_by_role("button", name="Separar ahora").first.click()
    expect(owner.get_by_text("Cada una tiene otra vez sus puntos")).to_be_visible()
    owner.get_by_role("button", name="Deshacer").click()
    expect(owner.get_by_text("Vuelve a estar unido")).to_be_visible()
