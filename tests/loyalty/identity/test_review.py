"""Questions a bakery would really read: few, ranked, and gone when they are answered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from loyalty.db.session import Database
from loyalty.identity.cannot_link import NotTheSame, declare_not_the_same, take_back_not_the_same
from loyalty.identity.dry_run import would_split
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.queries import link_by_id
from loyalty.identity.review import (
    ask_again,
    count_open,
    leave_alone,
    pairs_in_doubt,
    review_entry,
    review_queue,
)
from loyalty.journeys.decide_review import (
    approve,
    ask_once_more,
    keep_apart,
    leave_it,
    may_be_one,
    take_back_approval,
)
from loyalty.journeys.join_memberships import JoinUndone
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.town import build_town
from tests.support.who import Who


@pytest.fixture
def who(database: Database, clock: ManualClock, tools: Tools) -> Iterator[Who]:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        yield Who(session, town.program_id, town.bakery_id, tools)


def asked(who: Who) -> list[tuple[set[str], int]]:
    queue = review_queue(who.session, who.program_id)
    return [({each.one.person_id, each.other.person_id}, each.times) for each in queue]


def test_two_persons_are_asked_about_once_however_often_they_met(who: Who) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    for _ in range(3):
        visit = who.web_session()
        who.link("session", visit, hers, by=ana)
        who.link("session", visit, his, by=luis)
    persons = {who.person(ana).person_id, who.person(luis).person_id}
    assert asked(who) == [(persons, 3)]


def test_somebody_s_own_act_is_asked_about_before_a_conclusion(who: Who) -> None:
    (ana, hers), (luis, his), (nora, _) = who.shopper(), who.shopper(), who.shopper()
    visit = who.web_session()
    for own, card in ((ana, hers), (luis, his)):
        who.link("session", visit, card, by=own)
    email = who.identifier("email", "ana@correo.example")
    who.link("email", email, ana)
    told = who.link("email", email, nora)
    assert told.refused_rule == "two_open_members"
    first, second = review_queue(who.session, who.program_id)
    assert first.link_id == told.link_id
    assert first.rule == "two_open_members"
    assert second.rule == "known_against_known"
    assert {first.one.anchor_id, first.other.anchor_id} == {ana, nora}


def test_an_approval_is_evidence_with_actor_and_reason_and_can_be_taken_back(
    who: Who, tools: Tools
) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    question = who.link("session", visit, his, by=luis)
    before = [who.person(each).person_id for each in (ana, luis)]
    done = approve(
        who.session,
        who.program_id,
        question.link_id,
        actor="staff:1",
        reason="Es la misma, ha cambiado de móvil",
        keep_member=luis,
        tools=tools,
    )
    made = link_by_id(who.session, who.program_id, done.link_id)
    assert made is not None
    assert (made.kind, made.actor, made.basis) == ("join", "staff:1", "contract")
    assert made.reason == "Es la misma, ha cambiado de móvil"
    assert who.person(hers).open_member_id == luis
    assert asked(who) == []
    who.check()
    with pytest.raises(LinkUnknownError):
        review_entry(who.session, who.program_id, question.link_id)
    undone = take_back_approval(
        who.session,
        who.program_id,
        done.link_id,
        actor="staff:1",
        reason="Me equivoqué",
        tools=tools,
    )
    assert isinstance(undone, JoinUndone)
    assert [who.person(each).person_id for each in (ana, luis)] == before
    assert not who.are_one(ana, luis)
    assert len(asked(who)) == 1, "the question is there again"
    who.check()


def test_what_is_known_without_a_membership_is_joined_by_staff(who: Who, tools: Tools) -> None:
    ana, hers = who.shopper()
    email = who.identifier("email", "ana@correo.example")
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    question = who.link("session", visit, email, by=ana)
    assert question.refused_rule == "known_against_known"
    done = approve(
        who.session, who.program_id, question.link_id, actor="staff:1", reason="Suyo", tools=tools
    )
    assert done.join is None
    assert who.are_one(ana, email, visit)
    assert asked(who) == []
    assert take_back_approval(
        who.session,
        who.program_id,
        done.link_id,
        actor="staff:1",
        reason="Me equivoqué",
        tools=tools,
    )
    assert len(asked(who)) == 1
    who.check()


def test_not_the_same_closes_the_question_until_it_is_taken_back(who: Who, tools: Tools) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    question = who.link("session", visit, his, by=luis)
    said = keep_apart(
        who.session,
        who.program_id,
        question.link_id,
        actor="staff:1",
        reason="Son hermanos",
        tools=tools,
    )
    assert said.is_new
    assert asked(who) == []
    who.check()
    assert may_be_one(who.session, who.program_id, said.a, said.b, actor="staff:1", tools=tools)
    assert len(asked(who)) == 1
    who.check()


def test_what_was_left_alone_is_not_asked_again_even_after_a_merge(who: Who, tools: Tools) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    question = who.link("session", visit, his, by=luis)
    left = leave_it(who.session, who.program_id, question.link_id, actor="staff:1", tools=tools)
    assert left.is_new
    assert asked(who) == []
    who.link("email", who.identifier("email", "ana@correo.example"), ana)
    another = who.web_session()
    who.link("session", another, hers, by=ana)
    who.link("session", another, his, by=luis)
    assert asked(who) == []
    assert ask_once_more(who.session, who.program_id, left.a, left.b)
    assert not ask_again(who.session, who.program_id, left.a, left.b)
    assert [times for _, times in asked(who)] == [2]
    assert leave_alone(who.session, who.program_id, left.b, left.a, actor="staff:1", at=who.at), (
        "whichever is named first"
    )
    assert asked(who) == []


def test_a_question_closes_when_its_evidence_comes_off(who: Who) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    question = who.link("session", visit, his, by=luis)
    who.retract(question)
    assert asked(who) == []


def test_what_would_split_is_told_and_nothing_is_written(who: Who) -> None:
    ana, hers = who.shopper()
    first, second = who.web_session(), who.web_session()
    one = who.link("session", first, hers, by=ana)
    who.link("session", second, hers, by=ana)
    again = who.link("session", first, hers, by=ana)
    before = who.person(ana)
    assert not would_split(who.session, who.program_id, [one.link_id]).splits
    split = would_split(who.session, who.program_id, [one.link_id, again.link_id])
    assert split.splits
    assert [part.identifier_ids for part in split.parts] == [
        frozenset({ana, hers, second}),
        frozenset({first}),
    ]
    assert who.person(ana) == before
    who.retract(one)
    who.retract(again)
    told = {part.person_id for part in split.parts}
    assert {who.person(ana).person_id, who.person(first).person_id} == told
    with pytest.raises(LinkUnknownError):
        would_split(who.session, who.program_id, ["0" * 64])


def test_not_the_same_said_again_counts_with_the_new_reason(who: Who) -> None:
    ana, hers = who.shopper()
    visit = who.web_session()
    who.link("session", visit, hers, by=ana)
    said = NotTheSame(who.program_id, ana, visit, actor="staff:1", reason="De su hermana")
    assert declare_not_the_same(who.session, said, at=who.at)
    assert not who.are_one(ana, visit)
    for is_new in (True, False):
        told = take_back_not_the_same(
            who.session, who.program_id, visit, ana, actor="staff:1", at=who.at
        )
        assert told == is_new
    assert who.are_one(ana, visit)
    assert declare_not_the_same(who.session, said, at=who.at)
    assert not who.are_one(ana, visit)
    who.check()


def test_counting_what_is_open_costs_one_look_at_an_index(who: Who) -> None:
    ana, _ = who.shopper()
    luis, _ = who.shopper()
    email = who.identifier("email", "juntos@correo.example")
    who.link("email", email, ana)
    who.link("email", email, luis)
    assert count_open(who.session, who.program_id, most=10) == len(asked(who)) == 1
    assert count_open(who.session, who.program_id, most=0) == 0
    leave_alone(who.session, who.program_id, ana, luis, actor="staff:1", at=who.tools.clock.now())
    assert count_open(who.session, who.program_id, most=10) == len(asked(who)) == 0
    dialect = who.session.get_bind().dialect
    told = pairs_in_doubt(who.program_id).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    if dialect.name == "postgresql":
        # A table of three rows is read whole; a shop's is not.
        who.session.execute(text("SET LOCAL enable_seqscan = off"))
    asking = "EXPLAIN" if dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plan = str(who.session.execute(text(f"{asking} {told}")).all())
    assert "ix_identity_link_refused" in plan
    assert "SCAN identity_link" not in plan
    assert "Seq Scan" not in plan
