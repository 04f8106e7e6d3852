"""A web session is linked only by a consent that lives, and never backwards."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.consents import NEWS, WEB_VISITS
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.models import Identifier
from loyalty.identity.queries import person_of_card
from loyalty.journeys.card_view import card_privacy
from loyalty.journeys.consents import answer_consents, withdraw_consent
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import relink_own, unlink_own
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
    points_of,
    shown_code,
    visit,
)

POSTER = {"utm_source": "cartel"}


def size(database: Database, street: Street, phone: Phone) -> int:
    """Count what is linked to a phone's person; card and member are two."""
    with database.reading(street.program_id) as session:
        person = person_of_card(session, street.program_id, phone.card_id)
        assert audit_persons(session, street.program_id) == ()
    assert person is not None
    return person.size


def test_a_scan_links_the_visit_that_showed_the_code(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools)
    receipt = buy(
        database, street, Purchase(1240, shown_code(database, street, phone, tools)), tools
    )
    assert receipt.linked_visit
    assert receipt.points_earned == 12
    assert size(database, street, phone) == 3


def test_refusing_costs_no_points_and_links_nothing(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools, accepted=False)
    receipt = buy(
        database, street, Purchase(1240, shown_code(database, street, phone, tools)), tools
    )
    assert not receipt.linked_visit
    assert receipt.points_earned == 12
    assert size(database, street, phone) == 2


def test_a_consent_given_after_the_scan_does_not_reach_back(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    code, scanned_at = shown_code(database, street, phone, tools), clock.now()
    clock.advance(minutes=3)
    consent(database, street, phone, tools)
    clock.advance(minutes=1)
    receipt = buy(database, street, Purchase(1240, code, scanned_at=scanned_at), tools)
    assert not receipt.linked_visit
    assert receipt.points_earned == 12
    later = buy(database, street, Purchase(500, shown_code(database, street, phone, tools)), tools)
    assert later.linked_visit


def test_a_consent_withdrawn_while_the_sale_waits_links_nothing(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools)
    clock.advance(minutes=1)
    code, scanned_at = shown_code(database, street, phone, tools), clock.now()
    clock.advance(minutes=2)
    consent(database, street, phone, tools, accepted=False)
    clock.advance(minutes=2)
    receipt = buy(database, street, Purchase(1240, code, scanned_at=scanned_at), tools)
    assert not receipt.linked_visit
    assert size(database, street, phone) == 2
    with database.reading(street.program_id) as session:
        kinds = session.scalars(
            select(Identifier.kind).where(Identifier.program_id == street.program_id)
        )
        assert sorted(kinds) == ["card", "member"], "not even a hash of the visit is kept"


def test_withdrawing_ends_the_links_of_that_purpose_and_no_points(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools)
    buy(database, street, Purchase(1240, shown_code(database, street, phone, tools)), tools)
    clock.advance(minutes=2)
    shopper = browser(database, street, phone.secret, tools)
    counts = []
    for _ in range(2):
        with database.unit_of_work(street.program_id) as session:
            withdrawn = withdraw_consent(session, shopper, WEB_VISITS, tools=tools)
        counts.append((len(withdrawn.consent_ids), len(withdrawn.link_ids)))
    assert counts == [(1, 1), (0, 0)]
    assert size(database, street, phone) == 2
    assert points_of(database, street, phone.member_id, tools) == 12
    clock.advance(minutes=1)
    silent = buy(database, street, Purchase(500, shown_code(database, street, phone, tools)), tools)
    assert not silent.linked_visit
    consent(database, street, phone, tools)
    assert size(database, street, phone) == 2, "what came off stays off"


def test_each_purpose_is_answered_alone_and_kept_with_its_words(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    shopper = browser(database, street, phone.secret, tools)
    answers = {WEB_VISITS: True, NEWS: False}
    wordings = {WEB_VISITS: "Unir mis visitas", NEWS: "Avisos por correo"}
    told = []
    for _ in range(2):
        clock.advance(s=1)
        with database.unit_of_work(street.program_id) as session:
            told.append(
                answer_consents(
                    session, shopper, answers, wordings=wordings, language="es", tools=tools
                )
            )
    assert told[0] == told[1], "the same answer again is the same answer"
    assert {each.purpose: (each.is_live, each.wording) for each in told[0]} == {
        WEB_VISITS: (True, "Unir mis visitas"),
        NEWS: (False, "Avisos por correo"),
    }


def test_a_shopper_unlinks_a_visit_and_links_it_again(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools)
    code = shown_code(database, street, phone, tools)
    buy(database, street, Purchase(1240, code), tools)
    buy(database, street, Purchase(300, code), tools)
    shopper = browser(database, street, phone.secret, tools)
    with database.reading(street.program_id) as session:
        (linked,) = card_privacy(session, shopper).linked
    assert (linked.kind, linked.channel, linked.till_name) == ("session", "poster", "Caja 1")
    assert (linked.links, linked.removable) == (2, True)
    clock.advance(minutes=1)
    with database.unit_of_work(street.program_id) as session:
        off = unlink_own(session, shopper, linked.link.link_id, tools=tools)
        again = unlink_own(session, shopper, linked.link.link_id, tools=tools)
    assert (len(off.link_ids), len(again.link_ids)) == (2, 0)
    assert size(database, street, phone) == 2
    assert points_of(database, street, phone.member_id, tools) == 15
    clock.advance(minutes=1)
    silent = buy(database, street, Purchase(100, shown_code(database, street, phone, tools)), tools)
    assert not silent.linked_visit, "the same visit is not joined again a minute later"
    with database.reading(street.program_id) as session:
        (separate,) = card_privacy(session, shopper).linked
    assert (separate.removable, separate.restorable) == (False, True)
    with database.unit_of_work(street.program_id) as session:
        back = relink_own(session, shopper, linked.link.link_id, tools=tools)
    assert len(back.link_ids) == 2
    assert size(database, street, phone) == 3


def test_nobody_unlinks_what_is_not_theirs(database: Database, tools: Tools) -> None:

    street = open_street(database, tools)
    phone, stranger = new_phone(database, street, tools), new_phone(database, street, tools)
    visit(database, street, phone, tools, query={})
    consent(database, street, phone, tools)
    buy(database, street, Purchase(100, shown_code(database, street, phone, tools)), tools)
    shopper = browser(database, street, phone.secret, tools)
    with database.reading(street.program_id) as session:
        (linked,) = card_privacy(session, shopper).linked
    other = browser(database, street, stranger.secret, tools)
    with pytest.raises(LinkUnknownError), database.unit_of_work(street.program_id) as session:
        unlink_own(session, other, linked.link.link_id, tools=tools)


@pytest.mark.race
def test_a_withdrawal_among_many_sales_leaves_no_link_behind(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query=POSTER)
    consent(database, street, phone, tools)
    code = shown_code(database, street, phone, tools)

    def act(number: int) -> None:
        if number == 12:
            consent(database, street, phone, tools, accepted=False)
        else:
            buy(database, street, Purchase(100, code, sale_id=f"s{number}"), tools)

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(act, range(24)))
    assert size(database, street, phone) == 2
    assert points_of(database, street, phone.member_id, tools) == 23
