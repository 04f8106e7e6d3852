"""Webmention: a page says that it links to one of ours; the proof is the link in the page.

Source: w3.org/TR/webmention and the receiver tests of webmention.rocks. Who wrote is told by
the page's h-card, believed only as far as the author's address covers the page's own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from loyalty.connectors.base import (
    ANSWER_BYTES_MAX,
    Action,
    Actor,
    Answer,
    Change,
    Delivery,
    EngagementFact,
    Place,
    Request,
    json_of,
    moment_of,
    plain_text,
    retry_after_s,
    shortened,
    web_address,
)
from loyalty.connectors.errors import MentionInvalidError, NetworkTroubleError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

NETWORK: Final = "webmention"
FORM: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 10_000
TAGS_MAX: Final = 30_000
ITEMS_MAX: Final = 200
PAGES: Final = ("text/html", "application/xhtml+xml")
_ACTIONS: Final = (
    ("like-of", Action.LIKE),
    ("repost-of", Action.REPOST),
    ("in-reply-to", Action.REPLY),
)
_LINKS: Final = (("a", "href"), ("link", "href"), ("img", "src"), ("video", "src"))
_OK: Final = 200
_GONE: Final = frozenset({404, 410})
_BUSY: Final = 429


@dataclass(frozen=True, slots=True)
class Mention:
    """What a webmention says: this page links to that one of ours."""

    source: str
    target: str

    @property
    def external_id(self) -> str:
        """The same source and target are the same mention, told again when it changed."""
        return sha256(f"{self.source}\n{self.target}".encode()).hexdigest()


class Webmention:
    """The connector: takes the form a stranger posts; the page is read afterwards."""

    network = NETWORK

    def verify(self, content_type: str, body: bytes, place: Place) -> Delivery:
        """Check the form: two addresses, both of the web, not the same, the target ours.

        Errors: `MentionInvalidError`; the address may still lead nowhere.
        """
        return taken(read_form(content_type, body), place)

    def parse(self, raw: bytes, place: Place) -> tuple[EngagementFact, ...]:
        """Read a mention together with the page that was fetched for it; nothing without one."""
        told = json_of(raw)
        page = told.get("page")
        if page is None:
            return ()
        answer = Answer(
            page["status"], page["headers"], page["body"].encode("utf-8"), url=page["url"]
        )
        return (read_source(answer, Mention(told["source"], told["target"])),)


CONNECTOR: Final = Webmention()


def mention_of(raw: bytes) -> Mention:
    """Read which pages a kept delivery speaks of."""
    told = json_of(raw)
    return Mention(told["source"], told["target"])


def ask_source(mention: Mention) -> Request:
    """Describe the page to fetch: a stranger chose its address, so the fetcher is on guard."""
    headers = {"Accept": "text/html, application/xhtml+xml;q=0.9"}
    return Request("GET", mention.source, headers, accepts=PAGES, bytes_max=ANSWER_BYTES_MAX)


def read_source(answer: Answer, mention: Mention) -> EngagementFact:
    """Tell what a page says about ours now: liked, answered, mentioned, or not any more.

    Errors: `NetworkTroubleError` when the page cannot be read now, or not at all.
    """
    gone = EngagementFact(
        mention.external_id, Change.GONE, None, mention.target, None, url=mention.source
    )
    if answer.status in _GONE:
        return gone
    if answer.status == _BUSY or answer.status >= 500:  # noqa: PLR2004
        reason = "busy" if answer.status == _BUSY else "down"
        raise NetworkTroubleError(reason=reason, retry_after_s=retry_after_s(answer))
    if answer.status != _OK:
        raise NetworkTroubleError(reason="not_understood")
    page = _parsed(answer)
    base = _base_of(page, answer.url or mention.source)
    if not _links_to(page, base, mention.target):
        return gone
    entry = _entry_about(_mf2(page, base), mention.target)
    return EngagementFact(
        mention.external_id,
        Change.THERE,
        _action_of(entry, mention.target),
        mention.target,
        _author_of(entry, mention.source),
        moment_of(_first(entry, "published")),
        text=_words_of(entry),
        url=mention.source,
    )


def me_links(answer: Answer, *, url: str) -> frozenset[str]:
    """List the addresses a page calls its owner's, with `rel="me"`.

    Errors: `NetworkTroubleError`.
    """
    if answer.status != _OK:
        raise NetworkTroubleError(reason="not_understood")
    page = _parsed(answer)
    base = _base_of(page, answer.url or url)
    found = (
        web_address(urljoin(base, str(tag.get("href"))))
        for tag in page.find_all(["a", "link"], href=True)
        if "me" in {str(each).lower() for each in tag.get("rel") or []}
    )
    return frozenset(address for address in found if address)


def is_me_both_ways(
    page: str, links_of_page: frozenset[str], profile: str, links_of_profile: frozenset[str]
) -> bool:
    """Say whether a web page and a profile each call the other their owner's."""
    there = page_owner(profile) in {_same(each) for each in links_of_page}
    back = page_owner(page) in {_same(each) for each in links_of_profile}
    return there and back and page_owner(page) != page_owner(profile)


def page_owner(url: str) -> str:
    """Give the one form in which a person's web page is compared: scheme and default path away.

    What is asked of a page stays: `/?user=ana` and `/?user=eva` are two people's.
    """
    return _same(web_address(url))


def _same(address: str) -> str:
    parts = urlsplit(address)
    page = f"{parts.netloc.removeprefix('www.')}{parts.path}".rstrip("/")
    return f"{page}/?{parts.query}" if parts.query else page


def read_form(content_type: str, body: bytes) -> Mention:
    """Read what was posted: two addresses of the web, not of the same page.

    Errors: `MentionInvalidError`.
    """
    if content_type.partition(";")[0].strip().lower() != FORM or len(body) > FORM_BYTES_MAX:
        raise MentionInvalidError(reason="not_a_form")
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=20)
    except ValueError as error:
        raise MentionInvalidError(reason="not_a_form") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in {"source", "target"} and given.setdefault(name, value) != value:
            raise MentionInvalidError(reason="twice", field=name)
    for name in ("source", "target"):
        if not given.get(name):
            raise MentionInvalidError(reason="missing", field=name)
        if not web_address(given[name]):
            raise MentionInvalidError(reason="not_an_address", field=name)
    mention = Mention(web_address(given["source"]), web_address(given["target"]))
    if mention.source.partition("#")[0] == mention.target.partition("#")[0]:
        raise MentionInvalidError(reason="same_page")
    return mention


def taken(mention: Mention, place: Place) -> Delivery:
    """Take a mention of a page of the shop's own, to be kept.

    Errors: `MentionInvalidError` ("target_not_ours").
    """
    host = urlsplit(mention.target).hostname or ""
    page = mention.target.partition("#")[0].partition("?")[0]
    is_page = page.lower() in {each.lower() for each in place.pages}
    if host not in place.hosts and not is_page:
        raise MentionInvalidError(reason="target_not_ours")
    told = {"source": mention.source, "target": mention.target}
    return Delivery(mention.external_id, json.dumps(told).encode())


def with_page(raw: bytes, answer: Answer) -> bytes:
    """Put the fetched page into the kept delivery, so that it can be read again."""
    told = dict(json_of(raw))
    told["page"] = {
        "status": answer.status,
        "headers": {name: answer.headers.get(name, "") for name in ("content-type", "retry-after")},
        "body": answer.body.decode("utf-8", errors="replace"),
        "url": answer.url,
    }
    return json.dumps(told).encode()


def _parsed(answer: Answer) -> "BeautifulSoup":
    """Parse a page of a bounded size; one made to break a parser is not understood."""
    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    is_big = len(answer.body) > ANSWER_BYTES_MAX or answer.body.count(b"<") > TAGS_MAX
    if kind not in PAGES or is_big:
        raise NetworkTroubleError(reason="not_understood")
    from bs4 import BeautifulSoup  # noqa: PLC0415  read for a mention only
    from bs4.exceptions import ParserRejectedMarkup  # noqa: PLC0415

    try:
        return BeautifulSoup(answer.body, "html.parser")
    except (RecursionError, ParserRejectedMarkup, ValueError, AssertionError) as error:
        raise NetworkTroubleError(reason="not_understood") from error


def _mf2(page: "BeautifulSoup", base: str) -> list[Mapping[str, Any]]:
    import mf2py  # noqa: PLC0415  a tenth of each start otherwise

    try:
        told = mf2py.parse(doc=page, url=base, html_parser="html.parser")
    except Exception as error:
        raise NetworkTroubleError(reason="not_understood") from error
    items: list[Mapping[str, Any]] = told["items"]
    return items


def _base_of(page: "BeautifulSoup", url: str) -> str:
    tag = page.find("base", href=True)
    told = web_address(urljoin(url, str(tag.get("href")))) if tag else ""
    return told or url


def _links_to(page: "BeautifulSoup", base: str, target: str) -> bool:
    """Look for the exact address in what links; a comment or a text is no link."""
    for name, attribute in _LINKS:
        for tag in page.find_all(name):
            value = tag.get(attribute)
            if value and _joined(base, str(value)) == target:
                return True
    return False


def _joined(base: str, value: str) -> str:
    try:
        return web_address(urljoin(base, value.strip()))
    except ValueError:
        return ""


def _walk(items: object) -> Iterator[Mapping[str, Any]]:
    """Go through entries and what they hold, so many and not more."""
    waiting = list(items) if isinstance(items, list) else []
    for _ in range(ITEMS_MAX):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, dict):
            yield one
            waiting += one.get("children") or []


def _entry_about(items: list[Mapping[str, Any]], target: str) -> Mapping[str, Any]:
    """Find the entry that speaks of the target by name; else the page's first."""
    entries = [one for one in _walk(items) if "h-entry" in one.get("type", [])]
    for entry in entries:
        if any(target in _addresses(entry, name) for name, _ in _ACTIONS):
            return entry
    return entries[0] if entries else {}


def _action_of(entry: Mapping[str, Any], target: str) -> Action:
    for name, action in _ACTIONS:
        if target in _addresses(entry, name):
            return action
    return Action.MENTION


def _addresses(entry: Mapping[str, Any], name: str) -> set[str]:
    """List the addresses of a property; a cited page stands in it whole."""
    found: set[str] = set()
    for value in _values(entry, name):
        if isinstance(value, dict):
            found |= {web_address(each) for each in _values(value, "url")}
            found.add(web_address(value.get("value")))
        else:
            found.add(web_address(value))
    return found - {""}


def _author_of(entry: Mapping[str, Any], source: str) -> Actor:
    """Tell who wrote: the author's address if the page lies under it, else the page itself.

    On a host that many share nobody can speak for a neighbor, nor for another host.
    """
    card = _first(entry, "author")
    if isinstance(card, dict):
        name = plain_text(str(_first(card, "name") or card.get("value") or ""))
        for address in _addresses({"properties": {"author": [card]}}, "author"):
            if _covers(address, source):
                return Actor(page_owner(address), name[:80], address)
    elif isinstance(card, str) and _covers(web_address(card), source):
        return Actor(page_owner(card), url=web_address(card))
    return Actor(page_owner(source), url=source)


def _covers(author: str, source: str) -> bool:
    one, other = page_owner(author), page_owner(source)
    return bool(author) and (other == one or other.startswith(f"{one}/"))


def _words_of(entry: Mapping[str, Any]) -> str:
    content = _first(entry, "content")
    if isinstance(content, dict):
        return shortened(plain_text(str(content.get("html") or content.get("value") or "")))
    return plain_text(str(content or _first(entry, "name") or ""))


def _values(entry: Mapping[str, Any], name: str) -> list[Any]:
    values = (entry.get("properties") or {}).get(name) or []
    return values if isinstance(values, list) else []


def _first(entry: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  mf2 values are anything
    values = _values(entry, name)
    return values[0] if values else None
