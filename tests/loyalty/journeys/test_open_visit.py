"""A web session begins, goes on and ends; nobody's until consent links it."""

from uuid import UUID

from loyalty.codes.live import visit_in_force
from loyalty.db.session import Database
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.journeys.tools import Tools
from loyalty.visits.queries import events_of, visit_by_id
from tests.support.clock import ManualClock
from tests.support.street import (
    Phone,
    Street,
    browser,
    consent,
    new_phone,
    open_street,
)


def arrive(
    database: Database,
    street: Street,
    tools: Tools,
    arrival: Arrival,
    phone: Phone | None = None,
) -> UUID:
    shopper = browser(database, street, phone.secret, tools) if phone else None
    with database.unit_of_work(street.program_id) as session:
        return open_visit(
            session,
            street.program_id,
            street.store_id,
            arrival=arrival,
            shopper=shopper,
            tools=tools,
        )


def spoken(database: Database, street: Street, phone: Phone, tools: Tools) -> UUID | None:
    """Say which visit a phone's codes speak for."""
    with database.reading(street.program_id) as session:
        found = visit_in_force(session, street.program_id, phone.card_id, at=tools.clock.now())
    return found[0] if found else None


def test_a_visit_goes_on_until_half_an_hour_of_silence(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    first = arrive(
        database, street, tools, Arrival(query={"utm_source": "cartel"}, landing="/S/SOL"), phone
    )
    clock.advance(minutes=29)
    assert arrive(database, street, tools, Arrival(landing="/card"), phone) == first
    clock.advance(minutes=29)
    assert arrive(database, street, tools, Arrival(landing="/card"), phone) == first
    clock.advance(minutes=30)
    second = arrive(database, street, tools, Arrival(referrer="https://www.google.es/"), phone)
    assert second != first
    with database.reading(street.program_id) as session:
        one = visit_by_id(session, street.program_id, first)
        other = visit_by_id(session, street.program_id, second)
        pages = events_of(session, street.program_id, [first])
    assert one is not None
    assert other is not None
    assert (one.channel, one.source, one.landing) == ("poster", "cartel", "/S/SOL")
    assert other.channel == "search"
    assert [page.detail for page in pages] == ["/S/SOL", "/card", "/card"]


def test_a_browser_without_a_card_brings_its_visit_along(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    visit_id = arrive(database, street, tools, Arrival(landing="/S/SOL"))
    clock.advance(minutes=1)
    again = arrive(database, street, tools, Arrival(landing="/S/SOL", known_visit_id=visit_id))
    assert again == visit_id
    phone = new_phone(database, street, tools, visit_id=visit_id)
    assert arrive(database, street, tools, Arrival(landing="/card"), phone) == visit_id


def test_a_visit_of_the_shops_own_site_goes_before_the_phones_last_one(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    own = arrive(database, street, tools, Arrival(landing="/card"), phone)
    site = arrive(database, street, tools, Arrival(landing="/ofertas"))
    clock.advance(minutes=1)
    brought = Arrival(landing="/card", known_visit_id=site)
    assert arrive(database, street, tools, brought, phone) == site != own
    assert browser(database, street, phone.secret, tools).visit_id == site


def test_codes_speak_for_the_visit_only_with_consent(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    first = arrive(database, street, tools, Arrival(landing="/S/SOL"), phone)
    assert spoken(database, street, phone, tools) is None
    consent(database, street, phone, tools)
    assert spoken(database, street, phone, tools) == first
    clock.advance(hours=1)
    second = arrive(database, street, tools, Arrival(landing="/S/SOL"), phone)
    assert spoken(database, street, phone, tools) == second
    clock.advance(minutes=1)
    consent(database, street, phone, tools, accepted=False)
    assert spoken(database, street, phone, tools) is None
    arrive(database, street, tools, Arrival(landing="/S/SOL"), phone)
    assert spoken(database, street, phone, tools) is None
