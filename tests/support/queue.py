"""A till's agent as the service meets it: acts with numbers, sent in messages of fifty."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from loyalty.db.session import Database
from loyalty.journeys.take_events import EVENTS_MAX
from loyalty.journeys.verify import Finding, verify_program
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.points.queries import ENTRY, POSTING
from loyalty.programs.queues import EVENT, QueueFacts, queues_of_tills
from loyalty.sales.queries import LINE, SALE
from loyalty.sales.queries import TURN as SALE_CARD
from loyalty.wire.messages import moment_text
from tests.support.service import Service, Shop

QUEUE_ID = str(UUID(int=77))
Json = dict[str, Any]


@dataclass(slots=True)
class Agent:
    """An agent of a shop's till, with one queue; it numbers what it is given."""

    service: Service
    shop: Shop
    queue_id: str = QUEUE_ID
    acts: list[Json] = field(default_factory=list)

    def now(self) -> str:
        return moment_text(self.service.services.tools.clock.now())

    def sale(self, sale_id: str, total_minor: int = 1240, **body: object) -> Json:
        told = {
            "sale_id": sale_id,
            "total_minor": total_minor,
            "currency": "EUR",
            "sold_at": self.now(),
            **body,
        }
        return self._numbered("sale", sale_id, told)

    def carded(self, sale_id: str, total_minor: int = 1240, **body: object) -> Json:
        """Sell to the shopper of this shop."""
        shown = {"code": self.shop.card_text, "scanned_at": self.now()}
        return self.sale(sale_id, total_minor, **shown, **body)

    def refund(self, refund_id: str, sale_id: str, amount_minor: int = 240) -> Json:
        told = {
            "refund_id": refund_id,
            "amount_minor": amount_minor,
            "refunded_at": self.now(),
        }
        return self._numbered("refund", sale_id, told)

    def move(self, reassignment_id: str, sale_id: str, *, code: str | None = None) -> Json:
        told = {"reassignment_id": reassignment_id, "code": code}
        if code is not None:
            told["scanned_at"] = self.now()
        return self._numbered("reassignment", sale_id, told)

    def _numbered(self, kind: str, sale_id: str, body: Json) -> Json:
        event = {
            "seq": len(self.acts) + 1,
            "kind": kind,
            "made_at": self.now(),
            "staff_id": None,
            "sale_id": sale_id,
            "body": body,
        }
        self.acts.append(event)
        return event

    def message(self, events: Sequence[Json], **changes: object) -> Json:
        return {
            "queue_id": self.queue_id,
            "version": "0.2.0",
            "state": {"waiting": len(events), "oldest_made_at": None, "aside": 0},
            "events": list(events),
            **changes,
        }

    def send(self, events: Sequence[Json] = (), **changes: object) -> Json:
        """Send a message that is taken."""
        answer = self.service.post(
            "/api/v1/sync", self.shop.as_till(), json=self.message(events, **changes)
        )
        assert answer.status_code == 200, answer.text
        told: Json = answer.get_json()
        return told

    def results(self, events: Sequence[Json] = (), **changes: object) -> list[str]:
        return [each["result"] for each in self.send(events, **changes)["results"]]

    def drain(self) -> None:
        """Send all acts, message by message, until none is to be sent later."""
        waiting = list(self.acts)
        while waiting:
            batch = waiting[:EVENTS_MAX]
            later = {
                each["seq"] for each in self.send(batch)["results"] if each["result"] == "later"
            }
            assert len(later) < len(batch), "nothing went on"
            waiting = [act for act in batch if act["seq"] in later] + waiting[EVENTS_MAX:]

    # What the service has at the end.

    def balance(self) -> int:
        scan = {"code": self.shop.card_text, "scanned_at": self.now()}
        answer = self.service.post("/api/v1/scans", self.shop.as_till(), json=scan)
        return int(answer.get_json()["points"])

    def state(self) -> Json:
        """Tell everything that acts can change, to compare it with another time."""
        program_id = self.shop.program_id
        with self.service.services.database.reading(program_id) as session:
            counts = {
                table.name: session.execute(
                    select(func.count()).select_from(table).where(table.c.program_id == program_id)
                ).scalar_one()
                for table in (SALE, LINE, SALE_CARD, POSTING, ENTRY, EVENT)
            }
            turns = session.execute(
                select(SALE_CARD.c.sale_id, SALE_CARD.c.turn, SALE_CARD.c.card_id).order_by(
                    SALE_CARD.c.sale_id, SALE_CARD.c.turn
                )
            ).all()
        return {"counts": counts, "turns": [tuple(turn) for turn in turns]}

    def queue(self) -> QueueFacts:
        with self.service.services.database.reading(self.shop.program_id) as session:
            (found,) = queues_of_tills(session, self.shop.program_id)
        return found

    def findings(self) -> tuple[Finding, ...]:
        parts = self.service.services
        with parts.database.reading(self.shop.program_id) as session:
            return verify_program(session, self.shop.program_id, tools=parts.tools)


@contextmanager
def writes_refused(database: Database, *, after: int, times: int = 1_000) -> Iterator[list[int]]:
    """Let the storage refuse `times` units of work after `after` of them were kept.

    Gives the programs of all units that were asked for.
    """
    real = database.unit_of_work
    opened: list[int] = []

    @contextmanager
    def refusing(program_id: int) -> Iterator[Any]:
        opened.append(program_id)
        if after < len(opened) <= after + times:
            raise StorageUnavailableError
        with real(program_id) as session:
            yield session

    database.unit_of_work = refusing  # type: ignore[method-assign]
    try:
        yield opened
    finally:
        database.unit_of_work = real  # type: ignore[method-assign]
