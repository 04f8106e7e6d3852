"""A printed card is taken by one phone, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from loyalty.codes.errors import CardUnknownError
from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.carriers import (
    PrintedCard,
    print_card_for,
    print_cards,
    reissue_card,
    replace_card,
    void_card,
)
from loyalty.journeys.claim_card import AlreadyClaimed, Claimed, claim_card, peek_card
from loyalty.journeys.live_codes import live_codes
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.sessions import find_session
from loyalty.wire.codes import CodeOutcome
from tests.support.street import (
    Street,
    browser,
    give_points,
    new_phone,
    open_street,
    points_of,
)


def one_card(database: Database, street: Street, tools: Tools) -> PrintedCard:
    with database.unit_of_work(street.program_id) as session:
        (card,) = print_cards(
            session,
            street.program_id,
            street.store_id,
            1,
            language="es",
            actor=f"staff:{street.staff_id}",
            tools=tools,
        )
    return card


def test_the_first_phone_takes_the_card_and_later_ones_see_nothing(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    card = one_card(database, street, tools)
    give_points(database, street, card.member_id, 9, tools)
    with database.unit_of_work(street.program_id) as session:
        peek = peek_card(session, street.program_id, card.text, shopper=None, tools=tools)
        first = claim_card(session, street.program_id, card.text, shopper=None, tools=tools)
        second = claim_card(session, street.program_id, card.text, shopper=None, tools=tools)
        later = peek_card(session, street.program_id, card.text, shopper=None, tools=tools)
    assert (peek.state, later.state) == ("unclaimed", "taken")
    assert isinstance(first, Claimed)
    assert first.secret is not None
    assert second == AlreadyClaimed(street.store_id, CodeOutcome.OK)
    assert first.member_id == card.member_id
    assert first.card_id != card.card_id, "phone and paper can be lost alone"
    assert points_of(database, street, first.member_id, tools) == 9
    shopper = browser(database, street, first.secret, tools)
    with database.reading(street.program_id) as session:
        own = peek_card(session, street.program_id, card.text, shopper=shopper, tools=tools)
        assert audit_persons(session, street.program_id) == ()
    assert own.state == "own"


def test_a_phone_with_a_card_puts_both_together(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    card = one_card(database, street, tools)
    give_points(database, street, card.member_id, 9, tools)
    phone = new_phone(database, street, tools)
    give_points(database, street, phone.member_id, 5, tools)
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        claimed = claim_card(session, street.program_id, card.text, shopper=shopper, tools=tools)
    assert isinstance(claimed, Claimed)
    assert claimed.secret is None
    assert claimed.join is not None
    assert claimed.join.points == 9
    assert points_of(database, street, phone.member_id, tools) == 14
    with database.reading(street.program_id) as session:
        earning = open_member_of_card(session, street.program_id, card.card_id)
    assert earning == phone.member_id


def test_a_phones_own_code_cannot_be_claimed(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        text = live_codes(session, shopper, tools=tools).codes[0].text
        peek = peek_card(session, street.program_id, text, shopper=None, tools=tools)
        answer = claim_card(session, street.program_id, text, shopper=None, tools=tools)
    assert peek.state == "refused"
    assert isinstance(answer, AlreadyClaimed)
    assert answer.outcome is not CodeOutcome.OK


@pytest.mark.parametrize("text", ["", "8410076472154", "B" * 154, "https://example.com/"])
def test_other_texts_are_refused_with_their_reason(
    database: Database, tools: Tools, text: str
) -> None:
    street = open_street(database, tools)
    with database.unit_of_work(street.program_id) as session:
        answer = claim_card(session, street.program_id, text, shopper=None, tools=tools)
    assert isinstance(answer, AlreadyClaimed)
    assert answer.store_id is None
    assert answer.outcome is not CodeOutcome.OK


def test_a_lost_card_is_refused_and_its_phones_are_signed_out(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    for was_active in (True, False):
        with database.unit_of_work(street.program_id) as session:
            voided = void_card(
                session, street.program_id, phone.card_id, reason="perdida", tools=tools
            )
        assert voided.was_active is was_active
    with database.reading(street.program_id) as session:
        found = find_session(
            session, street.program_id, phone.secret, kind="shopper", at=tools.clock.now()
        )
    assert found is None


def test_a_card_issued_again_supersedes_the_one_before(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    card = one_card(database, street, tools)
    with database.unit_of_work(street.program_id) as session:
        again = reissue_card(session, street.program_id, card.card_id, tools=tools)
        old = claim_card(session, street.program_id, card.text, shopper=None, tools=tools)
        new = claim_card(session, street.program_id, again.text, shopper=None, tools=tools)
    assert isinstance(old, AlreadyClaimed)
    assert old.outcome is CodeOutcome.SUPERSEDED
    assert isinstance(new, Claimed)


def test_a_replaced_card_keeps_its_person(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    card = one_card(database, street, tools)
    with database.unit_of_work(street.program_id) as session:
        other = replace_card(
            session,
            street.program_id,
            card.card_id,
            reason="perdida",
            actor=f"staff:{street.staff_id}",
            tools=tools,
        )
        old = peek_card(session, street.program_id, card.text, shopper=None, tools=tools)
    assert other.member_id == card.member_id
    assert other.card_id != card.card_id
    assert old.outcome is CodeOutcome.REVOKED


def test_a_card_printed_for_somebody_with_a_phone_is_no_proof(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    give_points(database, street, phone.member_id, 30, tools)
    finder = browser(database, street, new_phone(database, street, tools).secret, tools)
    with database.unit_of_work(street.program_id) as session:
        card = print_card_for(
            session,
            street.program_id,
            phone.member_id,
            store_id=street.store_id,
            actor=f"staff:{street.staff_id}",
            tools=tools,
        )
        peek = peek_card(session, street.program_id, card.text, shopper=finder, tools=tools)
        for shopper in (finder, None):
            answer = claim_card(session, street.program_id, card.text, shopper=shopper, tools=tools)
            assert answer == AlreadyClaimed(street.store_id, CodeOutcome.OK)
    assert peek.state == "taken"
    assert points_of(database, street, phone.member_id, tools) == 30


def test_an_absurd_stack_of_cards_is_refused(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    for count in (0, 101):
        with (
            pytest.raises(SettingInvalidError),
            database.unit_of_work(street.program_id) as session,
        ):
            print_cards(
                session,
                street.program_id,
                street.store_id,
                count,
                language="es",
                actor="staff:x",
                tools=tools,
            )
    with pytest.raises(CardUnknownError), database.unit_of_work(street.program_id) as session:
        void_card(session, street.program_id, "00" * 8, reason="", tools=tools)


@pytest.mark.race
def test_fifty_phones_take_one_card_and_one_gets_it(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    card = one_card(database, street, tools)

    def take(_: int) -> Claimed | AlreadyClaimed:
        with database.unit_of_work(street.program_id) as session:
            return claim_card(session, street.program_id, card.text, shopper=None, tools=tools)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(take, range(50)))
    assert sum(isinstance(answer, Claimed) for answer in answers) == 1
    with database.reading(street.program_id) as session:
        assert audit_persons(session, street.program_id) == ()
