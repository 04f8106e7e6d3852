"""The till's page: a static shell per language, its worker, and the store's join address as a code.

The shell and its modules speak only JSON to `/api/v1`; nothing here knows who asks.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from apiflask import APIBlueprint
from flask import Response, abort, make_response, send_file

from app.addresses import join_address
from app.language import LANGUAGES, select_language
from app.wiring import services
from loyalty.codes.render import qr_svg
from loyalty.wire.shell import LIST_PREFIX, WORKER, shell_version

STATIC: Final = Path(__file__).parents[1] / "static"
PAGES: Final = tuple(f"/till/shell/{language}" for language in LANGUAGES)
# What the shell needs to open without a line, as globs under app/static.
PARTS: Final = (
    "css/tokens.css",
    "till/*.css",
    "till/*.svg",
    "till/*.webmanifest",
    "till/js/**/*.js",
    "vendor/idb/*.js",
    "vendor/barcode-detector/*.js",
    "vendor/barcode-detector/*.wasm",
)

bp = APIBlueprint("till_page", __name__, enable_openapi=False)


@bp.get("/till")
def till_page() -> Response:
    """Show the till in the language this browser asks for."""
    response = _shell(select_language())
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


@bp.get("/till/shell/<language>")
def till_shell(language: str) -> Response:
    """Give one language's shell, for the worker to keep."""
    if language not in LANGUAGES:
        abort(404)
    return _shell(language)


@bp.get(WORKER)
def till_worker() -> Response:
    """Give the worker, led by the list of files it keeps and their common version."""
    facts = json.dumps({"version": current_version(), "files": [*PAGES, *shell_parts()]})
    body = (STATIC / "till" / "sw.js").read_text(encoding="utf-8")
    response = make_response(f"{LIST_PREFIX}{facts};\n{body}")
    response.mimetype = "text/javascript"
    response.headers["Service-Worker-Allowed"] = "/till"
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/till/join/<slug>.svg")
def till_join_code(slug: str) -> Response:
    """Draw the address where a shopper gets a card; it is public, so nobody has to ask who."""
    if not slug.replace("-", "").isalnum() or not slug.isascii() or len(slug) > 63:  # noqa: PLR2004
        abort(404)
    response = make_response(qr_svg(join_address(services().settings.base_url, slug).upper()))
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def shell_parts() -> list[str]:
    """List the addresses of every file the shell is made of."""
    found = sorted({path for part in PARTS for path in STATIC.glob(part)})
    return [f"/static/{path.relative_to(STATIC).as_posix()}" for path in found]


def current_version() -> str:
    """Name the state of all files of the shell; another byte is another version."""
    files = {part: STATIC / part.removeprefix("/static/") for part in shell_parts()}
    for page, language in zip(PAGES, LANGUAGES, strict=True):
        files[page] = STATIC / "till" / f"shell.{language}.html"
    files[WORKER] = STATIC / "till" / "sw.js"
    return _version_of(tuple((at, path, path.stat().st_mtime_ns) for at, path in files.items()))


@lru_cache(maxsize=4)
def _version_of(stamp: tuple[tuple[str, Path, int], ...]) -> str:
    return shell_version((address, path.read_bytes()) for address, path, _changed_ns in stamp)


def _shell(language: str) -> Response:
    response = make_response(send_file(STATIC / "till" / f"shell.{language}.html"))
    response.headers["Cache-Control"] = "no-cache"
    return response
