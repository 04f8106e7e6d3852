"""A shopper's phone: opens the shop's page, taps once, and shows the codes of its card."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from app.replay.errors import ReplayError
from app.replay.line import Line
from loyalty.wire.codes import LIVE_WINDOW

CODES: Final = "/card/codes.json"


@dataclass(frozen=True, slots=True)
class ShownCode:
    """One code that the phone holds, and until when it may be shown."""

    text: str
    expires_at: datetime


@dataclass(slots=True)
class Phone:
    """A phone with a card; it keeps the codes of the next two hours, as the card's page does."""

    line: Line
    codes: tuple[ShownCode, ...] = field(default=())

    def code_at(self, at: datetime) -> str:
        """Give the code that the card's page shows at `at`; fetches codes when they run out."""
        if not self.codes or self.codes[-1].expires_at <= at:
            self.codes = self._fetch()
        begun = [one for one in self.codes if one.expires_at - LIVE_WINDOW <= at]
        # The newest that has begun; our clock may be some milliseconds behind the first one.
        return (begun[-1] if begun else self.codes[0]).text

    def _fetch(self) -> tuple[ShownCode, ...]:
        told = self.line.ask("GET", CODES, headers={"Accept": "application/json"}).document()
        self.line.close()  # a phone does not keep its line open between two visits
        codes = tuple(
            ShownCode(one["text"], datetime.fromtimestamp(one["expires"] / 1000, tz=UTC))
            for one in told.get("codes", ())
        )
        if not codes:
            message = "the card's page gave no codes"
            raise ReplayError(message)
        return codes


def join(base_url: str, path: str, *, stop: threading.Event, source: str) -> Phone:
    """Open the shop's page and tap "I want my card", as a shopper does.

    Errors: `ReplayError` when there is no such shop or no card came of it.
    """
    line = Line(base_url, stop=stop, source=source)
    page = line.ask("GET", path, headers={"Accept": "text/html"})
    form = _JoinForm()
    form.feed(page.content.decode("utf-8", "replace"))
    if page.status != HTTPStatus.OK or not form.action:
        message = f"{base_url}{path} is not the page of a shop that gives cards ({page.status})"
        raise ReplayError(message)
    answer = line.ask(
        "POST",
        form.action,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": base_url,
            "Referer": f"{base_url}{path}",
        },
        content=urlencode(form.fields).encode(),
        once=True,
    )
    if answer.status != HTTPStatus.SEE_OTHER:
        message = f"the tap on {path} gave no card ({answer.status})"
        raise ReplayError(message)
    return Phone(line)


class _JoinForm(HTMLParser):
    """Finds the form with the one button, and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form that joins, and each hidden field in it."""
        told = {name: text or "" for name, text in attrs}
        if tag == "form" and told.get("action", "").endswith("/join"):
            self.action, self._inside = told["action"], True
        elif tag == "input" and self._inside and told.get("type") == "hidden":
            self.fields[told["name"]] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        if tag == "form":
            self._inside = False
