"""Every refusal is told in one shape, to programs and to people."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.outcome_texts import OUTCOME_TEXTS
from app.problem_texts import PROBLEM_TEXTS
from app.problems import STATUS, make_problem
from loyalty.db.session import Database
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal
from tests.support.service import Service, Shop

PAGE = (Path(__file__).parents[2] / "docs/reference/refusals.md").read_text(encoding="utf-8")


def test_every_refusal_has_a_status_and_words() -> None:
    assert set(STATUS) == set(Refusal)
    assert set(PROBLEM_TEXTS) == set(Refusal)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_every_outcome_has_words() -> None:
    assert set(OUTCOME_TEXTS) == set(CodeOutcome)


@pytest.mark.parametrize("outcome", sorted(CodeOutcome))
def test_a_refused_code_says_what_to_do(outcome: CodeOutcome) -> None:
    text = OUTCOME_TEXTS[outcome]
    assert bool(text.steps) == (text.tone == "refusal" or outcome is CodeOutcome.TIME_UNSURE)


@pytest.mark.parametrize("outcome", [CodeOutcome.ALREADY_USED, CodeOutcome.OFFLINE_LIMIT])
def test_what_forbids_spending_tells_to_wait_and_that_the_sale_goes_on(
    service: Service, outcome: CodeOutcome
) -> None:
    with service.app.test_request_context(headers={"Accept-Language": "en"}):
        problem = make_problem(Refusal.CODE_REFUSED, {"outcome": str(outcome)})
        last = str(OUTCOME_TEXTS[outcome].steps[-1][0])
    assert (problem.status, problem.step.split()[0], last) == (422, "Wait", "Charge without a card")


@pytest.mark.parametrize("code", sorted(Refusal))
def test_every_refusal_stands_in_the_reference_with_its_status(code: Refusal) -> None:
    section = re.search(rf"### `{code}`\n\nStatus (\d+)", PAGE)
    assert section is not None, f"docs/reference/refusals.md has no section for {code}"
    assert int(section[1]) == int(STATUS[code])


@pytest.mark.parametrize("outcome", sorted(CodeOutcome))
def test_every_outcome_stands_in_the_reference(outcome: CodeOutcome) -> None:
    assert re.search(rf"### `{outcome}`(?: \(outcome\))?\n", PAGE)


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_refusal_has_a_page(service: Service, language: str) -> None:
    for code in Refusal:
        answer = service.get(f"/problems/{code}?lang={language}")
        assert answer.status_code == 200, code
        assert f'lang="{language}"' in answer.text, code
        assert code in answer.text


def test_an_unknown_refusal_has_none(service: Service) -> None:
    assert service.get("/problems/nothing").status_code == 404


def test_a_problem_document_has_everything_a_program_needs(service: Service) -> None:
    answer = service.get("/api/v1/till/session")
    assert answer.mimetype == "application/problem+json"
    told = answer.get_json()
    assert told["type"] == "/problems/sign_in_needed"
    assert told["status"] == answer.status_code == 401
    assert told["retryable"] is False
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert set(told) == {
        "type",
        "title",
        "status",
        "detail",
        "code",
        "retryable",
        "request_id",
    }
    assert service.get(told["type"]).status_code == 200


def test_a_wrong_method_names_the_right_ones(service: Service) -> None:
    answer = service.call("PUT", "/api/v1/scans", json={})
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


class _FullDisk(Database):
    """A database that takes nothing."""

    @contextmanager
    def unit_of_work(self, program_id: int) -> Iterator[Session]:
        del program_id
        raise OperationalError("INSERT", {"secret": "value"}, Exception("disk I/O error"))
        yield  # pragma: no cover

    reading = unit_of_work


def test_a_database_that_cannot_is_told_as_such_and_may_be_asked_again(
    service: Service, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "reading", _FullDisk.reading)
    monkeypatch.setattr(Database, "unit_of_work", _FullDisk.unit_of_work)
    for method, path, headers in (
        ("GET", "/api/v1/till/session", shop.as_till()),
        ("GET", "/readyz", {}),
        ("GET", "/api/v1/till/trust", shop.as_till()),
    ):
        answer = service.call(method, path, headers)
        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"] == "2"
        told = answer.get_json()
        assert (told["code"], told["retryable"]) == ("storage_unavailable", True)
        assert "secret" not in answer.text
    assert service.get("/healthz").status_code == 200


def test_a_bug_is_told_without_its_inside(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        message = "the secret inside"
        raise RuntimeError(message)

    monkeypatch.setitem(service.app.view_functions, "time.get_time", broken)
    service.app.testing = False
    answer = service.get("/api/v1/time")
    assert answer.status_code == 500
    assert answer.get_json()["code"] == "internal_error"
    assert "secret" not in answer.text


def test_every_refusal_of_the_domain_has_a_code() -> None:
    waiting = [LoyaltyError]
    while waiting:
        error = waiting.pop()
        waiting.extend(error.__subclasses__())
        if error is not LoyaltyError and error.__module__.startswith(("loyalty.", "app.")):
            assert error.code in Refusal, error


def test_a_page_tells_the_number_that_the_log_knows(service: Service) -> None:
    answer = service.get("/S/NOWHERE", {"Accept": "text/html", "Accept-Language": "es"})
    number = answer.headers["X-Request-Id"]
    assert f">{number}</span>" in answer.text
    assert "Si pides ayuda, da este número" in answer.text


def test_what_other_networks_do_is_told_apart_from_what_a_caller_did() -> None:
    assert STATUS[Refusal.MENTION_INVALID] == HTTPStatus.BAD_REQUEST
    assert STATUS[Refusal.NETWORK_TROUBLE] == HTTPStatus.BAD_GATEWAY
    assert STATUS[Refusal.ADDRESS_REFUSED] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert STATUS[Refusal.ACCOUNT_TAKEN] == HTTPStatus.CONFLICT
