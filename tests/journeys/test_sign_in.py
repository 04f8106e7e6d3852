"""A code or a link by mail lets a person in, once; asking tells nobody who works here."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select

from loyalty.journeys.sign_in import (
    SignedIn,
    WrongCode,
    ask_staff_sign_in,
    confirm_staff_sign_in,
    owner_sign_in_link,
    sign_out,
)
from loyalty.kernel.addresses import EmailInvalidError
from loyalty.kernel.errors import NotFoundError
from loyalty.outbox.models import OutboxMessage
from loyalty.programs.models import SignInChallenge
from loyalty.programs.queries import roles_of
from loyalty.programs.sessions import BrowserFacts, find_session
from loyalty.programs.staff import give_role, let_go, take_role
from tests.support.checkout import Counter
from tests.support.clock import ManualClock

OWNER = "amparo@panaderia.example"


def ask(counter: Counter, email: str = OWNER) -> UUID:
    with counter.database.unit_of_work(counter.street.program_id) as session:
        return ask_staff_sign_in(session, counter.street.program_id, email, tools=counter.tools)


def confirm(counter: Counter, challenge: UUID, code: str | None) -> SignedIn | WrongCode:
    with counter.database.unit_of_work(counter.street.program_id) as session:
        return confirm_staff_sign_in(
            session, counter.street.program_id, challenge, code=code, tools=counter.tools
        )


def mails(counter: Counter) -> list[dict[str, str]]:
    with counter.database.reading(counter.street.program_id) as session:
        rows = session.execute(
            select(OutboxMessage.recipient, OutboxMessage.facts).order_by(OutboxMessage.message_id)
        ).all()
    return [{"to": row.recipient, **json.loads(row.facts)} for row in rows]


def known(counter: Counter, secret: str) -> BrowserFacts | None:
    with counter.database.reading(counter.street.program_id) as session:
        return find_session(
            session,
            counter.street.program_id,
            secret,
            kind="staff",
            at=counter.tools.clock.now(),
        )


def test_the_code_of_the_mail_lets_in_once(counter: Counter) -> None:
    challenge = ask(counter, "  Amparo@PANADERIA.example ")
    (mail,) = mails(counter)
    assert (mail["to"], mail["challenge_id"]) == (OWNER, str(challenge))
    signed = confirm(counter, challenge, f" {mail['code'][:3]} {mail['code'][3:]} ")
    assert isinstance(signed, SignedIn)
    assert signed.staff_id == counter.street.staff_id
    facts = known(counter, signed.secret)
    assert facts is not None
    assert facts.subject == str(counter.street.staff_id)
    assert confirm(counter, challenge, mail["code"]) == WrongCode(tries_left=0)


def test_the_link_of_the_mail_lets_in_once(counter: Counter) -> None:
    challenge = ask(counter)
    assert isinstance(confirm(counter, challenge, None), SignedIn)
    assert confirm(counter, challenge, None) == WrongCode(tries_left=0)


def test_five_wrong_tries_end_a_challenge(counter: Counter) -> None:
    challenge = ask(counter)
    (mail,) = mails(counter)
    wrong = "000000" if mail["code"] != "000000" else "111111"
    left = []
    for _ in range(5):
        answer = confirm(counter, challenge, wrong)
        assert isinstance(answer, WrongCode)
        left.append(answer.tries_left)
    assert left == [4, 3, 2, 1, 0]
    assert confirm(counter, challenge, mail["code"]) == WrongCode(tries_left=0)
    assert confirm(counter, challenge, None) == WrongCode(tries_left=0)


def test_after_ten_minutes_the_code_is_nothing(counter: Counter, clock: ManualClock) -> None:
    challenge = ask(counter)
    (mail,) = mails(counter)
    clock.advance(minutes=10)
    assert confirm(counter, challenge, mail["code"]) == WrongCode(tries_left=0)


def test_asking_for_a_stranger_looks_the_same_and_lets_nobody_in(counter: Counter) -> None:
    challenge = ask(counter, "nobody@example.org")
    assert mails(counter) == []
    assert confirm(counter, challenge, "123456") == WrongCode(tries_left=4)
    assert confirm(counter, challenge, None) == WrongCode(tries_left=3)


def test_an_address_that_is_none_is_refused(counter: Counter) -> None:
    with pytest.raises(EmailInvalidError):
        ask(counter, "amparo")


def test_a_challenge_of_another_purpose_opens_nothing(counter: Counter) -> None:
    challenge = ask(counter)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        row = session.get_one(SignInChallenge, (counter.street.program_id, challenge))
        row.purpose = "save_card"
    assert confirm(counter, challenge, None) == WrongCode(tries_left=0)


def test_the_code_is_not_kept_with_the_challenge(counter: Counter) -> None:
    ask(counter)
    (mail,) = mails(counter)
    with counter.database.reading(counter.street.program_id) as session:
        kept = session.scalars(select(SignInChallenge.code_hash)).one()
    assert mail["code"] not in kept


def test_a_changed_role_counts_at_once_and_who_left_is_signed_out(counter: Counter) -> None:
    program_id, staff_id = counter.street.program_id, counter.street.staff_id
    signed = confirm(counter, ask(counter), None)
    assert isinstance(signed, SignedIn)
    store_id = counter.street.store_id
    with counter.database.unit_of_work(program_id) as session:
        give_role(session, program_id, staff_id, store_id=store_id, role="cashier")
        assert roles_of(session, program_id, staff_id) == {store_id: "cashier"}
        take_role(session, program_id, staff_id, store_id=store_id)
        assert roles_of(session, program_id, staff_id) == {}
    assert known(counter, signed.secret) is not None
    with counter.database.unit_of_work(program_id) as session:
        let_go(session, program_id, staff_id, at=counter.tools.clock.now())
    assert known(counter, signed.secret) is None
    assert confirm(counter, ask(counter), None) == WrongCode(tries_left=4)


def test_signing_out_is_kept_on_the_server(counter: Counter) -> None:
    signed = confirm(counter, ask(counter), None)
    assert isinstance(signed, SignedIn)
    facts = known(counter, signed.secret)
    assert facts is not None
    for _ in range(2):
        with counter.database.unit_of_work(counter.street.program_id) as session:
            sign_out(session, counter.street.program_id, facts.session_id, tools=counter.tools)
    assert known(counter, signed.secret) is None


def test_the_servers_keyboard_makes_a_link_for_those_who_work_here(counter: Counter) -> None:
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        challenge = owner_sign_in_link(session, program_id, OWNER, tools=counter.tools)
    assert isinstance(confirm(counter, challenge, None), SignedIn)
    assert mails(counter) == []
    with (
        pytest.raises(NotFoundError),
        counter.database.unit_of_work(program_id) as session,
    ):
        owner_sign_in_link(session, program_id, "nobody@example.org", tools=counter.tools)
