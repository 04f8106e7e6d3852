"""Makes the demo program: the same journeys a real shop goes through, told with past times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.demo_shelves import fill_shelves
from app.demo_street import (
    BAKERY,
    CASHIER_NAME,
    CASHIER_PIN,
    GREENGROCER,
    NEIGHBORS,
    NOTE,
    REWARDS,
    SHOP_WORDS,
    WITHOUT_CARD,
    Neighbor,
    Purchase,
    StoreKey,
)
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.identity.consents import WEB_VISITS
from loyalty.identity.members import rename_member
from loyalty.journeys.cashier import set_pin
from loyalty.journeys.consents import answer_consents
from loyalty.journeys.create_program import add_store, create_program
from loyalty.journeys.join_program import Joined, join_program
from loyalty.journeys.leave_note import WrittenNote, leave_note
from loyalty.journeys.live_codes import live_codes
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.journeys.pair_till import PairedTill, offer_pairing, pair_till
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.refund_sale import RefundReport, refund_sale
from loyalty.journeys.sale_report import SaleReport
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id, random_program_id
from loyalty.points.add_reward import add_reward
from loyalty.programs.queries import programs
from loyalty.programs.sessions import BrowserFacts, find_session
from loyalty.programs.staff import give_role, hire
from loyalty.sales.rules import SaleLineReport

ZONE = ZoneInfo(BAKERY.time_zone)
# How long before paying somebody opens the card.
OPENS_BEFORE = timedelta(minutes=2)


@dataclass(slots=True)
class StoryClock:
    """A clock that stands where the story is."""

    at: datetime

    def now(self) -> datetime:
        """Return the moment the story has reached."""
        return self.at


@dataclass(slots=True)
class Story:
    """What the demo is being made with."""

    database: Database
    tools: Tools
    clock: StoryClock
    today: datetime
    program_id: int
    stores: dict[StoreKey, UUID] = field(default_factory=dict)
    tills: dict[StoreKey, PairedTill] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shopper:
    """A neighbor with a card on a phone."""

    joined: Joined
    came_from: str


def demo_program(database: Database) -> int | None:
    """Find the demo program of a database; None before it was made."""
    with database.reading(NO_PROGRAM) as session:
        return next((one.program_id for one in programs(session) if one.is_demo), None)


def make_demo(database: Database, tools: Tools) -> dict[StoreKey, PairedTill]:
    """Make the demo program with six weeks of past; gives its tills, with their keys."""
    now = tools.clock.now()
    clock = StoryClock(now - timedelta(days=60))
    story = Story(
        database=database,
        tools=Tools(clock=clock, keys=tools.keys),
        clock=clock,
        today=now,
        program_id=random_program_id(),
    )
    _open_shops(story)
    for neighbor in NEIGHBORS:
        _tell_neighbor(story, neighbor)
    for number, purchase in enumerate(WITHOUT_CARD):
        _buy(story, purchase, code=None, number=number)
    return story.tills


def _open_shops(story: Story) -> None:
    with story.database.unit_of_work(story.program_id) as session:
        made = create_program(session, BAKERY, program_id=story.program_id, tools=story.tools)
        story.stores["horno"] = made.store_id
        # The baker came first: stores are listed by age.
        story.clock.at += timedelta(minutes=1)
        story.stores["frutas"] = add_store(
            session, story.program_id, GREENGROCER, tools=story.tools
        )
        at = story.clock.now()
        fill_shelves(session, story.program_id, story.stores, at=at)
        for name, points in REWARDS:
            add_reward(session, story.program_id, name=name, points=points, at=at)
        nico = hire(
            session, story.program_id, display_name=CASHIER_NAME, email=None, language="es", at=at
        )
        for store_id in story.stores.values():
            give_role(session, story.program_id, nico, store_id=store_id, role="cashier")
        set_pin(session, story.program_id, nico, CASHIER_PIN, tools=story.tools)
    for key, store_id in story.stores.items():
        story.tills[key] = pair_demo_till(
            story.database, story.program_id, store_id, tools=story.tools
        )


def pair_demo_till(
    database: Database, program_id: int, store_id: UUID, *, tools: Tools
) -> PairedTill:
    """Pair a till of a demo store, as an installer would."""
    with database.unit_of_work(program_id) as session:
        offer = offer_pairing(
            session, program_id, store_id, till_name="Caja 1", staff_id=None, tools=tools
        )
    return pair_till(
        database,
        offer.code,
        client_address="demo",
        kind="browser",
        key_sha256=None,
        tools=tools,
    )


def _tell_neighbor(story: Story, neighbor: Neighbor) -> None:
    first = neighbor.purchases[0]
    story.clock.at = _moment(story, first) - timedelta(minutes=10)
    shopper = _join(story, neighbor, store_id=story.stores[first.store])
    for number, purchase in enumerate(neighbor.purchases):
        code = _show_code(story, shopper, purchase)
        sale_id = _buy(story, purchase, code=code, number=number)
        if neighbor.name == "Rosa A." and number == 1:
            _give_back(story, purchase, sale_id)
    if neighbor.name == "Inés V.":
        _write_note(story, shopper)


def _join(story: Story, neighbor: Neighbor, *, store_id: UUID) -> Shopper:
    with story.database.unit_of_work(story.program_id) as session:
        visit_id = open_visit(
            session,
            story.program_id,
            store_id,
            arrival=_arrival(neighbor.came_from),
            shopper=None,
            tools=story.tools,
        )
        joined = join_program(
            session,
            story.program_id,
            store_id,
            visit_id=visit_id,
            language="es",
            tools=story.tools,
        )
        if neighbor.name:
            rename_member(session, story.program_id, joined.member_id, display_name=neighbor.name)
    shopper = Shopper(joined, neighbor.came_from)
    with story.database.unit_of_work(story.program_id) as session:
        answer_consents(
            session,
            _session_of(session, story, shopper),
            {WEB_VISITS: neighbor.consents},
            wordings={WEB_VISITS: "Unir mis visitas a la web con mi tarjeta"},
            language="es",
            tools=story.tools,
        )
    return shopper


def _show_code(story: Story, shopper: Shopper, purchase: Purchase) -> str:
    """Open the card page a little before paying and show the code of that moment."""
    paid_at = _moment(story, purchase)
    story.clock.at = paid_at - OPENS_BEFORE
    with story.database.unit_of_work(story.program_id) as session:
        browser = _session_of(session, story, shopper)
        open_visit(
            session,
            story.program_id,
            story.stores[purchase.store],
            arrival=_arrival(shopper.came_from),
            shopper=browser,
            tools=story.tools,
        )
        batch = live_codes(session, browser, tools=story.tools)
    shown = [code for code in batch.codes if code.starts_at <= paid_at < code.expires_at]
    return shown[0].text


def _buy(story: Story, purchase: Purchase, *, code: str | None, number: int) -> str:
    at = _moment(story, purchase)
    story.clock.at = at
    words = SHOP_WORDS[purchase.store]
    line = SaleLineReport(
        product_ref="",
        description=words[number % len(words)],
        quantity_milli=1000,
        total_minor=purchase.minor,
    )
    report = SaleReport(
        program_id=story.program_id,
        store_id=story.stores[purchase.store],
        till_id=story.tills[purchase.store].till_id,
        staff_id=None,
        sale_id=str(new_id(at)),
        total_minor=purchase.minor,
        currency=BAKERY.currency,
        sold_at=at,
        code=code,
        scanned_at=at if code else None,
        clock_sure=True,
        lines=(line,),
    )
    with story.database.unit_of_work(story.program_id) as session:
        record_sale(session, report, tools=story.tools)
    return report.sale_id


def _give_back(story: Story, purchase: Purchase, sale_id: str) -> None:
    story.clock.at = _moment(story, purchase) + timedelta(hours=1)
    with story.database.unit_of_work(story.program_id) as session:
        report = RefundReport(
            program_id=story.program_id,
            till_id=story.tills[purchase.store].till_id,
            sale_id=sale_id,
            refund_id=str(new_id(story.clock.at)),
            amount_minor=450,
            refunded_at=story.clock.at,
            reason="Un bote de miel",
        )
        refund_sale(session, report, tools=story.tools)


def _write_note(story: Story, shopper: Shopper) -> None:
    with story.database.unit_of_work(story.program_id) as session:
        leave_note(
            session,
            story.program_id,
            story.stores["horno"],
            written=WrittenNote(NOTE, "ines@correo.example"),
            shopper=_session_of(session, story, shopper),
            tools=story.tools,
        )


def _session_of(session: Session, story: Story, shopper: Shopper) -> BrowserFacts:
    found = find_session(
        session,
        story.program_id,
        shopper.joined.secret,
        kind="shopper",
        at=story.clock.now(),
    )
    assert found is not None, "the phone that just joined is signed in"
    return found


def _arrival(came_from: str) -> Arrival:
    if urlsplit(came_from).scheme:
        return Arrival(referrer=came_from, landing="/S/")
    query: Mapping[str, str] = dict(parse_qsl(came_from))
    return Arrival(query=query, landing="/S/")


def _moment(story: Story, purchase: Purchase) -> datetime:
    """Say when it was; today's purchases are never later than a few minutes ago."""
    day = (story.today - timedelta(days=purchase.days_ago)).astimezone(ZONE).date()
    hour, minute = purchase.time.split(":")
    at = datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZONE)
    return min(at.astimezone(UTC), story.today - timedelta(minutes=20))
