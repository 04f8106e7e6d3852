"""The till page itself: the service's own files, served from their copy at this counter."""

import html
import logging
import threading
import time
from http import HTTPStatus
from typing import Final

from loyalty.wire.refusals import Refusal
from loyalty.wire.shell import WORKER
from pos_plugin.agent import Agent
from pos_plugin.client import NoAnswerError
from pos_plugin.shell import Shell, ShellError
from pos_plugin.web import HTML, Answer, Request, refuse
from pos_plugin.words import LANGUAGES, say

log = logging.getLogger("enlaza_till.page")

REFRESH_EVERY_S: Final = 600.0
RETRY_S: Final = 15.0
FETCH_S: Final = 20.0
PICTURE_S: Final = 2.0
AWAY: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Enlaza</title></head>
<body><main><h1>{title}</h1><p>{detail}</p></main></body></html>
"""


class Page:
    """Serves the page and fetches a newer one while nobody waits for it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._shell = Shell(agent.home.shell)
        self._lock = threading.Lock()
        self._fetching = threading.Lock()
        self._next = 0.0

    def answer(self, request: Request) -> Answer:
        """Answer anything that is not the API."""
        if request.method not in {"GET", "HEAD"}:
            return refuse(Refusal.METHOD_NOT_ALLOWED, request.language)
        path = request.path
        if path == "/":
            return Answer(HTTPStatus.SEE_OTHER, kind=HTML, headers={"Location": "/till"})
        if path.startswith("/till/join/") and path.endswith(".svg"):
            return self._join_code(path, request.language)
        self._look_for_newer()
        language = request.language or self._agent.paired.store.get("language")
        language = language if language in LANGUAGES else LANGUAGES[0]
        if self._shell.release is None and path == "/till":
            self.fetch()
        release = self._shell.release
        if release is None:
            return self._away(language) if path == "/till" else refuse(Refusal.NOT_FOUND, language)
        address = f"/till/shell/{language}" if path == "/till" else path
        body = release.files.get(address)
        if body is None:
            return refuse(Refusal.NOT_FOUND, language)
        headers = {"Cache-Control": "no-cache"}
        if path == "/till":
            headers["Vary"] = "Accept-Language, Cookie"
        if path == WORKER:
            headers["Service-Worker-Allowed"] = "/till"
        return Answer(HTTPStatus.OK, body, release.media_type(address), headers)

    def fetch(self) -> bool:
        """Fetch the service's page now; False when it did not come whole."""
        try:
            with self._fetching:
                is_newer = self._shell.refresh(self._file)
            if is_newer:
                log.info("the till page was fetched anew")
        except (NoAnswerError, ShellError, OSError) as error:
            log.info("the till page was not fetched (%s)", error)
            return False
        return True

    def _look_for_newer(self) -> None:
        """Look beside the page's own traffic whether the service has a newer page."""
        with self._lock:
            now = time.monotonic()
            if now < self._next or self._agent.line.patience_s() == 0:
                return
            self._next = now + REFRESH_EVERY_S
        threading.Thread(target=self._fetch_aside, name="enlaza-page", daemon=True).start()

    def _fetch_aside(self) -> None:
        if not self.fetch():
            with self._lock:
                self._next = time.monotonic() + RETRY_S

    def _join_code(self, path: str, language: str | None) -> Answer:
        slug = path.removeprefix("/till/join/").removesuffix(".svg")
        fetch = self._picture if self._agent.line.patience_s() > 0 else None
        picture = self._shell.join_picture(slug, fetch)
        if picture is None:
            return refuse(Refusal.NOT_FOUND, language)
        return Answer(HTTPStatus.OK, picture, "image/svg+xml", {"Cache-Control": "no-cache"})

    def _file(self, address: str) -> bytes:
        return self._get(address, FETCH_S)

    def _picture(self, address: str) -> bytes:
        try:
            return self._get(address, PICTURE_S)
        except NoAnswerError as silence:
            raise ShellError(str(silence)) from silence

    def _get(self, address: str, timeout_s: float) -> bytes:
        raw = self._agent.service.fetch(address, timeout_s=timeout_s)
        if raw.status != HTTPStatus.OK:
            message = f"{address} was answered with {raw.status}"
            raise ShellError(message)
        return raw.data

    @staticmethod
    def _away(language: str) -> Answer:
        text = AWAY.format(
            language=language,
            title=html.escape(say(language, "away_title")),
            detail=html.escape(say(language, "away_detail")),
        )
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, text.encode(), HTML)
