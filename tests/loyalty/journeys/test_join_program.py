"""One tap is one card."""

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.queries import member_by_id, open_member_of_card, person_of_card
from loyalty.journeys.join_program import join_program
from loyalty.journeys.live_codes import held_codes, live_codes
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from tests.support.street import browser, new_phone, open_street


def test_one_tap_gives_a_card_without_a_name(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    with database.reading(street.program_id) as session:
        assert open_member_of_card(session, street.program_id, phone.card_id) == phone.member_id
        member = member_by_id(session, street.program_id, phone.member_id)
        person = person_of_card(session, street.program_id, phone.card_id)
        assert audit_persons(session, street.program_id) == ()
    assert member is not None
    assert member.display_name is None
    assert person is not None
    assert person.size == 2
    assert browser(database, street, phone.secret, tools).subject == phone.card_id


def test_a_double_tap_is_one_card(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    join_id = new_id(tools.clock.now())
    answers = []
    for _ in range(2):
        with database.unit_of_work(street.program_id) as session:
            answers.append(
                join_program(
                    session,
                    street.program_id,
                    street.store_id,
                    visit_id=None,
                    language="es",
                    tools=tools,
                    join_id=join_id,
                )
            )
    first, second = answers
    assert (first.is_new, second.is_new) == (True, False)
    assert first.card_id == second.card_id
    assert first.wallet_id == second.wallet_id
    for answer in answers:
        assert browser(database, street, answer.secret, tools).subject == first.card_id


def test_a_phone_holds_codes_for_more_than_an_hour(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        batch = live_codes(session, shopper, tools=tools)
        again = live_codes(session, shopper, tools=tools)
    with database.reading(street.program_id) as session:
        held = held_codes(session, shopper, tools=tools)
    assert len(batch.codes) == 130
    assert again == batch == held
