"""A furnished shop, its counter, and phones that stand before it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import zxingcpp
from PIL import Image
from playwright.sync_api import Page
from sqlalchemy import update

from loyalty.journeys.pair_till import pair_till
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.refund_sale import RefundReport, refund_sale
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.kernel.ids import new_id
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.programs.models import Program
from loyalty.programs.update_store import StoreSettings, update_store
from tests.browser.support import wait_until
from tests.browser.till.support import Shop

REWARDS: Final = {
    "Café de la casa": 100,
    "Barra de masa madre": 200,
    "Cesta de fruta de temporada": 400,
}
HOURS: Final = "Mo-Fr 09:00-14:00,17:00-20:30; Sa 09:00-14:00"
# Whether the phone keeps the card's page, and every part that the page asked for.
KEPT: Final = """async () => {
  if (!(await navigator.serviceWorker.ready).active) return false;
  const kept = await caches.open("enlaza-card-1");
  const parts = performance.getEntriesByType("resource")
    .map((entry) => new URL(entry.name))
    .filter((address) => /\\/(static|accent)\\//u.test(address.pathname))
    .map((address) => address.origin + address.pathname);
  const found = await Promise.all(["/card", ...parts].map((place) => kept.match(place)));
  return parts.length > 0 && found.every(Boolean);
}"""
GONE: Final = """async () => {
  const kept = await caches.open("enlaza-card-1");
  return !(await kept.match("/card"));
}"""
KEPT_POINTS: Final = """async (points) => {
  const kept = await (await caches.open("enlaza-card-1")).match("/card");
  const told = new DOMParser().parseFromString((await kept?.text()) ?? "", "text/html");
  return told.getElementById("points")?.textContent.trim() === points;
}"""
READ_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of a served shop: what its till would report."""

    shop: Shop
    till_id: UUID

    def sell(
        self, code: str | None, total_minor: int, *, claim_id: str | None = None
    ) -> SaleReceipt:
        """Report a sale with the code that a phone shows, or with the one on its receipt."""
        made, tools = self.shop.made, self.shop.parts.tools
        now = tools.clock.now()
        report = SaleReport(
            program_id=made.program_id,
            store_id=made.store_id,
            till_id=self.till_id,
            staff_id=None,
            sale_id=str(new_id(now)),
            total_minor=total_minor,
            currency="EUR",
            sold_at=now,
            code=code,
            scanned_at=now,
            clock_sure=True,
            claim_id=claim_id,
        )
        with self.shop.parts.database.unit_of_work(made.program_id) as session:
            return record_sale(session, report, tools=tools)

    def refund(self, sale_id: str, amount_minor: int) -> None:
        """Give money back."""
        made, tools = self.shop.made, self.shop.parts.tools
        now = tools.clock.now()
        report = RefundReport(
            program_id=made.program_id,
            till_id=self.till_id,
            sale_id=sale_id,
            refund_id=str(new_id(now)),
            amount_minor=amount_minor,
            refunded_at=now,
            reason="",
        )
        with self.shop.parts.database.unit_of_work(made.program_id) as session:
            refund_sale(session, report, tools=tools)


def furnish(shop: Shop) -> Counter:
    """Give a served shop its rewards, hours, address and one paired till."""
    made, parts = shop.made, shop.parts
    settings = StoreSettings(
        name="Ultramarinos Candela",
        street="Calle del Olmo, 14",
        color="#2B3A9B",
        hours=HOURS,
        contact_kind="whatsapp",
        contact_value="+34600111222",
    )
    with parts.database.unit_of_work(made.program_id) as session:
        for name, points in REWARDS.items():
            at = parts.tools.clock.now()
            add_reward(session, made.program_id, name=name, points=points, at=at)
        coffees = RewardDraft("El décimo café, gratis", 10, "stamps", {"per": "visit"})
        add_reward(session, made.program_id, coffees, at=parts.tools.clock.now())
        # Only a demo's letter box may be read.
        session.execute(
            update(Program).where(Program.program_id == made.program_id).values(is_demo=True)
        )
        update_store(session, made.program_id, made.store_id, settings=settings, country="ES")
    paired = pair_till(
        parts.database,
        shop.offer("Caja 2"),
        client_address="192.0.2.1",
        kind="agent",
        key_sha256=None,
        tools=parts.tools,
    )
    return Counter(shop, paired.till_id)


def join(page: Page, shop: Shop) -> None:
    """Get a card with one tap, and say no to everything else."""
    page.goto(f"{shop.base_url}/S/CANDELA")
    page.get_by_role("button", name="Quiero mi tarjeta").click()
    page.get_by_role("button", name="Ahora no").click()
    wait_for_code(page)


def wait_for_code(page: Page) -> None:
    """Wait until the phone holds its codes."""
    page.wait_for_selector("html[data-codes=fresh]", state="attached")


def wait_for_kept(page: Page) -> None:
    """Wait until the phone keeps the card's page and all it is made of."""
    wait_until(page, KEPT)


def wait_for_gone(page: Page) -> None:
    """Wait until the phone keeps no card's page."""
    wait_until(page, GONE)


def wait_for_kept_points(page: Page, points: str) -> None:
    """Wait until the page that the phone keeps tells of so many points."""
    wait_until(page, KEPT_POINTS, points)


def shown_code(page: Page) -> str:
    """Read the whole code that the page says it shows."""
    text = page.locator("#code").get_attribute("data-code-text")
    assert text
    return text


def read_picture(path: Path) -> list[str]:
    """Read every code in a picture, as a till's camera would."""
    with Image.open(path) as picture:
        return [found.text for found in zxingcpp.read_barcodes(picture)]


def picture_of_code(page: Page, path: Path) -> str:
    """Take a picture of the screen; gives the code that the page showed meanwhile.

    The code changes each minute, also between a question and a picture: then both are repeated.
    """
    for _try in range(READ_TRIES):
        before = shown_code(page)
        page.screenshot(path=path)
        if shown_code(page) == before:
            return before
    raise AssertionError(before)
