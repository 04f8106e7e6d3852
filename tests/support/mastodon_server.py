"""A server that speaks Mastodon's API on a port of this machine, with invented people.

OAuth with PKCE, notifications with paging, who favours a post, profiles, rate limit; and the
moods of servers out there: slow, busy, broken, lying.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any

from tests.support.mastodon_api import handler_of


@dataclass(slots=True)
class Person:
    """An account: of this server, or (with a host) of another one it knows."""

    number: str
    acct: str
    display_name: str
    base_url: str
    note: str = ""
    fields: list[dict[str, str]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Say it as the API does."""
        name = self.acct.partition("@")[0]
        return {
            "id": self.number,
            "username": name,
            "acct": self.acct,
            "display_name": self.display_name,
            "url": f"{self.base_url}/@{self.acct}",
            "note": self.note,
            "fields": self.fields,
            "followers_count": 12,
        }


@dataclass(slots=True)
class Post:
    """A status."""

    number: str
    author: Person
    content: str
    base_url: str
    in_reply_to: "Post | None" = None
    favoured_by: list[Person] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Say it as the API does."""
        above = self.in_reply_to
        return {
            "id": self.number,
            "created_at": "2026-05-04T08:00:00.000Z",
            "in_reply_to_id": above.number if above else None,
            "in_reply_to_account_id": above.author.number if above else None,
            "content": f"<p>{self.content}</p>",
            "url": f"{self.base_url}/@{self.author.acct}/{self.number}",
            "account": self.author.told(),
            "favourites_count": len(self.favoured_by),
        }


@dataclass(slots=True)
class Notification:
    """Something that was done with a post of ours."""

    number: str
    kind: str
    who: Person
    post: Post
    at: datetime

    def told(self) -> dict[str, Any]:
        """Say it as the API does."""
        return {
            "id": self.number,
            "type": self.kind,
            "created_at": self.at.isoformat().replace("+00:00", "Z"),
            "account": self.who.told(),
            "status": self.post.told(),
        }


@dataclass(slots=True)
class Mood:
    """How the server is today; a path stands for all that begin with it."""

    page_size: int = 80
    drips: set[str] = field(default_factory=set)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests_left: int | None = None


@dataclass(slots=True)
class MastodonServer:
    """The server, as a test holds it."""

    shop_name: str = "panaderia"
    port: int = 0
    people: dict[str, Person] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)
    apps: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    signed_in: str = ""
    mood: Mood = field(default_factory=Mood)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000_001))

    @property
    def base_url(self) -> str:
        """Say where it is."""
        return f"http://127.0.0.1:{self.port}"

    def number(self) -> str:
        """Give the next id: text, and past what a float can hold."""
        return f"11437{next(self.numbers):015d}"

    def person(self, acct: str, *, name: str = "", note: str = "") -> Person:
        """Give an account, a new one if nobody has that name."""
        with self.lock:
            if acct not in self.people:
                shown = name or acct.partition("@")[0].capitalize()
                self.people[acct] = Person(self.number(), acct, shown, self.base_url, note)
            return self.people[acct]

    def post(self, content: str, *, by: str = "", below: Post | None = None) -> Post:
        """Write a post, the shop's own unless somebody is named."""
        with self.lock:
            author = self.person(by or self.shop_name)
            made = Post(self.number(), author, content, self.base_url, below)
            self.posts[made.number] = made
            return made

    def token_of(self, acct: str) -> str:
        """Let an app in for somebody, without the way there."""
        token = token_urlsafe(24)
        self.person(acct)
        self.tokens[token] = acct
        return token

    def like(self, acct: str, post: Post, *, at: datetime | None = None) -> Notification:
        """Favour a post; its author is told."""
        with self.lock:
            who = self.person(acct)
            post.favoured_by.append(who)
            return self._notify("favourite", who, post, at)

    def unlike(self, acct: str, post: Post) -> None:
        """Take it back: the notification goes, and nobody is told."""
        with self.lock:
            who = self.person(acct)
            post.favoured_by.remove(who)
            self.notifications = [
                one
                for one in self.notifications
                if (one.kind, one.who, one.post) != ("favourite", who, post)
            ]

    def reply(self, acct: str, post: Post, content: str, *, at: datetime | None = None) -> Post:
        """Answer a post."""
        with self.lock:
            said = self.post(content, by=acct, below=post)
            self._notify("mention", said.author, said, at)
            return said

    def mention(self, acct: str, content: str, *, at: datetime | None = None) -> Post:
        """Name the shop in a post of one's own."""
        with self.lock:
            said = self.post(content, by=acct)
            self._notify("mention", said.author, said, at)
            return said

    def delete(self, post: Post) -> None:
        """Take a post away, and what was told of it."""
        with self.lock:
            del self.posts[post.number]
            self.notifications = [one for one in self.notifications if one.post is not post]

    def _notify(self, kind: str, who: Person, post: Post, at: datetime | None) -> Notification:
        told = Notification(self.number(), kind, who, post, at or datetime.now(UTC))
        self.notifications.append(told)
        return told


@contextmanager
def mastodon_server() -> Iterator[MastodonServer]:
    """Run a server with the shop's account on it."""
    server = MastodonServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(server))
    http.daemon_threads = True
    server.port = http.server_address[1]
    server.person(server.shop_name, name="Panadería")
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        http.shutdown()
        http.server_close()
        thread.join(10)
