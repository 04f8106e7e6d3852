"""What the service says about itself: structured lines without people, codes or secrets."""

import json
import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from contextlib import nullcontext
from time import perf_counter
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, g, has_request_context, request

from app.settings import Settings
from app.tally import begin_tally, tally

# Whatever ends up in a line, by mistake or inside somebody's traceback, is blotted out here.
BLOTS = (
    (re.compile(r"[BCDEFGHIJKLNOPRSTUVX]{40,}", re.IGNORECASE), "[code]"),
    (re.compile(r"\b\d{1,10}\.[A-Za-z0-9_\-.]{16,}"), "[token]"),
    (re.compile(r"\b[A-Za-z0-9_\-]{40,}"), "[secret]"),
    (re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}"), "[mail]"),
    # What PostgreSQL adds to an error: the values of the row it refused.
    (re.compile(r"(Key \([^)\n]*\)=)\([^\n]*\)"), r"\1[values]"),
    (re.compile(r"(Failing row contains )\([^\n]*\)"), r"\1[values]"),
)
# A text shorter than the shortest token holds none of them without one of these signs.
TELLTALE_FROM = 18
TELLTALES = ("@", "(")
# What the service itself writes into every line.
OWN_WORDS = frozenset({"timestamp", "level", "logger", "request_id", "route", "method"})
QUIET_PATHS = ("/static/", "/healthz", "/readyz", "/metrics")
# Libraries that tell each step; ours say what matters. SQLAlchemy's would tell every value.
TALKATIVE = ("alembic", "huey", "huey.consumer", "sqlalchemy", "aiosmtpd", "asyncio", "PIL")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HANDLER: Final = logging.StreamHandler()
log = structlog.stdlib.get_logger("enlaza")


def blot(text: str) -> str:
    """Replace codes, tokens, long secrets and mail addresses in a text."""
    if len(text) < TELLTALE_FROM and not any(sign in text for sign in TELLTALES):
        return text
    for pattern, instead in BLOTS:
        text = pattern.sub(instead, text)
    return text


def _blot_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in OWN_WORDS:
            event[key] = blot(value)
    return event


def _json_line(event: MutableMapping[str, Any], **_options: object) -> str:
    try:
        return orjson.dumps(event, default=repr).decode()
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        return json.dumps(event, default=repr)


class _Lines:
    """Writes what is finished already, between the lines of the libraries."""

    def __init__(self, *_names: object) -> None:
        """Take the names a logger is asked for by; there is one."""

    def msg(self, line: str) -> None:
        with HANDLER.lock or nullcontext():
            HANDLER.stream.write(line + "\n")
            HANDLER.flush()

    debug = info = warning = error = critical = exception = msg


def configure_logs(settings: Settings) -> None:
    """Send every line of ours and of the libraries, blotted, to standard error.

    Ours are written at once. Through `logging`, as those of the libraries come, each would be
    taken apart and put together again: a tenth of what recording a sale takes.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=_json_line)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, _name_ourselves, _blot_event, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    HANDLER.setStream(sys.stderr)
    HANDLER.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.PositionalArgumentsFormatter(),
                _blot_event,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [HANDLER]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _name_request(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    if has_request_context():
        event["request_id"] = request_id()
        event["route"] = route_of_request()
    return event


def _name_ourselves(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["logger"] = "enlaza"
    return event


def request_id() -> str:
    """Give the id of this request; problems and log lines carry it."""
    made: str | None = g.get("request_id")
    if made is None:
        g.request_id = made = secrets.token_hex(16)
    return made


def route_of_request() -> str:
    """Name the rule of this request, not its path: /Q/<text> instead of somebody's card."""
    rule = request.url_rule
    return rule.rule if rule else "(none)"


def method_of_request() -> str:
    """Name the method of this request; a client may invent one, and it is not repeated."""
    method = request.method
    return method if method in METHODS else "(other)"


def init_request_log(app: Flask) -> None:
    """Give each request an id and write one line about its answer."""

    @app.before_request
    def start() -> None:
        g.started = perf_counter()
        begin_tally()

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers.add("X-Request-Id", request_id())
        if not request.path.startswith(QUIET_PATHS):
            spent, now = tally(), perf_counter()
            log.info(
                "answered",
                method=method_of_request(),
                status=response.status_code,
                ms=round((now - g.get("started", now)) * 1000),
                database_ms=round(spent.seconds * 1000),
                statements=spent.statements,
            )
        return response
