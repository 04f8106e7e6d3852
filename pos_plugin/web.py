"""What the gateway needs of the web: a request as it arrived, an answer as it leaves.

Every answer carries the headers that the service puts on the same page, so the page may do at the
counter exactly what it may do there. `tests/pos_plugin/test_gateway_headers.py` compares them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import parse_qs

from loyalty.wire.refusals import Refusal
from loyalty.wire.shell import WORKER
from pos_plugin.guard import cookie_of
from pos_plugin.words import LANGUAGES, problem_of

Json = dict[str, Any]
Environ = dict[str, Any]

BODY_BYTES_MAX: Final = 256 * 1024
JSON_TYPE: Final = "application/json"
PROBLEM_TYPE: Final = "application/problem+json"
HTML: Final = "text/html; charset=utf-8"

PAGE_POLICY: Final = (
    "default-src 'none'; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "media-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; frame-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; img-src 'self' data: blob:"
)
DATA_POLICY: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_CLOSED: Final = (
    "microphone=(), geolocation=(), payment=(), usb=(), midi=(), display-capture=(), "
    "browsing-topics=()"
)
FIXED: Final = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
)


class StartResponse(Protocol):
    """How WSGI wants to be told status and headers."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object:
        """Begin an answer."""


class RefusedHereError(Exception):
    """The agent itself says no."""

    def __init__(self, code: Refusal, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser asked."""

    environ: Environ

    @property
    def method(self) -> str:
        """The verb."""
        return str(self.environ.get("REQUEST_METHOD", ""))

    @property
    def path(self) -> str:
        """The address without host and question."""
        return str(self.environ.get("PATH_INFO", ""))

    @property
    def language(self) -> str | None:
        """The language that was chosen, else the first of ours that the browser names."""
        asked = parse_qs(str(self.environ.get("QUERY_STRING", ""))).get("lang", [""])[0]
        is_page = not self.path.startswith("/api/")
        chosen = (asked, cookie_of(self.environ, "lang")) if is_page else ()
        accepted = str(self.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        named = (part.strip()[:2].lower() for part in accepted.split(","))
        return next((each for each in (*chosen, *named) if each in LANGUAGES), None)

    def json(self) -> Json:
        """Read the message. Errors: `RefusedHereError` when it has another form."""
        kind = str(self.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        if kind != JSON_TYPE:
            raise RefusedHereError(Refusal.UNSUPPORTED_MEDIA_TYPE)
        length = str(self.environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            raise RefusedHereError(Refusal.BODY_TOO_LARGE)
        data = self.environ["wsgi.input"].read(int(length))
        try:
            told = json.loads(data, parse_constant=_no_number, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise RefusedHereError(Refusal.MALFORMED_REQUEST) from error
        if not isinstance(told, dict):
            raise RefusedHereError(Refusal.MALFORMED_REQUEST)
        return told


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int
    body: bytes = b""
    kind: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_json(body: Json, status: int = HTTPStatus.OK, **headers: str) -> Answer:
    """Answer with a message; names of `headers` have underscores for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(body).encode(), JSON_TYPE, named)


def answer_problem(problem: Json) -> Answer:
    """Answer with a refusal, ours or one the service gave."""
    status = problem.get("status")
    known = status if isinstance(status, int) and 400 <= status < 600 else 500  # noqa: PLR2004
    return Answer(known, json.dumps(problem).encode(), PROBLEM_TYPE)


def refuse(code: Refusal, language: str | None, **facts: object) -> Answer:
    """Answer with a refusal of the agent's own."""
    return answer_problem(problem_of(code, language or "es", **facts))


def send(answer: Answer, request: Request, start: StartResponse) -> Iterable[bytes]:
    """Give an answer to the web server, with the headers every answer has."""
    path = request.path
    is_page = answer.kind == HTML or path == WORKER
    camera = "camera=(self)" if path == "/till" or path.startswith("/till/") else "camera=()"
    headers = {
        "Content-Type": answer.kind,
        "Content-Length": str(len(answer.body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": PAGE_POLICY if is_page else DATA_POLICY,
        "Permissions-Policy": f"{camera}, {_CLOSED}",
        **dict(FIXED),
        **answer.headers,
    }
    if answer.status == HTTPStatus.NO_CONTENT:
        del headers["Content-Type"]
    status = HTTPStatus(answer.status)
    start(f"{status.value} {status.phrase}", list(headers.items()))
    return [] if request.method == "HEAD" else [answer.body]


def _no_number(_text: str) -> NoReturn:
    message = "no number"
    raise ValueError(message)


def _once(pairs: list[tuple[str, Any]]) -> Json:
    told = dict(pairs)
    if len(told) != len(pairs):
        message = "a name is given twice"
        raise ValueError(message)
    return told
