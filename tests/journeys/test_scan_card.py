"""Before any payment the till knows whose card it is, their points, and what comes next."""

import pytest
from sqlalchemy import func, select

from loyalty.codes.judge import prejudge
from loyalty.codes.keys import public_ring
from loyalty.codes.models import Scan
from loyalty.journeys.scan_card import LETTER_TRIES, ScanRequest, scan_card
from loyalty.points.add_reward import add_reward
from loyalty.points.retire_reward import retire_reward
from loyalty.wire.codes import CodeKind, CodeOutcome
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import give_points, new_phone


def scans_kept(counter: Counter) -> int:
    with counter.database.reading(counter.street.program_id) as session:
        return session.execute(
            select(func.count())
            .select_from(Scan)
            .where(Scan.program_id == counter.street.program_id)
        ).scalar_one()


def test_a_scan_says_whose_card_it_is_and_what_comes_next(
    counter: Counter, clock: ManualClock
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    give_points(counter.database, counter.street, phone.member_id, 25, counter.tools)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        program_id = counter.street.program_id
        for name, points in (("Pan", 50), ("Café", 20), ("Tarta", 200), ("Nada", 10)):
            reward_id = add_reward(session, program_id, name=name, points=points, at=clock.now())
        retire_reward(session, program_id, reward_id, at=clock.now())
    answer = counter.scan(counter.shown(phone))
    assert (answer.outcome, answer.kind) == (CodeOutcome.OK, CodeKind.LIVE)
    assert answer.card_id == phone.card_id
    assert answer.person is not None
    assert (answer.person.display_name, answer.points) == (None, 25)
    assert answer.next_reward is not None
    assert (answer.next_reward.name, answer.next_reward.missing) == ("Pan", 25)
    assert [reward.name for reward in answer.rewards_in_reach] == ["Café"]
    assert answer.seconds_since_last_scan is None


def test_a_second_scan_within_a_minute_is_told_and_is_no_error(
    counter: Counter, clock: ManualClock
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    counter.scan(counter.shown(phone))
    clock.advance(s=40)
    answer = counter.scan(counter.shown(phone))
    assert answer.outcome is CodeOutcome.DUPLICATE_SCAN
    assert answer.seconds_since_last_scan == 40
    assert answer.person is not None
    clock.advance(s=61)
    assert counter.scan(counter.shown(phone)).outcome is CodeOutcome.OK


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("8410297112345", CodeOutcome.NOT_OURS),
        ("https://shop.example/x?y=1", CodeOutcome.NOT_OURS),
        ("B" * 154, CodeOutcome.MALFORMED),
        ("BCDEF" * 10, CodeOutcome.MALFORMED),
        ("", CodeOutcome.NOT_OURS),
    ],
)
def test_other_texts_say_what_they_are_and_are_kept(
    counter: Counter, text: str, outcome: CodeOutcome
) -> None:
    answer = counter.scan(text)
    assert answer.outcome is outcome
    assert (answer.card_id, answer.person, answer.points) == (None, None, None)
    assert scans_kept(counter) == 1


def test_an_expired_code_tells_no_name_and_no_points(counter: Counter, clock: ManualClock) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    code = counter.shown(phone)
    clock.advance(minutes=5)
    answer = counter.scan(code)
    assert answer.outcome is CodeOutcome.EXPIRED
    assert (answer.card_id, answer.person, answer.points) == (None, None, None)
    assert answer.facts["expired_ago_s"]


def test_typed_letters_stand_for_the_whole_code(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    letters = counter.letters(phone)
    answer = counter.scan(f" {letters[:4].lower()}-{letters[4:].lower()} ")
    assert answer.outcome is CodeOutcome.OK
    assert answer.code is not None
    assert len(answer.code) == 154


def test_a_till_that_guesses_letters_is_stopped_for_a_minute(
    counter: Counter, clock: ManualClock
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    for _ in range(LETTER_TRIES):
        answer = counter.scan("BCDEFGHI")
        assert (answer.wrong_try, answer.tried_out) == (True, False)
    blocked = counter.scan(counter.letters(phone))
    assert (blocked.outcome, blocked.tried_out) == (CodeOutcome.NOT_OURS, True)
    assert counter.scan(counter.shown(phone)).outcome is CodeOutcome.OK
    clock.advance(s=61)
    assert counter.scan(counter.letters(phone)).tried_out is False
    assert scans_kept(counter) == LETTER_TRIES + 3


def test_a_signature_checked_beforehand_is_believed_only_by_its_own_ring(
    counter: Counter,
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    code, program_id = counter.shown(phone), counter.street.program_id
    with counter.database.reading(program_id) as session:
        ring = public_ring(session, program_id)
    checked = prejudge(code, program_id=program_id, ring=ring)
    now = counter.tools.clock.now()
    request = ScanRequest(
        program_id,
        counter.street.till_id,
        counter.street.store_id,
        code,
        now,
        clock_sure=True,
        source="wedge",
    )
    with counter.database.unit_of_work(program_id) as session:
        answer = scan_card(session, request, tools=counter.tools, checked=checked)
    assert checked is not None
    assert answer.outcome is CodeOutcome.OK
