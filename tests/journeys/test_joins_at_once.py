"""Two join the same two memberships at once: one join, whole points, and one undo takes it back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty.db.session import Database
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.queries import open_member_of
from loyalty.journeys.decide_review import Approved, LookedAt, approve, keep_apart
from loyalty.journeys.join_memberships import Join, join_memberships, undo_join
from tests.support.checkout import Counter
from tests.support.street import Phone, new_phone, points_of
from tests.support.waiting import until

pytestmark = pytest.mark.race

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Two:
    """Two cards of one person, with 50 and 30 points."""

    counter: Counter
    ana: Phone
    eva: Phone

    @property
    def database(self) -> Database:
        return self.counter.database

    @property
    def program_id(self) -> int:
        return self.counter.street.program_id

    def join(self, session: Session, keep: Phone, other: Phone, event: str) -> Join:
        return join_memberships(
            session,
            self.program_id,
            keep_member=keep.member_id,
            other_member=other.member_id,
            actor="staff:1",
            event=event,
            reason="la misma",
            tools=self.counter.tools,
        )

    def question(self) -> str:
        """Let both confirm one address: they may be one person, and staff are asked."""
        at, tools = self.counter.tools.clock.now(), self.counter.tools
        with self.database.unit_of_work(self.program_id) as session:
            email = ensure_identifier(
                session, self.program_id, "email", "lu@correo.example", at=at, keys=tools.keys
            )
            for turn, phone in enumerate(self):
                draft = LinkDraft(
                    program_id=self.program_id,
                    kind="email",
                    a=email.identifier_id,
                    b=phone.member_id,
                    event=f"challenge:{phone.card_id}",
                    occurred_at=at - timedelta(minutes=9 - turn),
                    actor="shopper",
                )
                told = add_link(session, draft, at=at)
        assert told.refused_rule == "two_open_members"
        return told.link_id

    def say_yes(self, session: Session, link_id: str, act_id: str) -> Approved:
        return approve(
            session,
            self.program_id,
            link_id,
            actor="staff:1",
            reason="la misma",
            keep_member=self.ana.member_id,
            act_id=act_id,
            tools=self.counter.tools,
        )

    def say_no(self, session: Session, link_id: str) -> LookedAt:
        return keep_apart(
            session,
            self.program_id,
            link_id,
            actor="staff:2",
            reason="hermanas",
            tools=self.counter.tools,
        )

    def undo(self, link_id: str) -> None:
        with self.database.unit_of_work(self.program_id) as session:
            undo_join(session, self.program_id, link_id, actor="staff:1", tools=self.counter.tools)

    def points(self) -> tuple[int, int]:
        """Give what each of the two cards shows: that of the membership that is open for it."""
        ana, eva = (
            points_of(self.database, self.counter.street, phone.member_id, self.counter.tools)
            for phone in (self.ana, self.eva)
        )
        return ana, eva

    def stays(self, phone: Phone) -> bool:
        """Say whether a phone's own membership is the open one of both."""
        with self.database.reading(self.program_id) as session:
            opened = {open_member_of(session, self.program_id, each.member_id) for each in self}
        return opened == {phone.member_id}

    def __iter__(self) -> Iterator[Phone]:
        return iter((self.ana, self.eva))

    def check(self) -> None:
        assert self.counter.findings() == ()


@pytest.fixture
def two(counter: Counter) -> Two:
    ana, eva = (new_phone(counter.database, counter.street, counter.tools) for _ in range(2))
    counter.sell("s1", 5_000, code=counter.shown(ana))
    counter.sell("s2", 3_000, code=counter.shown(eva))
    return Two(counter, ana, eva)


def meet(two: Two, first: Callable[[Session], T], second: Callable[[Session], T]) -> tuple[T, T]:
    """Let a second act come while the first is not kept yet; it waits, and goes on then."""

    def act() -> T:
        with two.database.unit_of_work(two.program_id) as session:
            return second(session)

    with ThreadPoolExecutor(1) as pool:
        with two.database.unit_of_work(two.program_id) as session:
            told = first(session)
            coming = pool.submit(act)
            until(lambda: two.database.is_sqlite or coming.done() or is_waited_for(two.database))
        return told, coming.result()


def is_waited_for(database: Database) -> bool:
    """Say whether somebody waits for what another act holds."""
    with database.engine.connect() as connection:
        waiting = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        return bool(waiting.scalar_one())


@pytest.mark.parametrize("same_way", [True, False], ids=["same way", "other way round"])
def test_two_joins_at_once_are_one_join_and_its_undo_gives_each_their_own(
    two: Two, *, same_way: bool
) -> None:
    assert two.points() == (50, 30)
    keep, other = (two.ana, two.eva) if same_way else (two.eva, two.ana)
    one, late = meet(
        two,
        lambda session: two.join(session, two.ana, two.eva, "tap:1"),
        lambda session: two.join(session, keep, other, "tap:2"),
    )
    assert (one.points, late.link_id) == (30, None), "who came late found them joined"
    assert two.points() == (80, 80)
    assert two.stays(two.ana)
    two.check()
    assert one.link_id is not None
    two.undo(one.link_id)
    assert two.points() == (50, 30)
    two.check()


def test_the_same_join_sent_twice_at_once_is_told_the_same(two: Two) -> None:
    one, again = meet(
        two,
        lambda session: two.join(session, two.ana, two.eva, "tap:1"),
        lambda session: two.join(session, two.ana, two.eva, "tap:1"),
    )
    assert one == again
    assert two.points() == (80, 80)
    assert one.link_id is not None
    two.undo(one.link_id)
    assert two.points() == (50, 30)
    two.check()


def test_of_two_who_say_yes_at_once_one_does_and_can_undo_it(two: Two) -> None:
    link_id = two.question()
    first, second = meet(
        two,
        lambda session: or_told(lambda: two.say_yes(session, link_id, "tap:1")),
        lambda session: or_told(lambda: two.say_yes(session, link_id, "tap:2")),
    )
    assert isinstance(first, Approved)
    assert second is None, "the question is answered"
    assert two.points() == (80, 80)
    two.undo(first.link_id)
    assert two.points() == (50, 30)
    two.check()


def test_a_no_that_comes_with_a_yes_does_not_part_whom_it_joined(two: Two) -> None:
    link_id = two.question()
    first, second = meet(
        two,
        lambda session: or_told(lambda: two.say_yes(session, link_id, "tap:1")),
        lambda session: or_told(lambda: two.say_no(session, link_id)),
    )
    assert isinstance(first, Approved)
    assert second is None, "the question is answered"
    assert two.points() == (80, 80)
    two.check()


def or_told(act: Callable[[], T]) -> T | None:
    """Answer a question; nothing when it is not asked any more."""
    try:
        return act()
    except LinkUnknownError:
        return None
