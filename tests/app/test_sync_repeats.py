"""However a queue arrives, twice, late, shuffled, cut or after a restore: the same books.

The oracle is the same queue on a service that got it once, in order, message by message.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.sales.queries import TURN, refunded_minor, sales_by_id
from tests.support.clock import ManualClock
from tests.support.places import Place, copied
from tests.support.queue import Agent, Json, writes_refused
from tests.support.service import Service, give_card, make_service, open_shop
from tests.support.sizes import SIZE

SALES = ("s1", "s2", "s3")
# Each example is two shops and dozens of messages: few of them, and making one smaller takes
# minutes, so it is shown as it was found.
FEW = settings(max_examples=max(10, SIZE.examples // 5), phases=[Phase.explicit, Phase.generate])
_number = count(100)


@dataclass(frozen=True, slots=True)
class Till:
    """A till with one queue, and two shoppers of its shop."""

    agent: Agent
    cards: tuple[str, str]
    texts: tuple[str, str]

    def books(self) -> Json:
        """Tell whose every sale is, what was refunded, and what each card can spend."""
        agent, program_id = self.agent, self.agent.shop.program_id
        with agent.service.services.database.reading(program_id) as session:
            turns = session.execute(
                select(TURN.c.sale_id, TURN.c.turn, TURN.c.card_id)
                .where(TURN.c.program_id == program_id)
                .order_by(TURN.c.sale_id, TURN.c.turn)
            ).all()
            sales = sales_by_id(session, program_id, SALES)
            refunded = {sale_id: refunded_minor(session, program_id, sale_id) for sale_id in sales}
        labels = {self.cards[0]: "A", self.cards[1]: "B", None: "nobody"}
        return {
            "turns": [(row.sale_id, row.turn, labels[row.card_id]) for row in turns],
            "totals": {sale_id: sale.total_minor for sale_id, sale in sales.items()},
            "refunded": refunded,
            "points": [self.points(text) for text in self.texts],
        }

    def points(self, text: str) -> int:
        scan = {"code": text, "scanned_at": self.agent.now()}
        answer = self.agent.service.post("/api/v1/scans", self.agent.shop.as_till(), json=scan)
        return int(answer.get_json()["points"])


def open_till(service: Service) -> Till:
    number = next(_number)
    shop = open_shop(service, program_id=number, slug=f"SHOP-{number}")
    card_id, text, _ = give_card(service, shop.program)
    return Till(Agent(service, shop), (shop.card_id, card_id), (shop.card_text, text))


@pytest.fixture
def service(database: Database, tools: Tools, tmp_path: Path) -> Service:
    return make_service(database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))


owners = st.sampled_from([None, 0, 1])
sale_acts = st.tuples(st.just("sale"), st.sampled_from(SALES), st.integers(1, 20), owners)
refund_acts = st.tuples(
    st.just("refund"),
    st.sampled_from(["r1", "r2", "r3"]),
    st.sampled_from(SALES),
    st.integers(1, 9),
)
move_acts = st.tuples(
    st.just("move"), st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(SALES), owners
)
# A till gives an id to one sale only; ids of what corrects a sale may come again for that sale.
days = st.lists(
    st.one_of(sale_acts, refund_acts, move_acts),
    min_size=2,
    max_size=12,
    unique_by=lambda act: act[1] if act[0] == "sale" else object(),
)


def write(till: Till, day: Sequence[Any]) -> None:
    """Let a till number the acts of a day; some reuse an id for something else.

    Nobody corrects a sale before it is made; a sale that is not made by then is nobody's.
    """
    agent = till.agent
    sold: set[str] = set()
    for kind, name, third, fourth in day:
        code = till.texts[fourth] if kind != "refund" and fourth is not None else None
        sale_id = third if third in sold else "never-made"
        if kind == "sale":
            sold.add(name)
            shown = {} if code is None else {"code": code, "scanned_at": agent.now()}
            agent.sale(name, third * 100, **shown)
        elif kind == "refund":
            agent.refund(f"{name}-{sale_id}", sale_id, fourth * 100)
        else:
            agent.move(f"{name}-{sale_id}", sale_id, code=code)


def settled(told: Json) -> dict[int, str | None]:
    """Say of what was settled whether it was kept, or why not."""
    return {
        each["seq"]: each["problem"] and each["problem"]["code"]
        for each in told["results"]
        if each["result"] != "later"
    }


def deliver_once(till: Till) -> dict[int, str | None]:
    told: dict[int, str | None] = {}
    for act in till.agent.acts:
        told |= settled(till.agent.send([act]))
    assert len(told) == len(till.agent.acts)
    return told


@FEW
@given(day=days, data=st.data())
def test_any_delivery_ends_as_one_delivery_in_order(
    service: Service, clock: ManualClock, day: list[Any], data: st.DataObject
) -> None:
    oracle, till = open_till(service), open_till(service)
    write(oracle, day)
    write(till, day)
    expected = deliver_once(oracle)
    acts, database = till.agent.acts, service.services.database
    told: dict[int, str | None] = {}
    some = st.lists(st.sampled_from(acts), max_size=2 * len(acts))
    for batch in data.draw(st.lists(some, max_size=4), label="messages"):
        with ExitStack() as trouble:
            if data.draw(st.booleans(), label="storage refuses"):
                after, times = data.draw(st.tuples(st.integers(0, 6), st.integers(1, 3)))
                trouble.enter_context(writes_refused(database, after=after, times=times))
            told |= settled(till.agent.send(batch))
    for _ in range(2):
        told |= settled(till.agent.send([act for act in acts if act["seq"] not in told]))
    assert told == expected
    assert till.books() == oracle.books()
    clock.advance(days=30)
    before = till.agent.state()
    thrice = data.draw(st.permutations(acts * 3), label="a month later")
    assert settled(till.agent.send(thrice)) == expected
    assert till.agent.state() == before
    assert till.books() == oracle.books()
    assert till.agent.findings() == ()
    end = till.agent.send()
    assert (end["seen_to"], end["missing"]) == (len(acts), [])


DAY = [
    ("sale", "s1", 12, 0),
    ("sale", "s2", 7, 1),
    ("move", "m1", "s1", 1),
    ("refund", "r1", "s2", 3),
    ("sale", "s3", 5, None),
    ("move", "m2", "s1", 0),
    ("move", "m3", "s3", 1),
    ("refund", "r2", "s1", 9),
    ("refund", "r3", "s1", 9),
]


@pytest.mark.parametrize("backed_up_after", [0, 3, 6, len(DAY)])
def test_a_service_restored_from_an_older_backup_gets_everything_again(
    place: Place,
    tools: Tools,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    backed_up_after: int,
) -> None:
    shop_settings = Settings(home=tmp_path, demo=True, rate_limit="")
    with ExitStack() as ending:

        def serve(where: Place) -> Service:
            opened = Database(where.url)
            ending.callback(opened.close)
            return make_service(opened, tools, shop_settings)

        first = serve(place)
        till = open_till(first)
        write(till, DAY)
        agent = till.agent
        for act in agent.acts[:backed_up_after]:
            agent.send([act])
        first.services.database.engine.dispose()
        older = ending.enter_context(
            copied(place, tmp_path, lambda: request.getfixturevalue("postgres_server"))
        )
        expected: dict[int, str | None] = {}
        for act in agent.acts:
            expected |= settled(agent.send([act]))
        books = till.books()

        agent.service = serve(older)
        # The agent does not know yet: it sends what comes next, and learns what is missing.
        new = agent.refund("r9", "s3", 100)
        told = agent.send([new])
        lost = len(DAY) - backed_up_after
        assert told["results"][0]["result"] == ("later" if lost else "created")
        assert told["seen_to"] == backed_up_after + (0 if lost else 1)
        again = agent.send(agent.acts[backed_up_after:])
        assert settled(again) == {
            **{seq: why for seq, why in expected.items() if seq > backed_up_after},
            new["seq"]: None,
        }
        assert again["missing"] == []
        assert again["seen_to"] == len(agent.acts)
        restored = till.books()
        assert restored["turns"] == books["turns"]
        assert restored["refunded"] == {**books["refunded"], "s3": 100}
        assert restored["points"] == [books["points"][0], books["points"][1] - 1]
        assert agent.findings() == ()


def test_thousands_of_queued_sales_drain_and_each_counts_once(service: Service) -> None:
    till = open_till(service)
    agent = till.agent
    for number in range(SIZE.queued):
        agent.sale(f"q{number}", 100, code=till.texts[number % 2], scanned_at=agent.now())
        if number % 10 == 9:
            agent.refund(f"r{number}", f"q{number}", 100)
    agent.drain()
    agent.drain()
    kept = SIZE.queued - SIZE.queued // 10
    assert sum(till.points(text) for text in till.texts) == kept
    assert agent.send()["seen_to"] == len(agent.acts)
    counts = agent.state()["counts"]
    assert (counts["sale"], counts["till_event"]) == (SIZE.queued, len(agent.acts))
    assert agent.findings() == ()
