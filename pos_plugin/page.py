"""The till page itself: the service's own files, served from their copy at this counter."""

import html
import threading
from http import HTTPStatus
from typing import Final

from loyalty.wire.refusals import Refusal
from loyalty.wire.shell import WORKER
from pos_plugin.agent import Agent
from pos_plugin.web import HTML, Answer, RefusedHereError, Request
from pos_plugin.words import LANGUAGES, say

AWAY: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Enlaza</title></head>
<body><main><h1>{title}</h1><p>{detail}</p></main></body></html>
"""


class Page:
    """Serves the page; the agent fetches a newer one between its other talks with the service."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._fetching = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer anything that is not the API."""
        if request.method not in {"GET", "HEAD"}:
            raise RefusedHereError(Refusal.METHOD_NOT_ALLOWED)
        path = request.path
        if path == "/":
            return Answer(HTTPStatus.SEE_OTHER, kind=HTML, headers={"Location": "/till"})
        if path.startswith("/till/join/") and path.endswith(".svg"):
            return self._join_code(path)
        return self._file(request, path)

    def _file(self, request: Request, path: str) -> Answer:
        told = request.language or self._agent.paired.store.get("language")
        language = told if told in LANGUAGES else LANGUAGES[0]
        if path == "/till":
            self._fetch_first()
        release = self._agent.shell.release
        if release is None and path == "/till":
            return _away(language)
        address = f"/till/shell/{language}" if path == "/till" else path
        body = release.files.get(address) if release is not None else None
        if release is None or body is None:
            raise RefusedHereError(Refusal.NOT_FOUND)
        headers = {"Cache-Control": "no-cache"}
        if path == "/till":
            headers["Vary"] = "Accept-Language, Cookie"
        if path == WORKER:
            headers["Service-Worker-Allowed"] = "/till"
        return Answer(HTTPStatus.OK, body, release.media_type(address), headers)

    def _fetch_first(self) -> None:
        """Fetch the page for whoever waits for it, when there is none at all."""
        with self._fetching:
            if self._agent.shell.release is None:
                self._agent.refresh_shell()

    def _join_code(self, path: str) -> Answer:
        slug = path.removeprefix("/till/join/").removesuffix(".svg")
        fetch = self._agent.fetch_page if self._agent.line.patience_s() > 0 else None
        picture = self._agent.shell.join_picture(slug, fetch)
        if picture is None:
            raise RefusedHereError(Refusal.NOT_FOUND)
        return Answer(HTTPStatus.OK, picture, "image/svg+xml", {"Cache-Control": "no-cache"})


def _away(language: str) -> Answer:
    text = AWAY.format(
        language=language,
        title=html.escape(say(language, "away_title")),
        detail=html.escape(say(language, "away_detail")),
    )
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, text.encode(), HTML)
