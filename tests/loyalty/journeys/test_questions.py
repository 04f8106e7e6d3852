"""Four questions, answered from what happened."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from loyalty.identity.queries import MemberFacts
from loyalty.journeys.history import HistoryRow
from loyalty.journeys.linked import masked_email
from loyalty.journeys.questions import FourQuestions, Reaction, Told, four_questions
from loyalty.journeys.timeline import Happening

WEDNESDAY = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
MEMBER = MemberFacts(UUID(int=1), UUID(int=2), None, "es", WEDNESDAY - timedelta(days=90))


def sale(at: datetime, minor: int, *, refunded: int = 0) -> Happening:
    row = HistoryRow(
        kind="sale",
        at=at,
        points=minor // 100,
        total_minor=minor,
        refunded_minor=refunded,
        currency="EUR",
        sale_state="kept",
    )
    return Happening("sale", at, None, row=row)


def ask(*happenings: Happening) -> FourQuestions:
    newest_first = sorted(happenings, key=lambda each: each.at, reverse=True)
    return four_questions(
        newest_first, members=[MEMBER], first_known_at=WEDNESDAY, time_zone="Europe/Madrid"
    )


def test_two_purchases_are_no_habit() -> None:
    known = ask(sale(WEDNESDAY, 1000), sale(WEDNESDAY - timedelta(days=7), 2000)).known
    assert (known.purchases, known.spent_minor, known.currency) == (2, 3000, "EUR")
    assert (known.usual_minor, known.weekdays) == (None, ())


def test_the_third_shows_the_day_and_the_usual_amount() -> None:
    week = timedelta(days=7)
    known = ask(
        sale(WEDNESDAY, 1000),
        sale(WEDNESDAY - week, 9000),
        sale(WEDNESDAY - 2 * week, 2480, refunded=480),
        sale(WEDNESDAY - timedelta(days=1), 500, refunded=500),
    ).known
    assert known.weekdays == (2,)
    assert known.usual_minor == 2000
    assert known.spent_minor == 12000
    assert known.member_since == MEMBER.joined_at


def test_a_day_is_a_day_of_the_store() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # Thursday in Madrid
    known = ask(*(sale(late - timedelta(days=7 * back), 100) for back in range(3))).known
    assert known.weekdays == (3,)


def test_the_reaction_is_the_first_thing_after_the_last_message() -> None:
    told_at = WEDNESDAY
    message = Happening("message", told_at, None, facts={"topic": "save_card", "state": "sent"})
    visit = Happening("visit", told_at + timedelta(minutes=5), None)
    bought = sale(told_at + timedelta(hours=1), 300)
    answers = ask(sale(told_at - timedelta(days=1), 100), message, visit, bought)
    assert answers.told == Told("save_card", told_at, "sent", 1)
    assert answers.last == bought
    assert answers.reaction == Reaction("visit", visit.at, after_s=300)
    assert ask(message).reaction is None
    assert ask(bought).reaction is None
    assert ask().last is None


def test_an_address_is_masked_so_that_only_its_owner_knows_it() -> None:
    assert masked_email("lucia@correo.example") == "l•••a@correo.example"
    assert masked_email("lu@correo.example") == "l•••@correo.example"
