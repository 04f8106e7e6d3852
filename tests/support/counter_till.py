"""A till's agent at a counter: paired over a line that may be bad, selling, and its own books."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.wire.messages import moment_text
from pos_plugin.acts import Act, ActState, Json
from pos_plugin.agent import Agent
from pos_plugin.client import pair
from pos_plugin.home import Home
from tests.support.books import Books
from tests.support.running import ServedShop, wait_until

DRAIN_S_MAX: Final = 180.0


def sale_body(shop: ServedShop, rng: random.Random) -> Json:
    """Write a sale as the till page does; every other one has a card."""
    at = moment_text(SystemClock().now())
    body: Json = {
        "sale_id": str(new_id(SystemClock().now())),
        "total_minor": rng.randint(1, 9_999),
        "currency": "EUR",
        "sold_at": at,
    }
    if rng.random() < 1 / 2:
        body |= {"code": rng.choice(shop.cards), "scanned_at": at}
    return body


def sale_act(body: Json) -> Act:
    """Write what a cashier confirmed."""
    sale_id = str(body["sale_id"])
    return Act(sale_id, "sale", sale_id, body, None, str(body["sold_at"]), {})


def points_of(body: Json) -> int:
    """Say what a sale is worth: one point for each whole euro, with a card."""
    return int(body["total_minor"]) // 100 if "code" in body else 0


@dataclass(slots=True)
class CounterTill:
    """An agent in this process, and everything it acknowledged.

    `before` is what the shop had sold when this till came.
    """

    shop: ServedShop
    home: Home
    agent: Agent
    rng: random.Random
    before: Books
    confirmed: dict[str, Json] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)

    def sell(self) -> ActState:
        """Confirm one sale, and remember how long the cashier waited."""
        body = sale_body(self.shop, self.rng)
        began = time.monotonic()
        state = self.agent.take(sale_act(body))
        self.waits_s.append(time.monotonic() - began)
        self.confirmed[state.act_id] = body
        return state

    def waiting(self) -> int:
        """Count what the server has not answered."""
        return self.agent.queue.counts().waiting

    def answers(self) -> dict[str, Json]:
        """Wait until every sale is done and nothing else is left; gives what was answered to each.

        A service that asks for what it has lost, or never had under this pairing, may get it once
        more after the queue was empty. A till that was taken off has forgotten its answers, and
        is told them again when it is paired anew.
        """
        found: dict[str, Json] = {}

        def is_whole() -> bool:
            found.clear()
            for sale_id in self.confirmed:
                state = self.agent.queue.act(sale_id)
                if state is not None and state.state == "done" and state.answer is not None:
                    found[sale_id] = state.answer
            counts = self.agent.queue.counts()
            return (len(found), counts.waiting, counts.aside) == (len(self.confirmed), 0, 0)

        wait_until(is_whole, "every sale is answered", wait_s=DRAIN_S_MAX)
        return found

    def drain(self) -> float:
        """Wait until nothing waits; says how many seconds that took."""
        began = time.monotonic()
        self.agent.drainer.wake()
        wait_until(lambda: self.waiting() == 0, "the queue is empty", wait_s=DRAIN_S_MAX)
        return time.monotonic() - began

    def p95_ms(self) -> float:
        """Say how long nineteen of twenty cashiers waited at most."""
        return 1000 * sorted(self.waits_s)[int(len(self.waits_s) * 0.95)]

    def restart(self) -> None:
        """End the agent and start it again, as after a power cut of the counter."""
        self.agent.stop()
        self.agent = Agent(self.home)
        self.agent.start()


@contextmanager
def counter_till(
    shop: ServedShop,
    url: str,
    home: Path,
    *,
    ca_file: Path | None = None,
    seed: int = 0,
) -> Iterator[CounterTill]:
    """Pair an agent at `url` and let it run; it ends with the block."""
    kept = Home(home)
    kept.make()
    kept.write_paired(pair(url, shop.offer(), ca_file=ca_file))
    before = Books.of_server(shop.database)
    till = CounterTill(shop, kept, Agent(kept), random.Random(seed), before)
    till.agent.start()
    try:
        yield till
    finally:
        till.agent.stop()


def assert_books_equal(shop: ServedShop, till: CounterTill) -> Books:
    """Hold that both sides have the till's sales, each once, with the same points.

    Gives what the shop has sold since the till came, which is alone meanwhile.
    """
    sold = till.confirmed
    books = Books.of_server(shop.database).since(till.before)
    assert books.sales == {sale_id: body["total_minor"] for sale_id, body in sold.items()}
    assert books.points == sum(points_of(body) for body in sold.values())
    assert books.earnings == sum("code" in body for body in sold.values())
    answers = till.answers()
    for sale_id, body in sold.items():
        earned = (answers[sale_id]["points"] or {}).get("earned") or 0
        assert earned == points_of(body), "the till was told the points that were given"
    return books
