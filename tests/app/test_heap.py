"""What is read at the start is not walked through again and again."""

import gc
from collections.abc import Iterator

import pytest

from app.heap import staying


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector of this process as it was."""
    was_on = gc.isenabled()
    gc.enable()
    yield
    if not was_on:
        gc.disable()


def test_nothing_is_collected_while_a_program_starts_and_all_is_afterwards() -> None:
    with staying():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_a_start_made_is_walked_no_more() -> None:
    with staying():
        made: list[list[object]] = [[] for _ in range(1_000)]
    assert not any(one is made for one in gc.get_objects())


def test_a_start_that_failed_collects_as_before() -> None:
    with pytest.raises(RuntimeError), staying():
        raise RuntimeError
    assert gc.isenabled()


def test_a_start_within_a_start_is_one() -> None:
    with staying():
        with staying():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
