"""Where refusals meet HTTP: the only table of statuses, and how a refusal is answered.

A program gets a problem document (RFC 9457), a person gets a page; both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from apiflask import HTTPError
from flask import Flask, Response, json, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import (
    HTTPException,
    RequestedRangeNotSatisfiable,
    SecurityError,
    TooManyRequests,
    UnsupportedMediaType,
)

from app.logs import log, request_id
from app.metrics import count_refusal
from app.outcome_texts import OUTCOME_TEXTS
from app.problem_texts import PROBLEM_TEXTS
from loyalty.kernel.errors import LoyaltyError, MalformedRequestError
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal

STATUS: Final[dict[Refusal, int]] = {
    Refusal.MALFORMED_REQUEST: HTTPStatus.BAD_REQUEST,
    Refusal.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refusal.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Refusal.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Refusal.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Refusal.FORM_EXPIRED: HTTPStatus.BAD_REQUEST,
    Refusal.SIGN_IN_NEEDED: HTTPStatus.UNAUTHORIZED,
    Refusal.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Refusal.TILL_REVOKED: HTTPStatus.FORBIDDEN,
    Refusal.FOREIGN_ORIGIN: HTTPStatus.FORBIDDEN,
    Refusal.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
    Refusal.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Refusal.LINK_EXPIRED: HTTPStatus.GONE,
    Refusal.PAIRING_CODE_WRONG: HTTPStatus.FORBIDDEN,
    Refusal.PIN_WRONG: HTTPStatus.FORBIDDEN,
    Refusal.PIN_NEEDED: HTTPStatus.FORBIDDEN,
    Refusal.PIN_NEEDS_LINE: HTTPStatus.CONFLICT,
    Refusal.AMOUNT_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.CURRENCY_MISMATCH: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.SALE_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.SALE_ID_RESERVED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.SALE_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.REFUND_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.REFUND_EXCEEDS_SALE: HTTPStatus.CONFLICT,
    Refusal.REASSIGNMENT_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.UNDO_TOO_LATE: HTTPStatus.CONFLICT,
    Refusal.OTHER_TILL: HTTPStatus.FORBIDDEN,
    Refusal.ALREADY_USED: HTTPStatus.CONFLICT,
    Refusal.POINTS_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.POINTS_SHORT: HTTPStatus.CONFLICT,
    Refusal.REDEEMING_BLOCKED: HTTPStatus.CONFLICT,
    Refusal.HOLD_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.HOLD_ENDED: HTTPStatus.CONFLICT,
    Refusal.HOLD_EXCEEDED: HTTPStatus.CONFLICT,
    Refusal.GIVE_BACK_EXCEEDED: HTTPStatus.CONFLICT,
    Refusal.ADJUST_LIMIT: HTTPStatus.FORBIDDEN,
    Refusal.REWARD_NOT_OFFERED: HTTPStatus.CONFLICT,
    Refusal.REWARD_SOLD_OUT: HTTPStatus.CONFLICT,
    Refusal.REWARD_LIMIT: HTTPStatus.CONFLICT,
    Refusal.REWARD_DOES_NOT_FIT: HTTPStatus.CONFLICT,
    Refusal.PROOF_NEEDED: HTTPStatus.FORBIDDEN,
    Refusal.MEMBER_PIN_WRONG: HTTPStatus.FORBIDDEN,
    Refusal.ALLOWANCE_EXCEEDED: HTTPStatus.CONFLICT,
    Refusal.HOLD_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.TILL_CANNOT_KEEP: HTTPStatus.INSUFFICIENT_STORAGE,
    Refusal.QUEUE_NOT_EMPTY: HTTPStatus.CONFLICT,
    Refusal.STOCK_SHORT: HTTPStatus.CONFLICT,
    Refusal.LIST_UNREADABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.SLOT_FULL: HTTPStatus.CONFLICT,
    Refusal.SLOT_UNAVAILABLE: HTTPStatus.CONFLICT,
    Refusal.ORDER_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.ORDER_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.ORDER_STATE: HTTPStatus.CONFLICT,
    Refusal.ORDER_ELSEWHERE: HTTPStatus.CONFLICT,
    Refusal.CHANGE_TOO_LATE: HTTPStatus.CONFLICT,
    Refusal.SPOKEN_CODE_WRONG: HTTPStatus.FORBIDDEN,
    Refusal.HANDOFF_CONFLICT: HTTPStatus.CONFLICT,
    Refusal.ORDER_NEEDS_LINE: HTTPStatus.CONFLICT,
    Refusal.POINTS_NEED_LINE: HTTPStatus.CONFLICT,
    Refusal.MENTION_INVALID: HTTPStatus.BAD_REQUEST,
    Refusal.NETWORK_TROUBLE: HTTPStatus.BAD_GATEWAY,
    Refusal.ADDRESS_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.ACCOUNT_TAKEN: HTTPStatus.CONFLICT,
    Refusal.CARD_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.CODE_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.EMAIL_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.PHONE_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.LINK_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.IDENTIFIER_BLOCKED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.IDENTIFIER_NOT_BLOCKABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.IDENTIFIER_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.CONSENT_NEEDED: HTTPStatus.CONFLICT,
    Refusal.NOTE_EMPTY: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.PROGRAM_EXISTS: HTTPStatus.CONFLICT,
    Refusal.STORE_ADDRESS_TAKEN: HTTPStatus.CONFLICT,
    Refusal.SETTING_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.FEED_PLACE_UNKNOWN: HTTPStatus.GONE,
    Refusal.STORAGE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Refusal.INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}
REFUSAL_OF_STATUS: Final[dict[int, Refusal]] = {
    HTTPStatus.UNAUTHORIZED: Refusal.SIGN_IN_NEEDED,
    HTTPStatus.FORBIDDEN: Refusal.NOT_ALLOWED,
    HTTPStatus.NOT_FOUND: Refusal.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Refusal.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Refusal.BODY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Refusal.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS: Refusal.RATE_LIMITED,
    HTTPStatus.SERVICE_UNAVAILABLE: Refusal.STORAGE_UNAVAILABLE,
}
RETRYABLE: Final = frozenset(
    {
        Refusal.STORAGE_UNAVAILABLE,
        Refusal.TOO_MANY_TRIES,
        Refusal.RATE_LIMITED,
        Refusal.TILL_CANNOT_KEEP,
        Refusal.QUEUE_NOT_EMPTY,
        Refusal.PIN_NEEDS_LINE,
        Refusal.ORDER_NEEDS_LINE,
        Refusal.POINTS_NEED_LINE,
    }
)
RETRY_AFTER_S: Final[dict[Refusal, int]] = {
    Refusal.STORAGE_UNAVAILABLE: 2,
    Refusal.TOO_MANY_TRIES: 60,
    Refusal.RATE_LIMITED: 60,
}
# An amount that is a number but cannot be is told as such, not as a malformed message.
AMOUNTS: Final = frozenset({"total_minor", "amount_minor", "basket_minor"})
OUT_OF_RANGE: Final = frozenset({"greater_than_equal", "less_than_equal"})
TAKE_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
PROBLEM_JSON: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal in the caller's language, for a document or a page."""

    code: Refusal
    status: int
    title: str
    detail: str
    step: str
    request_id: str
    facts: Mapping[str, object]

    def document(self) -> dict[str, object]:
        """Write it as RFC 9457 wants it; facts stand beside the standard members."""
        standard = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": f"{self.detail} {self.step}",
            "code": str(self.code),
            "retryable": self.code in RETRYABLE,
            "request_id": self.request_id,
        }
        return {**self.facts, **standard}


def make_problem(code: Refusal, facts: Mapping[str, object] | None = None) -> Problem:
    """Put a refusal into words."""
    title, detail, step = _words(code, facts or {})
    return Problem(
        code=code,
        status=int(STATUS[code]),
        title=title,
        detail=detail,
        step=step,
        request_id=request_id(),
        facts=facts or {},
    )


def _words(code: Refusal, facts: Mapping[str, object]) -> tuple[str, str, str]:
    """Say what happened, why, and what to do; a refused code says what is wrong with it."""
    outcome = facts.get("outcome")
    if code is Refusal.CODE_REFUSED and outcome in set(CodeOutcome):
        told = OUTCOME_TEXTS[CodeOutcome(str(outcome))]
        step = told.steps[0][0] if told.steps else ""
        return str(told.title), str(told.detail), f"{step}." if step else ""
    text = PROBLEM_TEXTS[code]
    return str(text.title), str(text.detail), str(text.step)


def wants_document() -> bool:
    """Say whether the caller is a program: the API, or a script that asks for JSON."""
    if request.path.startswith(("/api/", "/hooks/", "/healthz", "/readyz", "/metrics")):
        return request.path != "/api/docs"
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON])
    return best in {"application/json", PROBLEM_JSON}


def answer_problem(code: Refusal, facts: Mapping[str, object] | None = None) -> Response:
    """Answer a refusal in the caller's terms."""
    problem = make_problem(code, facts)
    count_refusal(code)
    if wants_document():
        response = _document(problem)
    else:
        page = render_template("problem.html", problem=problem)
        response = make_response(page, problem.status)
    if code in RETRY_AFTER_S:
        waited = problem.facts.get("retry_after_s", RETRY_AFTER_S[code])
        response.headers["Retry-After"] = str(waited)
    if problem.status == HTTPStatus.UNAUTHORIZED and wants_document():
        response.headers["WWW-Authenticate"] = 'Bearer realm="enlaza"'
    return response


def _document(problem: Problem) -> Response:
    return Response(json.dumps(problem.document()), problem.status, mimetype=PROBLEM_JSON)


def _refused(error: LoyaltyError) -> Response:
    log.info("refused", code=str(error.code))
    return answer_problem(error.code, error.facts)


def _storage_failed(error: Exception) -> Response:
    log.error("storage unavailable", error=type(error).__name__)
    return answer_problem(Refusal.STORAGE_UNAVAILABLE)


def _form_expired(_error: CSRFError) -> Response:
    return answer_problem(Refusal.FORM_EXPIRED)


def _http_error(error: HTTPException) -> HTTPException | Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST or isinstance(error, RequestedRangeNotSatisfiable):
        return error
    if isinstance(error, SecurityError):
        # The host is not ours, so there is no address of ours to build a page from.
        return _document(make_problem(Refusal.MALFORMED_REQUEST))
    fallback = (
        Refusal.INTERNAL_ERROR
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else Refusal.MALFORMED_REQUEST
    )
    response = answer_problem(REFUSAL_OF_STATUS.get(status, fallback))
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _message_refused(error: HTTPError) -> Response:
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return answer_problem(REFUSAL_OF_STATUS.get(error.status_code, Refusal.MALFORMED_REQUEST))
    return answer_problem(*refusal_of_message(cause))


def refusal_of_message(
    error: ValidationError, *, within: tuple[str, ...] = ()
) -> tuple[Refusal, dict[str, object]]:
    """Say which fields of a message do not have their form, without repeating what they held.

    `within` are the names of what stands around the message and is not part of it.
    """
    errors = [
        {"field": ".".join(_inside(one["loc"], within)), "rule": one["type"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    only_amounts = all(one["field"] in AMOUNTS and one["rule"] in OUT_OF_RANGE for one in errors)
    code = Refusal.AMOUNT_INVALID if only_amounts else Refusal.MALFORMED_REQUEST
    return code, {"errors": errors}


def _inside(place: tuple[int | str, ...], within: tuple[str, ...]) -> list[str]:
    names = [str(part) for part in place]
    while names and names[0] in within:
        names.pop(0)
    return names


def _too_many(_error: TooManyRequests) -> Response:
    return answer_problem(Refusal.RATE_LIMITED)


def _check_media_type() -> None:
    """Let the API read JSON only, so that no form of another site can speak to it."""
    takes_body = request.method in TAKE_BODY
    if takes_body and request.path.startswith("/api/") and not request.is_json:
        raise UnsupportedMediaType


def _check_texts() -> None:
    """Refuse a zero byte in an address or a form: no text has one and PostgreSQL keeps none."""
    told = [request.path]
    if request.query_string:
        told.extend(text for texts in request.args.lists() for text in texts[1])
    if not request.is_json:
        told.extend(text for texts in request.form.lists() for text in texts[1])
    if any("\0" in text for text in told):
        raise MalformedRequestError


def init_problems(app: Flask) -> None:
    """Answer every error in one shape."""
    app.before_request(_check_media_type)
    app.before_request(_check_texts)
    app.register_error_handler(LoyaltyError, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPError, _message_refused)
    app.register_error_handler(TooManyRequests, _too_many)
    app.register_error_handler(HTTPException, _http_error)
    for storage in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(storage, _storage_failed)


def known_refusal(code: str) -> Refusal | None:
    """Read a refusal's code from an address."""
    return Refusal(code) if code in set(Refusal) else None
