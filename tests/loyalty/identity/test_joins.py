"""Who stays of two members is what the joins say, in whatever order they were told."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.identity.errors import JoinConflictError
from loyalty.identity.links import LinkDraft, LinkResult, add_link
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.town import build_town
from tests.support.who import Who

pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


@pytest.fixture
def who(database: Database, clock: ManualClock, tools: Tools) -> Iterator[Who]:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        yield Who(session, town.program_id, town.bakery_id, tools)


def join(who: Who, stays: UUID, other: UUID, *, minute: int) -> LinkResult:
    draft = LinkDraft(
        program_id=who.program_id,
        kind="join",
        a=stays,
        b=other,
        event=f"join:{minute}",
        occurred_at=who.at + timedelta(minutes=minute),
        actor="staff:1",
        stays=stays,
    )
    return add_link(who.session, draft, at=who.at)


def open_of(who: Who, member: UUID) -> UUID | None:
    return who.person(member).open_member_id


@pytest.mark.parametrize("minutes", [(10, 5), (5, 10)], ids=["told late", "told in order"])
def test_of_two_joins_the_earlier_says_who_stays_whichever_was_told_first(
    who: Who, minutes: tuple[int, int]
) -> None:
    (ana, _), (eva, _) = who.shopper(), who.shopper()
    ends = {5: (ana, eva), 10: (eva, ana)}
    for minute in minutes:
        join(who, *ends[minute], minute=minute)
        who.check()
    assert open_of(who, eva) == ana


def test_without_the_first_of_two_joins_the_second_says_who_stays(who: Who) -> None:
    (ana, _), (eva, _) = who.shopper(), who.shopper()
    first = join(who, ana, eva, minute=5)
    join(who, eva, ana, minute=10)
    assert open_of(who, eva) == ana
    assert who.retract(first)
    who.check()
    assert open_of(who, ana) == eva


def test_a_chain_of_joins_told_backwards_ends_at_whom_the_evidence_says(who: Who) -> None:
    (ana, _), (eva, _), (nora, _) = who.shopper(), who.shopper(), who.shopper()
    join(who, ana, eva, minute=10)
    join(who, eva, nora, minute=5)
    who.check()
    assert open_of(who, nora) == ana
    join(who, nora, eva, minute=3)
    who.check()
    assert who.are_one(ana, eva, nora)


def test_an_address_beside_a_join_does_not_hold_it_when_it_is_taken_back(who: Who) -> None:
    (ana, _), (eva, _) = who.shopper(), who.shopper()
    email = who.identifier("email", "a@correo.example")
    joined = join(who, ana, eva, minute=0)
    for member in (ana, eva):
        who.link("email", email, member)
    who.check()
    assert who.retract(joined)
    who.check()
    assert not who.are_one(ana, eva)


def test_one_event_that_names_another_to_stay_is_refused_and_changes_nothing(who: Who) -> None:
    (ana, _), (eva, _) = who.shopper(), who.shopper()
    first = join(who, ana, eva, minute=5)
    with pytest.raises(JoinConflictError):
        join(who, eva, ana, minute=5)
    assert join(who, ana, eva, minute=5).link_id == first.link_id, "the same, told again"
    who.check()
    assert open_of(who, eva) == ana
    assert who.retract(first)
    with pytest.raises(JoinConflictError):
        join(who, eva, ana, minute=5)
    assert not who.are_one(ana, eva)
