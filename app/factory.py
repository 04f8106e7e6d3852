"""Puts the service together; the only place that knows every blueprint."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Response, abort, render_template, request
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from app.api.openapi import init_openapi
from app.form_sessions import FormSessions
from app.headers import init_headers
from app.language import init_language
from app.limits import init_limits
from app.logs import init_request_log
from app.metrics import init_metrics
from app.problems import init_problems, known_refusal, make_problem
from app.replies import Reply
from app.schemas.base import ID_PATTERN
from app.settings import Settings
from app.strict_json import StrictJson
from app.wiring import EXTENSION, Services
from loyalty.kernel.ids import PROGRAM_ID_MAX
from loyalty.kernel.keys import secret_hash

PACKAGE: Final = Path(__file__).parent
BODY_BYTES_MAX: Final = 256 * 1024
STATIC_S: Final = 365 * 24 * 60 * 60
# Programs carry no form token; they prove themselves otherwise, or are believed nothing.
PROGRAMS: Final = ("app.api.", "app.hooks.")

# Every blueprint, one a line: the module that has it as `bp`.
BLUEPRINTS: Final[tuple[str, ...]] = (
    # What programs call.
    "app.api.tills",
    "app.api.scans",
    "app.api.sales",
    "app.api.holds",
    "app.api.corrections",
    "app.api.orders",
    "app.api.handoffs",
    "app.api.sync",
    "app.api.actions",
    "app.api.claims",
    "app.pages.till_short",
    "app.api.times",
    "app.api.persons",
    "app.api.settlements",
    "app.api.identity",
    "app.api.points",
    "app.api.feed",
    "app.api.visits",
    "app.api.embed",
    "app.api.docs",
    "app.api.health",
    "app.hooks.webmention",
    # The shopper's pages.
    "app.pages.store",
    "app.pages.shop",
    "app.pages.checkout",
    "app.pages.order",
    "app.pages.collect",
    "app.pages.card",
    "app.pages.points",
    "app.pages.card_settings",
    "app.pages.privacy",
    "app.pages.networks",
    "app.pages.save",
    "app.pages.claim",
    "app.pages.receipt",
    "app.pages.outbox",
    "app.pages.accent",
    # The till.
    "app.pages.till",
    # The owner's pages and the start page.
    "app.pages.admin_today",
    "app.pages.admin_people",
    "app.pages.admin_adjust",
    "app.pages.admin_people_acts",
    "app.pages.admin_reviews",
    "app.pages.admin_notes",
    "app.pages.admin_cards",
    "app.pages.admin_store",
    "app.pages.admin_points",
    "app.pages.admin_rewards",
    "app.pages.admin_tiers",
    "app.pages.admin_policy",
    "app.pages.admin_openings",
    "app.pages.admin_settlement",
    "app.pages.admin_watch",
    "app.pages.admin_products",
    "app.pages.admin_import",
    "app.pages.admin_orders",
    "app.pages.admin_pickup",
    "app.pages.admin_team",
    "app.pages.admin_health",
    "app.pages.admin_networks",
    "app.pages.print",
    "app.pages.sign_in",
    "app.pages.start",
)


class IdConverter(BaseConverter):
    """An id that others made, in an address: what `IdIn` allows in a message."""

    regex = ID_PATTERN.strip("^$")


class NumberConverter(IntegerConverter):
    """A number in an address that both databases can hold; a larger one is no address of ours."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=PROGRAM_ID_MAX)


class PersonConverter(BaseConverter):
    """The public id of a person, in an address."""

    regex = "[0-9a-f]{32}"


class Application(APIFlask):
    """The application; no view, hook or handler of it is asynchronous."""

    response_class = Reply

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Take a function as it is: Flask would look each of a request's up, every time."""
        return func


def create_app(services: Services) -> APIFlask:
    """Make the application of these services."""
    app = Application(
        "app",
        title="Enlaza",
        version="1",
        spec_path=None,
        docs_path=None,
        json_errors=False,
        root_path=str(PACKAGE),
        template_folder=str(template_folder()),
    )
    app.extensions[EXTENSION] = services
    _configure(app, services)
    app.json = StrictJson(app)
    app.session_interface = FormSessions()
    app.url_map.converters["int"] = NumberConverter
    app.url_map.converters["id"] = IdConverter
    app.url_map.converters["person"] = PersonConverter
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_request_log(app)
    init_headers(app)
    init_language(app)
    init_problems(app)
    init_limits(app, services.settings)
    init_metrics(app, services.database, slow_ms=services.settings.slow_statement_ms)
    init_openapi(app)
    _number_static_files(app)
    _register(app)
    hops = services.settings.proxy_hops or 0
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def template_folder() -> Path:
    """Find the templates: inside the installed package, else beside it in the repository."""
    packaged = PACKAGE / "templates"
    return packaged if packaged.is_dir() else PACKAGE.parent / "templates"


def trusted_hosts(settings: Settings) -> list[str]:
    """Say which `Host` names are ours, so that a rebound name reaches nothing."""
    public = urlsplit(settings.base_url).hostname or ""
    return sorted({public, settings.host, "localhost", "127.0.0.1", "[::1]"} - {"", "0.0.0.0"})  # noqa: S104


def _configure(app: APIFlask, services: Services) -> None:
    settings = services.settings
    # Form tokens are signed with secrets of their own, derived from those of the links.
    secrets = [secret_hash(f"form-session/{one}") for one in services.tools.keys.link_secrets]
    app.config.update(
        SECRET_KEY=secrets[-1],
        SECRET_KEY_FALLBACKS=secrets[:-1],
        TRUSTED_HOSTS=trusted_hosts(settings),
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        SESSION_COOKIE_NAME="__Host-enlaza-form" if settings.is_https else "enlaza-form",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A phone keeps its page open for days; the token lives as long as the browser's session.
        WTF_CSRF_TIME_LIMIT=None,
        # Pages under /Q/ send no referrer; the token and the cookie's SameSite hold without it.
        WTF_CSRF_SSL_STRICT=False,
    )


def _number_static_files(app: APIFlask) -> None:
    """Put the hash of a static file into its address, so that browsers may keep it for ever."""

    @lru_cache(maxsize=512)
    def digest(path: str, _changed_ns: int) -> str:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]

    @app.url_defaults
    def number(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static" or "v" in values:
            return
        path = PACKAGE / "static" / values["filename"]
        if path.is_file():
            values["v"] = digest(str(path), path.stat().st_mtime_ns)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={STATIC_S}, immutable"
        return response


def _register(app: APIFlask) -> None:
    csrf = CSRFProtect(app)
    for name in BLUEPRINTS:
        blueprint = import_module(name).bp
        app.register_blueprint(blueprint)
        if name.startswith(PROGRAMS):
            csrf.exempt(blueprint)

    @app.get("/problems/<code>")
    @app.doc(hide=True)
    def problem_page(code: str) -> str:
        """Say what a refusal means and what to do."""
        refusal = known_refusal(code)
        if refusal is None:
            abort(404)
        return render_template("problem.html", problem=make_problem(refusal))
