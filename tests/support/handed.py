"""Orders at a shop's counter over the API: a desk that prepares them, a till that gives them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from werkzeug.test import TestResponse

from loyalty.identity.queries import open_member_of_card
from loyalty.kernel.ids import new_id
from loyalty.orders.place import Owner
from loyalty.orders.queries import OrderFacts
from loyalty.programs.models import Store
from loyalty.wire.messages import moment_text
from tests.support.clock import ManualClock
from tests.support.desk import HOURS, Desk
from tests.support.service import Service, Shop
from tests.support.street import Street

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handing:
    """One shop's till that hands over what its desk has made ready."""

    service: Service
    shop: Shop
    desk: Desk

    @property
    def owner(self) -> Owner:
        """The shopper of this shop, who has a card."""
        with self.desk.database.reading(self.shop.program_id) as session:
            member = open_member_of_card(session, self.shop.program_id, self.shop.card_id)
        return Owner(member_id=member, card_id=self.shop.card_id)

    def ready(self, *, pieces: int = 2, owner: Owner | None = None) -> OrderFacts:
        """Order bread for 5 € each and make it ready."""
        bread = self.desk.product(pieces=10, price=500)
        placed = self.desk.place({bread: pieces}, owner=self.owner if owner is None else owner)
        return self.desk.make_ready(placed)

    def body(self, code: str | None, **changes: object) -> Json:
        """Write a handoff as a till sends it."""
        now = self.desk.clock.now()
        told = {"handoff_id": str(new_id(now)), "code": code, "handed_at": moment_text(now)}
        return {**told, **changes}

    def send(self, body: Json) -> TestResponse:
        """Send a handoff from this shop's till."""
        return self.service.post("/api/v1/handoffs", self.shop.as_till(), json=body)

    def given(self, body: Json) -> Json:
        """Send a handoff that is done for the first time."""
        answer = self.send(body)
        assert answer.status_code == 201, answer.text
        told: Json = answer.get_json()
        return told

    def refused(self, body: Json, *, lang: str = "es") -> Json:
        """Send a handoff that is refused, and give the problem."""
        headers = {**self.shop.as_till(), "Accept-Language": lang}
        answer = self.service.post("/api/v1/handoffs", headers, json=body)
        assert answer.status_code >= 400, answer.text
        told: Json = answer.get_json()
        return told

    def scan(self, code: str, *, lang: str = "es") -> Json:
        """Scan a code at this shop's till."""
        at = moment_text(self.desk.clock.now())
        headers = {**self.shop.as_till(), "Accept-Language": lang}
        answer = self.service.post("/api/v1/scans", headers, json={"code": code, "scanned_at": at})
        assert answer.status_code == 200, answer.text
        told: Json = answer.get_json()
        return told

    def listed(self) -> list[Json]:
        """Ask what waits here."""
        answer = self.service.get("/api/v1/till/orders", self.shop.as_till())
        assert answer.status_code == 200, answer.text
        orders: list[Json] = answer.get_json()["orders"]
        return orders

    def refund(self, sale_id: str, amount_minor: int) -> TestResponse:
        """Give money back for a sale."""
        now = self.desk.clock.now()
        told = {
            "refund_id": str(new_id(now)),
            "amount_minor": amount_minor,
            "refunded_at": moment_text(now),
        }
        return self.service.post(f"/api/v1/sales/{sale_id}/refunds", self.shop.as_till(), json=told)


def open_handing(service: Service, shop: Shop, clock: ManualClock) -> Handing:
    """Let a shop of the service take orders."""
    parts = service.services
    street = Street(
        program_id=shop.program_id,
        store_id=shop.program.store_id,
        staff_id=shop.program.staff_id,
        till_id=shop.till_id,
    )
    with parts.database.unit_of_work(shop.program_id) as session:
        session.execute(
            update(Store).where(Store.program_id == shop.program_id).values(hours=HOURS)
        )
    desk = Desk(parts.database, street, parts.tools, clock)
    desk.set_policy()
    return Handing(service, shop, desk)
