"""Whose word a PIN needs: the service's while it says anything, the till's own only without it."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pos_plugin.cashiers import Cashiers
from pos_plugin.client import Paired, RefusedError, Service
from pos_plugin.clock import TillClock
from pos_plugin.known import KnownBooks
from tests.support.pretenders import heard, http, pretender

RIGHT = http(b'{"cashier": {"staff_id": "ana", "display_name": "Ana"}}')
ANA, PIN = "ana", "4829"


def refusal(status: str, code: str, *, retryable: bool) -> bytes:
    """Write a refusal of the service."""
    problem = {"code": code, "detail": "", "retryable": retryable}
    return http(json.dumps(problem).encode(), status=status, kind="application/problem+json")


@contextmanager
def cashiers_told(folder: Path, *answers: bytes) -> Iterator[Cashiers]:
    """A till whose service answers so, one time after the other."""
    left = iter(answers)
    with pretender(lambda line: line.sendall(next(left)) if heard(line) else None) as port:
        paired = Paired(f"http://127.0.0.1:{port}", 7, "t", "k", bytes(32))
        books = KnownBooks(folder / "books.db", paired, clock=TillClock())
        with closing(books), closing(Service(paired)) as service:
            service.line.answered(0.01)
            yield Cashiers(service, books)


def test_a_service_that_heard_too_many_pins_is_not_gone_round(tmp_path: Path) -> None:
    throttled = refusal("429 Too Many Requests", "rate_limited", retryable=True)
    with cashiers_told(tmp_path, RIGHT, throttled) as cashiers:
        cashiers.check(ANA, PIN, language=None)
        with pytest.raises(RefusedError) as told:
            cashiers.check(ANA, PIN, language=None)
    assert told.value.code == "rate_limited"


def test_a_service_in_trouble_leaves_it_to_what_was_right_here(tmp_path: Path) -> None:
    trouble = refusal("503 Service Unavailable", "storage_unavailable", retryable=True)
    with cashiers_told(tmp_path, RIGHT, trouble) as cashiers:
        cashiers.check(ANA, PIN, language=None)
        cashiers.check(ANA, PIN, language=None)
