"""What staff say of who is who never goes past what the shopper allowed, and foretells truly."""

from uuid import UUID

import pytest
from sqlalchemy import select

from loyalty.db.session import Database
from loyalty.identity.errors import ConsentNeededError, LinkUnknownError
from loyalty.identity.models import IdentityLog
from loyalty.identity.queries import LinkFacts, link_by_id, links_of_person, person_of_card
from loyalty.journeys.explain import explain, leaving_without
from loyalty.journeys.linked import session_of
from loyalty.journeys.staff_says import Saying, call_apart, put_back, put_together, separate
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import unlink_own
from loyalty.kernel.errors import MalformedRequestError
from tests.support.clock import ManualClock
from tests.support.street import (
    Phone,
    Purchase,
    Street,
    browser,
    buy,
    consent,
    new_phone,
    open_street,
    shown_code,
    visit,
)

STAFF = "staff:00000000-0000-0000-0000-000000000001"


def visitor_who_bought(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> tuple[Phone, UUID]:
    """Let somebody who said yes come by the web and buy twice in that visit."""
    phone = new_phone(database, street, tools)
    consent(database, street, phone, tools)
    visit_id = visit(database, street, phone, tools, query={"utm_source": "instagram"})
    for _ in range(2):
        clock.advance(minutes=2)
        bought = buy(
            database, street, Purchase(500, shown_code(database, street, phone, tools)), tools
        )
        assert bought.linked_visit
    return phone, visit_id


def said(street: Street, reason: str = "era el móvil de su hija") -> Saying:
    return Saying(street.program_id, "a1", STAFF, reason)


def visit_links(database: Database, street: Street, phone: Phone) -> list[LinkFacts]:
    with database.reading(street.program_id) as session:
        person = person_of_card(session, street.program_id, phone.card_id)
        assert person is not None
        links = links_of_person(session, street.program_id, person.cluster_id)
    return [each for each in links if each.kind == "session"]


def test_staff_do_not_put_back_what_a_shopper_took_off(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone, _ = visitor_who_bought(database, street, tools, clock)
    link_id = visit_links(database, street, phone)[0].link_id
    with database.unit_of_work(street.program_id) as session:
        separate(session, said(street), link_id, tools=tools)
    with database.unit_of_work(street.program_id) as session:
        back = put_back(session, street.program_id, link_id, actor=STAFF, tools=tools)
    assert len(back.link_ids) == 2, "their own separation they undo"
    mine = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        unlink_own(session, mine, link_id, tools=tools)
    with pytest.raises(LinkUnknownError), database.unit_of_work(street.program_id) as session:
        put_back(session, street.program_id, link_id, actor=STAFF, tools=tools)
    assert not any(each.active for each in visit_links(database, street, phone))


def test_staff_cannot_say_whose_a_visit_is(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone, visit_id = visitor_who_bought(database, street, tools, clock)
    mine = browser(database, street, phone.secret, tools)
    link_id = visit_links(database, street, phone)[0].link_id
    with database.unit_of_work(street.program_id) as session:
        unlink_own(session, mine, link_id, tools=tools)
    for ends in ((visit_id, phone.member_id), (phone.member_id, visit_id)):
        with pytest.raises(ConsentNeededError), database.unit_of_work(street.program_id) as session:
            put_together(session, said(street, "era ella"), *ends, tools=tools)
    assert not any(each.active for each in visit_links(database, street, phone))


def test_what_would_leave_is_what_leaves_however_often_it_was_proved(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone, visit_id = visitor_who_bought(database, street, tools, clock)
    link = visit_links(database, street, phone)[0]
    assert session_of(link) == visit_id
    with database.reading(street.program_id) as session:
        person = person_of_card(session, street.program_id, phone.card_id)
        assert person is not None
        told = explain(session, street.program_id, person.person_id, visit_id)
        leaving = leaving_without(session, street.program_id, told)
    proved = next(each.link for each in told.steps if each.link.kind == "session")
    assert leaving[proved.link_id] == {visit_id}
    with database.unit_of_work(street.program_id) as session:
        off = separate(session, said(street), proved.link_id, tools=tools)
    assert len(off) == 2
    with database.reading(street.program_id) as session:
        alone = person_of_card(session, street.program_id, phone.card_id)
    assert alone is not None
    assert alone.person_id == person.person_id


def test_what_staff_take_off_keeps_why_and_without_why_nothing_comes_off(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone, visit_id = visitor_who_bought(database, street, tools, clock)
    link_id = visit_links(database, street, phone)[0].link_id
    for reason in ("", " a ", "x" * 201):
        bad = said(street, reason)
        with pytest.raises(MalformedRequestError), database.unit_of_work(street.program_id) as s:
            separate(s, bad, link_id, tools=tools)
        with pytest.raises(MalformedRequestError), database.unit_of_work(street.program_id) as s:
            put_together(s, bad, phone.member_id, phone.member_id, tools=tools)
        with pytest.raises(MalformedRequestError), database.unit_of_work(street.program_id) as s:
            call_apart(s, bad, visit_id, phone.member_id, tools=tools)
    assert all(each.active for each in visit_links(database, street, phone))
    with database.unit_of_work(street.program_id) as session:
        off = separate(session, said(street), link_id, tools=tools)
        reasons = {link_by_id(session, street.program_id, each) for each in off}
    assert {each.retracted_reason for each in reasons if each} == {"era el móvil de su hija"}
    with database.unit_of_work(street.program_id) as session:
        put_back(session, street.program_id, link_id, actor=STAFF, tools=tools)
        log = session.execute(
            select(IdentityLog.act, IdentityLog.actor, IdentityLog.reason).where(
                IdentityLog.program_id == street.program_id, IdentityLog.cause == link_id
            )
        ).all()
    assert all(each.retracted_reason is None for each in visit_links(database, street, phone))
    told = {tuple(line) for line in log}
    assert ("retract", STAFF, "era el móvil de su hija") in told, "undone, the reason is still told"
    assert ("restore", STAFF, None) in told
