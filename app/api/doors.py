"""What stands in front of each call of the API: who may, in whose language, and what it refuses.

The same decorators write it into the OpenAPI document, so that the two cannot differ.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec, TypeVar

from flask import Response, g
from sqlalchemy.orm import Session

from app import auth
from app.integrator_auth import integrator
from app.language import prefer_language
from app.replies import Reply
from app.schemas.base import MessageOut
from loyalty.programs.integrators import Scope
from loyalty.programs.queries import StoreFacts
from loyalty.wire.refusals import Refusal

Params = ParamSpec("Params")
Answer = TypeVar("Answer")
View = Callable[Params, Answer]

REFUSES: Final = "x-refusals"
REPLAYED: Final = {"Idempotency-Hit": "true"}
ALWAYS: Final = (Refusal.RATE_LIMITED, Refusal.STORAGE_UNAVAILABLE)
TILL_REFUSES: Final = (Refusal.SIGN_IN_NEEDED, Refusal.TILL_REVOKED, Refusal.FOREIGN_ORIGIN)
STAFF_REFUSES: Final = (Refusal.SIGN_IN_NEEDED, Refusal.NOT_ALLOWED, Refusal.FOREIGN_ORIGIN)
INTEGRATOR_REFUSES: Final = (Refusal.SIGN_IN_NEEDED, Refusal.NOT_ALLOWED)
BODY_REFUSES: Final = (
    Refusal.MALFORMED_REQUEST,
    Refusal.BODY_TOO_LARGE,
    Refusal.UNSUPPORTED_MEDIA_TYPE,
)


def by_till(
    *refusals: Refusal, looks_again: bool = False
) -> Callable[[View[Params, Answer]], View[Params, Answer]]:
    """Let only paired tills in; the answer speaks the store's language unless asked otherwise.

    A view that `looks_again`, with `till_again` inside its block, is spared the look before it:
    a till that was looked at within the last minute is let in from memory.
    """

    def decorate(view: View[Params, Answer]) -> View[Params, Answer]:
        @wraps(view)
        def checked(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            auth.till(from_memory=looks_again)
            prefer_language(store_here().language)
            return view(*args, **kwargs)

        _note(checked, security=[{"tillKey": []}, {"tillCookie": []}])
        _note_refusals(checked, (*TILL_REFUSES, *ALWAYS, *refusals))
        return checked

    return decorate


def by_staff(
    *roles: str, refuses: tuple[Refusal, ...] = ()
) -> Callable[[View[Params, Answer]], View[Params, Answer]]:
    """Let only signed-in staff in who hold one of `roles` in some store."""

    def decorate(view: View[Params, Answer]) -> View[Params, Answer]:
        @wraps(view)
        def checked(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            auth.staff(*roles)
            return view(*args, **kwargs)

        _note(checked, security=[{"staffCookie": []}])
        _note_refusals(checked, (*STAFF_REFUSES, *ALWAYS, *refuses))
        return checked

    return decorate


def by_shopper(*refusals: Refusal) -> Callable[[View[Params, Answer]], View[Params, Answer]]:
    """Let only phones in that hold a card of the shop; calls behind it change nothing."""

    def decorate(view: View[Params, Answer]) -> View[Params, Answer]:
        @wraps(view)
        def checked(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            if auth.shopper() is None:
                raise auth.SignInNeededError
            return view(*args, **kwargs)

        _note(checked, security=[{"cardCookie": []}])
        _note_refusals(checked, (Refusal.SIGN_IN_NEEDED, *ALWAYS, *refusals))
        return checked

    return decorate


def by_integrator(
    scope: Scope, *refusals: Refusal
) -> Callable[[View[Params, Answer]], View[Params, Answer]]:
    """Let only programs in whose key was given `scope`."""

    def decorate(view: View[Params, Answer]) -> View[Params, Answer]:
        @wraps(view)
        def checked(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            integrator(scope)
            return view(*args, **kwargs)

        _note(checked, security=[{"integratorKey": []}])
        _note_refusals(checked, (*INTEGRATOR_REFUSES, *ALWAYS, *refusals))
        return checked

    return decorate


def by_anyone(*refusals: Refusal) -> Callable[[View[Params, Answer]], View[Params, Answer]]:
    """Let everybody in."""

    def decorate(view: View[Params, Answer]) -> View[Params, Answer]:
        _note(view, security=[])
        _note_refusals(view, (*ALWAYS, *refusals))
        return view

    return decorate


def store_here() -> StoreFacts:
    """Give the store of the till that asks."""
    auth.till()  # which sees its store in the same look
    store: StoreFacts | None = g.store_here
    assert store is not None, "a till stands in a store"
    return store


def till_again(session: Session) -> StoreFacts:
    """Make sure that the till which acts is still paired, and give its store as it is now."""
    store = auth.till_again(session)
    prefer_language(store.language)
    return store


def written(message: MessageOut, status: int = HTTPStatus.OK) -> Response:
    """Answer with a message, written by its schema at once and not taken apart before."""
    return Reply(message.model_dump_json(), status, mimetype="application/json")


def replayable(message: MessageOut, *, replayed: bool) -> Response:
    """Answer an act: 201 the first time; 200 and `Idempotency-Hit` for every repetition."""
    if not replayed:
        return written(message, HTTPStatus.CREATED)
    response = written(message)
    response.headers.update(REPLAYED)
    return response


def _note(view: Any, **facts: object) -> None:  # noqa: ANN401  APIFlask keeps its notes on the view
    if not hasattr(view, "_spec"):
        view._spec = {}  # noqa: SLF001
    view._spec.update(facts)  # noqa: SLF001


def _note_refusals(view: Any, refusals: tuple[Refusal, ...]) -> None:  # noqa: ANN401
    takes_body = "body" in getattr(view, "_spec", {})
    told = (*refusals, *(BODY_REFUSES if takes_body else ()))
    codes = sorted({str(code) for code in told})
    _note(view, extensions={REFUSES: codes})
