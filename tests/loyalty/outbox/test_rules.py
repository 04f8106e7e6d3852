"""A code that has run out is not sent any more."""

from datetime import UTC, datetime, timedelta

from loyalty.outbox.rules import WAITS, Topic, next_try_at

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_the_next_try_comes_later_each_time() -> None:
    tries = [
        next_try_at(Topic.SIGN_IN, attempts=attempts, created_at=NOON, at=NOON)
        for attempts in (1, 2, 3)
    ]
    assert tries == [NOON + wait for wait in WAITS[:3]]


def test_a_sign_in_code_is_given_up_when_it_has_run_out() -> None:
    late = NOON + timedelta(minutes=9, seconds=50)
    assert next_try_at(Topic.SIGN_IN, attempts=1, created_at=NOON, at=late) is None
    just = late - timedelta(seconds=1)
    assert next_try_at(Topic.SIGN_IN, attempts=1, created_at=NOON, at=just) is not None


def test_after_the_last_wait_a_message_is_given_up() -> None:
    created = NOON + timedelta(days=365)
    attempts = len(WAITS) + 1
    assert next_try_at(Topic.SAVE_CARD, attempts=attempts, created_at=created, at=NOON) is None
