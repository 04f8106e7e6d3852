"""A card saved by e-mail comes back on another phone; two cards become one only when asked."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.errors import IdentifierBlockedError
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.join_memberships import undo_join
from loyalty.journeys.save_card import (
    JoinAsked,
    Restored,
    Saved,
    WrongCode,
    answer_join,
    ask_to_save,
    confirm_save,
)
from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import EmailInvalidError
from loyalty.kernel.errors import NotFoundError
from loyalty.outbox.models import OutboxMessage
from tests.support.clock import ManualClock
from tests.support.street import (
    Phone,
    Purchase,
    Street,
    browser,
    buy,
    consent,
    give_points,
    new_phone,
    open_street,
    points_of,
    shown_code,
    visit,
)

EMAIL = "Lucia@Correo.Example"


def ask(
    database: Database, street: Street, tools: Tools, card_id: str | None, email: str = EMAIL
) -> tuple[UUID, str]:
    with database.unit_of_work(street.program_id) as session:
        challenge_id = ask_to_save(
            session,
            street.program_id,
            email,
            card_id=card_id,
            store_id=street.store_id,
            language="es",
            tools=tools,
        )
        rows = session.execute(
            select(OutboxMessage.facts, OutboxMessage.recipient).order_by(OutboxMessage.message_id)
        ).all()
    told = [json.loads(row.facts) for row in rows]
    sent = next(facts for facts in told if facts["challenge_id"] == str(challenge_id))
    assert {row.recipient for row in rows} == {email.lower()}
    return challenge_id, str(sent["code"])


def save(
    database: Database, street: Street, tools: Tools, card_id: str | None
) -> Saved | Restored | JoinAsked | WrongCode:
    challenge_id, code = ask(database, street, tools, card_id)
    with database.unit_of_work(street.program_id) as session:
        return confirm_save(session, street.program_id, challenge_id, code=code, tools=tools)


def saved_phone(database: Database, street: Street, tools: Tools) -> Phone:
    phone = new_phone(database, street, tools)
    assert isinstance(save(database, street, tools, phone.card_id), Saved)
    return phone


def test_a_saved_card_comes_back_on_a_phone_without_one(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = saved_phone(database, street, tools)
    give_points(database, street, phone.member_id, 12, tools)
    restored = save(database, street, tools, None)
    assert isinstance(restored, Restored)
    assert not restored.is_new
    assert restored.member_id == phone.member_id
    assert restored.card_id != phone.card_id
    assert browser(database, street, restored.secret, tools).subject == restored.card_id
    assert points_of(database, street, restored.member_id, tools) == 12


def test_an_address_nobody_saved_begins_a_saved_card(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    first = save(database, street, tools, None)
    second = save(database, street, tools, None)
    assert isinstance(first, Restored)
    assert isinstance(second, Restored)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.member_id == second.member_id


def test_saving_twice_is_saved_once(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = saved_phone(database, street, tools)
    again = save(database, street, tools, phone.card_id)
    assert again == Saved(phone.card_id, phone.member_id, join=None)
    with database.reading(street.program_id) as session:
        assert audit_persons(session, street.program_id) == ()


def test_a_code_is_good_once_and_for_ten_minutes(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    challenge_id, code = ask(database, street, tools, phone.card_id)
    wrong = "000000" if code != "000000" else "111111"
    with database.unit_of_work(street.program_id) as session:
        first = confirm_save(session, street.program_id, challenge_id, code=wrong, tools=tools)
    assert first == WrongCode(tries_left=4)
    with database.unit_of_work(street.program_id) as session:
        good = confirm_save(session, street.program_id, challenge_id, code=code, tools=tools)
        again = confirm_save(session, street.program_id, challenge_id, code=code, tools=tools)
    assert isinstance(good, Saved)
    assert again == WrongCode(tries_left=0)
    challenge_id, code = ask(database, street, tools, phone.card_id)
    clock.advance(minutes=11)
    with database.unit_of_work(street.program_id) as session:
        late = confirm_save(session, street.program_id, challenge_id, code=None, tools=tools)
    assert late == WrongCode(tries_left=0)


def test_an_empty_card_on_the_second_phone_goes_without_a_question(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    first = saved_phone(database, street, tools)
    second = new_phone(database, street, tools)
    saved = save(database, street, tools, second.card_id)
    assert isinstance(saved, Saved)
    assert saved.member_id == first.member_id
    assert saved.join is not None
    assert saved.join.points == 0
    with database.reading(street.program_id) as session:
        earning = open_member_of_card(session, street.program_id, second.card_id)
        assert audit_persons(session, street.program_id) == ()
    assert earning == first.member_id


def test_two_cards_with_points_become_one_when_asked_and_two_again(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    first = saved_phone(database, street, tools)
    give_points(database, street, first.member_id, 30, tools)
    second = new_phone(database, street, tools)
    give_points(database, street, second.member_id, 12, tools)
    asked = save(database, street, tools, second.card_id)
    assert isinstance(asked, JoinAsked)
    assert (asked.points_saved, asked.points_here) == (30, 12)
    assert points_of(database, street, second.member_id, tools) == 12, "asking moves nothing"
    shopper = browser(database, street, second.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        join = answer_join(session, shopper, asked.challenge_id, tools=tools)
    with database.unit_of_work(street.program_id) as session:
        again = answer_join(session, shopper, asked.challenge_id, tools=tools)
    assert again == join
    assert (join.points, join.keep_member) == (12, first.member_id)
    assert points_of(database, street, second.member_id, tools) == 42
    with database.reading(street.program_id) as session:
        for phone in (first, second):
            member_id = open_member_of_card(session, street.program_id, phone.card_id)
            assert member_id == first.member_id
        assert audit_persons(session, street.program_id) == ()
    clock.advance(minutes=5)
    assert join.link_id is not None
    for was_active in (True, False):
        with database.unit_of_work(street.program_id) as session:
            undone = undo_join(
                session, street.program_id, join.link_id, actor="shopper", tools=tools
            )
        assert (undone.points, undone.was_active) == (12, was_active)
    assert points_of(database, street, first.member_id, tools) == 30
    assert points_of(database, street, second.member_id, tools) == 12
    with database.reading(street.program_id) as session:
        member_id = open_member_of_card(session, street.program_id, second.card_id)
        assert member_id == second.member_id
        assert audit_persons(session, street.program_id) == ()


def test_after_an_undone_join_no_card_speaks_by_the_other_ones_consent(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    first = saved_phone(database, street, tools)
    consent(database, street, first, tools)
    second = new_phone(database, street, tools)
    give_points(database, street, second.member_id, 12, tools)
    asked = save(database, street, tools, second.card_id)
    assert isinstance(asked, JoinAsked)
    with_card = browser(database, street, second.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        join = answer_join(session, with_card, asked.challenge_id, tools=tools)
    visit(database, street, second, tools, query={})
    clock.advance(minutes=1)
    bought = buy(
        database, street, Purchase(100, shown_code(database, street, second, tools)), tools
    )
    assert bought.linked_visit, "one person, one consent"
    assert join.link_id is not None
    clock.advance(minutes=1)
    with database.unit_of_work(street.program_id) as session:
        undo_join(session, street.program_id, join.link_id, actor="shopper", tools=tools)
    clock.advance(minutes=2)
    code = shown_code(database, street, second, tools)
    later = buy(database, street, Purchase(100, code), tools)
    assert not later.linked_visit


def test_only_the_phone_that_was_asked_may_join(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    first = saved_phone(database, street, tools)
    second = new_phone(database, street, tools)
    give_points(database, street, second.member_id, 12, tools)
    asked = save(database, street, tools, second.card_id)
    assert isinstance(asked, JoinAsked)
    stranger = browser(database, street, new_phone(database, street, tools).secret, tools)
    shopper = browser(database, street, second.secret, tools)
    with pytest.raises(NotFoundError), database.unit_of_work(street.program_id) as session:
        answer_join(session, stranger, asked.challenge_id, tools=tools)
    clock.advance(hours=2)
    with pytest.raises(NotFoundError), database.unit_of_work(street.program_id) as session:
        answer_join(session, shopper, asked.challenge_id, tools=tools)
    assert points_of(database, street, first.member_id, tools) == 0


@pytest.mark.parametrize("email", ["", "lucia", "lucia@", "a b@c.example"])
def test_what_is_no_address_is_refused(database: Database, tools: Tools, email: str) -> None:
    street = open_street(database, tools)
    with pytest.raises(EmailInvalidError), database.unit_of_work(street.program_id) as session:
        ask_to_save(
            session,
            street.program_id,
            email,
            card_id=None,
            store_id=street.store_id,
            language="es",
            tools=tools,
        )


def test_an_address_nobody_reads_is_refused(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    with pytest.raises(IdentifierBlockedError), database.unit_of_work(street.program_id) as session:
        ask_to_save(
            session,
            street.program_id,
            "noreply@correo.example",
            card_id=None,
            store_id=street.store_id,
            language="es",
            tools=tools,
        )
