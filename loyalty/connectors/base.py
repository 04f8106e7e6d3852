"""What every connector speaks: requests described, answers read, facts told. Pure.

A connector is one file beside this one, found by its name; it opens no socket and reads no
clock. `app/outbound.py` and its neighbors send what is described here.
"""

import importlib
import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import quote, urlsplit

import nh3

from loyalty.connectors.errors import NetworkTroubleError

NOT_CONNECTORS: Final = frozenset({"base", "errors", "mastodon_sign_in"})
ANSWER_BYTES_MAX: Final = 1_000_000
TEXT_LENGTH_MAX: Final = 500
URL_LENGTH_MAX: Final = 2000
WAIT_S_MAX: Final = 3600
_BREAKS: Final = re.compile(r"<(?:br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
_SPACES: Final = re.compile(r"\s+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class Action(StrEnum):
    """What somebody did with a post or a page."""

    LIKE = "like"
    REPOST = "repost"
    REPLY = "reply"
    MENTION = "mention"


class Change(StrEnum):
    """What became of it: it is there (new or with other words), or it is gone."""

    THERE = "there"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the network names them; `actor_id` is the one form that is compared."""

    actor_id: str
    name: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post of the shop's own: its first words, and where anybody can read it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class EngagementFact:
    """One thing a network says happened; ids are text, whatever they look like.

    `external_id` is the network's own id or is made of actor and target, so that the undoing
    names what it undoes. Without `actor` something is gone whoever did it: we looked ourselves.
    `at` is when it happened, none when the network does not say; then gone is gone for ever.
    `post` is the shop's own post it was done to, where the network tells it with the fact.
    """

    external_id: str
    change: Change
    action: Action | None
    target: str
    actor: Actor | None
    at: datetime | None = None
    text: str = ""
    url: str = ""
    post: OwnPost | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask a network; secrets stand in `headers` and `form` and are never logged."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    accepts: tuple[str, ...] = ("application/json",)
    bytes_max: int = ANSWER_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to keep in the inbox before it is read: `key` is unique in its connection."""

    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Polled:
    """A page of a poll: what to keep, where to go on, whether more waits, and how long to rest."""

    deliveries: tuple[Delivery, ...]
    cursor: str
    has_more: bool
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """What a connection is about: the network's server or the shop's pages, and who we are there.

    `hosts` are the hosts of the shop's own pages, for networks that write to us; `pages` are
    single pages of the shop's on hosts it shares.
    """

    base_url: str
    account_id: str = ""
    hosts: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AppKeys:
    """What a server gave when this service introduced itself to it."""

    client_id: str
    client_secret: str = field(repr=False)


class Connector(Protocol):
    """What one network's file offers as `CONNECTOR`."""

    @property
    def network(self) -> str:
        """The network's name: the file's."""

    def verify(self, content_type: str, body: bytes, place: Place) -> Delivery:
        """Check a delivery that somebody handed in; nothing of it is believed yet.

        Errors: `MentionInvalidError`, or another refusal of the network's own.
        """

    def parse(self, raw: bytes, place: Place) -> tuple[EngagementFact, ...]:
        """Read what the inbox kept.

        Errors: `NetworkTroubleError` ("not_understood").
        """


def connector_names() -> tuple[str, ...]:
    """List the networks that have a file here."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(one.name for one in found if one.name not in NOT_CONNECTORS))


@cache
def connector_of(network: str) -> Connector:
    """Find a network's connector by its file name."""
    if network not in connector_names():
        raise KeyError(network)
    module = importlib.import_module(f"loyalty.connectors.{network}")
    return cast("Connector", module.CONNECTOR)


def plain_text(html: str) -> str:
    """Reduce what strangers wrote to words: no tag, no script, no invisible letter, no end."""
    cleaned = nh3.clean(_BREAKS.sub(" \\g<0>", html[:20_000]), tags=set())
    return shortened(unescape(cleaned))


def shortened(text: str) -> str:
    """Put a text on one line and cut it where nobody reads on."""
    words = _SPACES.sub(" ", _CONTROL.sub("", text)).strip()
    return words if len(words) <= TEXT_LENGTH_MAX else words[: TEXT_LENGTH_MAX - 1] + "…"


def own_post(html: object, url: object) -> OwnPost:
    """Read which post of the shop's own a fact speaks of, as far as the network tells it."""
    return OwnPost(plain_text(str(html or "")), web_address(url))


def web_address(text: object) -> str:
    """Give an http or https address in its one form, "" for anything else.

    Host in lower-case ASCII, default port left out, no user in it, a path always there, other
    letters (`/jamón`) as bytes of UTF-8.
    """
    if not isinstance(text, str) or not 0 < len(text) <= URL_LENGTH_MAX:
        return ""
    if any(ord(letter) <= ord(" ") for letter in text) or "\\" in text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    host = ascii_host(parts.hostname or "")
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return ""
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    where = shown if port in {None, default} else f"{shown}:{port}"
    told = parts._replace(netloc=where, path=parts.path or "/").geturl()
    address = quote(told, safe=_ASCII, errors="replace")
    return address if len(address) <= URL_LENGTH_MAX else ""


def ascii_host(host: str) -> str:
    """Give a host in lower-case ASCII, as the name servers know it; "" when it cannot be one."""
    plain = host.rstrip(".").lower()
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def json_of(body: bytes) -> Any:  # noqa: ANN401  JSON is anything
    """Read JSON that a stranger sent; letters that no database holds are replaced.

    Errors: `NetworkTroubleError` ("not_understood") for anything else, also for JSON too deep.
    """
    try:
        told = json.loads(body.decode("utf-8", errors="replace"))
        # Half a letter, or none, can only be written with an escape.
        return _holdable(told) if b"\\u" in body else told
    except (ValueError, RecursionError) as error:
        raise NetworkTroubleError(reason="not_understood") from error


def _holdable(told: Any) -> Any:  # noqa: ANN401  JSON is anything
    if isinstance(told, str):
        return told.encode("utf-8", errors="replace").decode().replace("\0", "\ufffd")
    if isinstance(told, list):
        return [_holdable(each) for each in told]
    if isinstance(told, dict):
        return {_holdable(name): _holdable(value) for name, value in told.items()}
    return told


def moment_of(text: object) -> datetime | None:
    """Read a moment with a zone; none for what is no moment, or outside every calendar."""
    if not isinstance(text, str):
        return None
    try:
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def retry_after_s(answer: Answer) -> int:
    """Say how many seconds an answer asks us to wait: an hour at most, 0 when it asks nothing."""
    after = answer.headers.get("retry-after", "")
    return min(int(after[:9]), WAIT_S_MAX) if after.isascii() and after.isdigit() else 0


def id_order(number: str) -> tuple[int, str]:
    """Order ids that are numbers written as text, without ever making numbers of them."""
    return len(number), number


def object_of(told: object) -> dict[str, Any]:
    """Take an object of JSON, or say that the network is not understood."""
    if not isinstance(told, dict):
        raise NetworkTroubleError(reason="not_understood")
    return told


def list_of(told: object) -> list[Any]:
    """Take a list of JSON, or say that the network is not understood."""
    if not isinstance(told, list):
        raise NetworkTroubleError(reason="not_understood")
    return told


def id_of(told: object) -> str:
    """Take an id as text: some servers send numbers, some are past what a number can hold."""
    text = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise NetworkTroubleError(reason="not_understood")
    return text


def text_of(told: Mapping[str, Any], name: str) -> str:
    """Take a text that must be there."""
    text = told.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= 1000:  # noqa: PLR2004
        raise NetworkTroubleError(reason="not_understood")
    return text


def address_at(base_url: str, path: str) -> str:
    """Give the address of a path at a server."""
    return base_url.rstrip("/") + path


def bearer(token: str) -> dict[str, str]:
    """Carry a token."""
    return {"Authorization": f"Bearer {token}"}
