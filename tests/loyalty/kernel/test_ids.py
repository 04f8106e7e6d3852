"""Ids are ours: in the order of time where rows are many, without order where they are shown."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.ids import (
    PROGRAM_ID_MAX,
    first_id_at,
    new_id,
    random_card_id,
    random_program_id,
)

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis puts the zone on
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_that_holds_its_moment(moment: datetime) -> None:
    made = new_id(moment)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(moment.timestamp() * 1000)


@given(MOMENTS, st.timedeltas(min_value=timedelta(milliseconds=2), max_value=timedelta(days=99)))
def test_a_later_id_sorts_behind_an_earlier(moment: datetime, later: timedelta) -> None:
    latest = datetime(9999, 1, 1, tzinfo=UTC)
    assert new_id(moment) < new_id(min(moment + later, latest)) or moment + later > latest


def test_ids_of_one_moment_differ() -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    assert len({new_id(moment) for _ in range(1000)}) == 1000


def test_a_program_id_fits_four_bytes_and_is_never_nobody() -> None:
    drawn = [random_program_id() for _ in range(1000)]
    assert all(0 < one <= PROGRAM_ID_MAX < 2**31 for one in drawn)
    assert len(set(drawn)) > 990


def test_a_card_id_is_sixteen_hex_digits() -> None:
    drawn = {random_card_id() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(len(one) == 16 and bytes.fromhex(one) for one in drawn)


@given(st.datetimes(timezones=st.just(UTC)), MOMENTS)
def test_what_was_made_since_a_moment_is_a_range_of_ids(since: datetime, made: datetime) -> None:
    """Whoever asks for the figures of the year 12 gets those of all time."""
    if made >= since:
        assert first_id_at(since) <= new_id(made)
