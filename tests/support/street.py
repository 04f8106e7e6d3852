"""A bakery with a till and phones, made by the same journeys a shop uses."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from loyalty.db.session import Database
from loyalty.identity.consents import WEB_VISITS
from loyalty.identity.queries import open_member_of
from loyalty.journeys.consents import answer_consents
from loyalty.journeys.create_program import ProgramDraft, create_program
from loyalty.journeys.join_program import join_program
from loyalty.journeys.live_codes import live_codes
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.kernel.money import Money
from loyalty.points.create_wallet import create_wallet
from loyalty.points.earn import earn
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of
from loyalty.points.rules import EarnRate
from loyalty.programs.models import Till
from loyalty.programs.sessions import BrowserFacts, find_session

STREET_PROGRAM = 4242


@dataclass(frozen=True, slots=True)
class Street:
    """A program with one store and one till."""

    program_id: int
    store_id: UUID
    staff_id: UUID
    till_id: UUID


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that holds a card; `secret` is in its cookie."""

    member_id: UUID
    card_id: str
    secret: str


def open_street(database: Database, tools: Tools) -> Street:
    """Start the program and pair a till."""
    draft = ProgramDraft(
        name="Calle Mayor",
        store_name="Panadería Sol",
        slug="SOL",
        owner_email="amparo@panaderia.example",
        owner_name="Amparo",
    )
    at = tools.clock.now()
    till_id = new_id(at)
    with database.unit_of_work(STREET_PROGRAM) as session:
        made = create_program(session, draft, program_id=STREET_PROGRAM, tools=tools)
        session.execute(
            insert(Till).values(
                program_id=STREET_PROGRAM,
                till_id=till_id,
                store_id=made.store_id,
                name="Caja 1",
                kind="browser",
                key_hash="",
                paired_at=at,
            )
        )
    return Street(STREET_PROGRAM, made.store_id, made.staff_id, till_id)


def new_phone(
    database: Database, street: Street, tools: Tools, *, visit_id: UUID | None = None
) -> Phone:
    """Let a shopper join on a phone."""
    with database.unit_of_work(street.program_id) as session:
        joined = join_program(
            session,
            street.program_id,
            street.store_id,
            visit_id=visit_id,
            language="es",
            tools=tools,
        )
    return Phone(joined.member_id, joined.card_id, joined.secret)


def browser(database: Database, street: Street, secret: str, tools: Tools) -> BrowserFacts:
    """Know a phone by its cookie, as the service does with each request."""
    with database.reading(street.program_id) as session:
        found = find_session(
            session, street.program_id, secret, kind="shopper", at=tools.clock.now()
        )
    assert found is not None, "this phone is signed out"
    return found


def give_points(
    database: Database, street: Street, member_id: UUID, points: int, tools: Tools
) -> None:
    """Let a membership earn, as if it had bought something."""
    at = tools.clock.now()
    with database.unit_of_work(street.program_id) as session:
        rules = rules_in_force(session, street.program_id, currency="EUR", at=at)
        assert rules is not None, "a program starts with a rule"
        rate = EarnRate(rules.version, 1, 100, "EUR")
        wallet_id = create_wallet(session, street.program_id, member_id, at=at)
        act_id = f"sale:{new_id(at)}"
        earn(
            session,
            street.program_id,
            wallet_id,
            act=Act(act_id=act_id, occurred_at=at, subject=act_id, store_id=street.store_id),
            spend=Money(points * 100, "EUR"),
            rate=rate,
            at=at,
        )


def points_of(database: Database, street: Street, member_id: UUID, tools: Tools) -> int:
    """Say what a membership can spend, through the one that stands for it."""
    at = tools.clock.now()
    with database.unit_of_work(street.program_id) as session:
        stands = open_member_of(session, street.program_id, member_id)
        wallet_id = create_wallet(session, street.program_id, stands, at=at)
        return balance_of(session, street.program_id, wallet_id).points


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody buys: the code that is shown, when, and when the till gets to tell it."""

    total_minor: int
    code: str | None
    scanned_at: datetime | None = None
    sale_id: str | None = None


def buy(database: Database, street: Street, purchase: Purchase, tools: Tools) -> SaleReceipt:
    """Let the till report a sale now."""
    at = purchase.scanned_at or tools.clock.now()
    report = SaleReport(
        program_id=street.program_id,
        store_id=street.store_id,
        till_id=street.till_id,
        staff_id=None,
        sale_id=purchase.sale_id or str(new_id(tools.clock.now())),
        total_minor=purchase.total_minor,
        currency="EUR",
        sold_at=at,
        code=purchase.code,
        scanned_at=at if purchase.code else None,
        clock_sure=True,
    )
    with database.unit_of_work(street.program_id) as session:
        return record_sale(session, report, tools=tools)


def shown_code(database: Database, street: Street, phone: Phone, tools: Tools) -> str:
    """Read the code a phone shows at this moment."""
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        batch = live_codes(session, shopper, tools=tools)
    now = tools.clock.now()
    return next(code.text for code in batch.codes if code.starts_at <= now < code.expires_at)


def visit(
    database: Database, street: Street, phone: Phone, tools: Tools, *, query: dict[str, str]
) -> UUID:
    """Open the shop's page on a phone that has a card."""
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        return open_visit(
            session,
            street.program_id,
            street.store_id,
            arrival=Arrival(query=query, landing="/S/SOL"),
            shopper=shopper,
            tools=tools,
        )


def consent(
    database: Database, street: Street, phone: Phone, tools: Tools, *, accepted: bool = True
) -> None:
    """Answer the question about web visits."""
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        answer_consents(
            session,
            shopper,
            {WEB_VISITS: accepted},
            wordings={WEB_VISITS: "Unir mis visitas a la web con mi tarjeta"},
            language="es",
            tools=tools,
        )
