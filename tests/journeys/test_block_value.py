"""Staff let a value join nobody: what only it had joined comes apart, and points stay."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from loyalty.identity.errors import NotBlockableError
from loyalty.identity.models import IdentityLog
from loyalty.identity.queries import person_of_card
from loyalty.journeys.block_value import block_value
from loyalty.journeys.staff_says import Saying
from loyalty.journeys.tell_person import PersonStory, tell_person
from loyalty.kernel.errors import MalformedRequestError
from tests.journeys.test_claim_receipt import phone, points
from tests.support.checkout import Counter
from tests.support.street import Phone


def story(counter: Counter, holder: Phone) -> PersonStory:
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        person = person_of_card(session, program_id, holder.card_id)
        assert person is not None
        return tell_person(session, program_id, person.person_id)


def said_of(
    counter: Counter, own: UUID, reason: str = "es la tableta", *, undo: bool = False
) -> bool:
    program_id = counter.street.program_id
    said = Saying(program_id, "act", "staff:1", reason)
    with counter.database.unit_of_work(program_id) as session:
        return block_value(session, said, own, undo=undo, tools=counter.tools)


def named(counter: Counter, sale_id: str, holder: Phone | None) -> None:
    code = counter.shown(holder) if holder else None
    counter.send(replace(counter.report(sale_id, 1240, code=code), customer="acme:c-77"))


def test_a_blocked_number_joins_nobody_until_it_is_let_and_points_stay(counter: Counter) -> None:
    ana = phone(counter)
    named(counter, "s1", ana)
    number = next(one for one in story(counter, ana).identifiers if one.kind == "vendor")
    with pytest.raises(MalformedRequestError):
        said_of(counter, number.identifier_id, " ")
    assert said_of(counter, number.identifier_id)
    assert not said_of(counter, number.identifier_id)
    told = story(counter, ana)
    assert number.identifier_id not in {one.identifier_id for one in told.identifiers}
    assert [(one.identifier_id, one.state) for one in told.blocked] == [
        (number.identifier_id, "blocked")
    ]
    assert points(counter, ana) == 12
    berta = phone(counter)
    named(counter, "s2", berta)
    named(counter, "s3", None)
    assert "vendor" not in {one.kind for one in story(counter, berta).identifiers}
    assert (points(counter, ana), points(counter, berta)) == (12, 12)
    assert said_of(counter, number.identifier_id, "", undo=True)
    assert story(counter, ana).blocked == ()
    assert counter.findings() == ()
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        lines = session.execute(
            select(IdentityLog.act, IdentityLog.actor, IdentityLog.reason).where(
                IdentityLog.program_id == program_id, IdentityLog.actor == "staff:1"
            )
        ).all()
    assert {tuple(line) for line in lines} == {
        ("block", "staff:1", "es la tableta"),
        ("generic", "staff:1", None),
    }, "two members were seen with it by now"


def test_a_card_and_a_membership_are_never_blocked(counter: Counter) -> None:
    ana = phone(counter)
    for one in story(counter, ana).identifiers:
        assert one.kind in {"card", "member"}
        with pytest.raises(NotBlockableError):
            said_of(counter, one.identifier_id)
