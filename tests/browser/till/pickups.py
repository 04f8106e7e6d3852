"""A served shop whose counter has orders to hand over, at whatever time the test runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import update

from loyalty.identity.queries import open_member_of_card
from loyalty.kernel.ids import new_id
from loyalty.orders.place import Owner
from loyalty.orders.queries import OrderFacts
from loyalty.orders.slot_rules import Policy
from loyalty.programs.models import Store
from tests.browser.till.support import Shop, Shopper, scan
from tests.support.clock import ManualClock
from tests.support.desk import Desk
from tests.support.street import Street

NOON = 12
POLICY = Policy(
    slot_minutes=60,
    lead_minutes=0,
    cutoff_minutes=0,
    capacity=50,
    days_ahead=1,
    hold_minutes=600,
    keep_hours=24,
)


def open_pickups(shop: Shop) -> Desk:
    """Let a served shop take orders; its wall clock is put near noon, so that today has slots."""
    made, parts = shop.made, shop.parts
    ahead = NOON - datetime.now(UTC).hour
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    with parts.database.unit_of_work(made.program_id) as session:
        session.execute(
            update(Store)
            .where(Store.program_id == made.program_id)
            .values(hours="Mo-Su 00:00-24:00", time_zone=zone)
        )
    street = Street(made.program_id, made.store_id, made.staff_id, new_id(datetime.now(UTC)))
    desk = Desk(parts.database, street, parts.tools, cast("ManualClock", parts.tools.clock))
    desk.set_policy(POLICY)
    return desk


def owner(shop: Shop, shopper: Shopper) -> Owner:
    """Say who orders."""
    with shop.parts.database.reading(shop.made.program_id) as session:
        member = open_member_of_card(session, shop.made.program_id, shopper.card_id)
    return Owner(member_id=member, card_id=shopper.card_id)


def basket(desk: Desk) -> dict[UUID, int]:
    """Fill a basket of two products, 12,40 € together."""
    return {
        desk.product("HOGAZA", pieces=50, price=420): 2,
        desk.product("QUESO", pieces=50, price=400): 1,
    }


def ready_order(desk: Desk, who: Owner) -> OrderFacts:
    """Order the basket and make it ready."""
    return desk.make_ready(desk.place(basket(desk), owner=who))


def handing_over(page: Page, shop: Shop) -> Iterator[str]:
    """Walk through every state an order has at the till, from the waiting screen back to it."""
    desk, shopper = open_pickups(shop), shop.join()
    order = ready_order(desk, owner(shop, shopper))
    desk.place(basket(desk))
    # The waiting screen asks anew when it is opened.
    page.click("[data-do=V]")
    page.keyboard.press("Escape")
    page.wait_for_selector(".pickup >> nth=1")
    yield "idle with orders to collect"
    scan(page, shopper.code.text)
    page.wait_for_selector(".waits")
    yield "card with an order waiting"
    page.keyboard.press("Escape")
    page.locator(".pickup-open").last.click()
    page.wait_for_selector("[data-view=order] .verdict-attention")
    yield "order not ready"
    page.keyboard.press("Escape")
    page.locator(".pickup-open").first.click()
    page.click("[data-view=order] [data-slot=spoken]")
    page.fill("#spoken", "BBBBBBBB")
    page.keyboard.press("Enter")
    page.wait_for_selector("#spoken-problem:not(:empty)")
    yield "spoken code wrong"
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    scan(page, desk.code(order))
    page.wait_for_selector("[data-slot=give]:not([hidden])")
    yield "order ready to hand over"
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt] .verdict-success")
    yield "order handed over"
    scan(page, desk.code(order))
    page.wait_for_selector("[data-view=order] .verdict-refusal")
    yield "order collected before"
    page.keyboard.press("Escape")
    page.locator(".row [data-slot=undo]").first.click()
    page.wait_for_selector("dialog [data-slot=give-back]")
    yield "giving an order back"
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
