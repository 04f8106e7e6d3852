"""A real server on this computer that speaks what Mastodon speaks, and serves web pages too.

OAuth with PKCE, whose token it is, public profiles, notifications, who favours a post; and it
can be slow, limit us, or answer something else. One person is signed in there at a time.
"""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

LOGIN = """<!doctype html><html lang="es"><meta charset="utf-8"><title>Permitir</title>
<main><h1>¿Dejas que {client} vea quién eres, {who}?</h1>
<form method="post" action="/oauth/authorize"><input type="hidden" name="back" value="{back}">
<button name="answer" value="yes">Permitir</button><button name="answer" value="no">Denegar</button>
</form></main></html>"""


@dataclass(slots=True)
class Person:
    """Somebody with an account on this server."""

    name: str
    number: str
    note: str = ""
    web: str = ""


@dataclass(slots=True)
class Fediverse:
    """What the server knows, and how it behaves."""

    base_url: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    signed_in: str = ""
    apps: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # who, challenge, client
    tokens: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    posts: dict[str, str] = field(default_factory=dict)
    favourites: dict[str, set[str]] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    trouble: int = 0  # a status to answer everything with
    asked: list[str] = field(default_factory=list)

    def add(self, name: str, *, note: str = "", web: str = "") -> Person:
        """Let somebody have an account."""
        person = Person(name, str(1000 + len(self.people)), note, web)
        self.people[name] = person
        return person

    def post(self, number: str, words: str) -> None:
        """Let the shop's account say something."""
        self.posts[number] = words

    def favour(self, who: str, number: str, *, at: datetime | None = None) -> None:
        """Let somebody like a post of the shop."""
        self.favourites.setdefault(number, set()).add(who)
        self._notify("favourite", who, self.status(number), at or datetime.now(UTC))

    def mention(self, who: str, words: str, *, at: datetime | None = None) -> None:
        """Let somebody name the shop in a post of their own."""
        number = str(9000 + len(self.notifications))
        said = self.status(number) | {"content": f"<p>{words}</p>"}
        self._notify("mention", who, said, at or datetime.now(UTC))

    def _notify(self, kind: str, who: str, status: dict[str, Any], at: datetime) -> None:
        self.notifications.append(
            {
                "id": str(5000 + len(self.notifications)),
                "type": kind,
                "created_at": at.isoformat().replace("+00:00", "Z"),
                "account": self.account(self.people[who]),
                "status": status,
            }
        )

    def answer(self, address: str, answer: str = "yes") -> str:
        """Say yes or no where somebody was sent to; give the path they are sent back to."""
        assert httpx.get(address).status_code == 200
        form = {"back": urlsplit(address).query, "answer": answer}
        sent = httpx.post(f"{self.base_url}/oauth/authorize", data=form)
        parts = urlsplit(sent.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def account(self, person: Person) -> dict[str, Any]:
        """Tell an account as the API does: a name without a host is of this server."""
        fields = [{"name": "web", "value": person.web}] if person.web else []
        return {
            "id": person.number,
            "username": person.name,
            "acct": person.name,
            "display_name": person.name.title(),
            "url": f"{self.base_url}/@{person.name}",
            "note": f"<p>{person.note}</p>",
            "fields": fields,
        }

    def status(self, number: str) -> dict[str, Any]:
        """Tell a post of the shop's."""
        return {
            "id": number,
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "url": f"{self.base_url}/@pan/{number}",
            "content": f"<p>{self.posts.get(number, '')}</p>",
        }

    def profile_page(self, person: Person) -> str:
        """Give a profile as a browser sees it."""
        link = f'<link rel="me" href="{person.web}">' if person.web else ""
        return f"<!doctype html><title>{person.name}</title>{link}<p>{person.note}</p>"


class _Handler(BaseHTTPRequestHandler):
    here: Fediverse
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.here.asked.append(f"GET {parts.path}")
        if self.here.trouble:
            self._json({"error": "trouble"}, status=self.here.trouble)
        elif parts.path == "/oauth/authorize":
            self._authorize(asked, parts.query)
        elif parts.path.startswith("/api/"):
            self._api(parts.path, asked)
        elif parts.path.removeprefix("/@") in self.here.people:
            self._html(self.here.profile_page(self.here.people[parts.path.removeprefix("/@")]))
        elif parts.path in self.here.pages:
            self._html(self.here.pages[parts.path])
        else:
            self._json({"error": "not found"}, status=404)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: v[0] for name, v in parse_qs(self.rfile.read(length).decode()).items()}
        self.here.asked.append(f"POST {self.path}")
        if self.here.trouble:
            self._json({"error": "trouble"}, status=self.here.trouble)
        elif self.path == "/api/v1/apps":
            client, secret = token_hex(8), token_hex(16)
            self.here.apps[client] = secret
            self._json({"client_id": client, "client_secret": secret})
        elif self.path == "/oauth/authorize":
            self._answered(form)
        elif self.path == "/oauth/token":
            self._token(form)
        elif self.path == "/oauth/revoke":
            self.here.tokens.pop(form.get("token", ""), None)
            self.here.revoked.append(form.get("token", ""))
            self._json({})
        else:
            self._json({"error": "not found"}, status=404)

    def _authorize(self, asked: dict[str, str], query: str) -> None:
        if asked.get("client_id") not in self.here.apps:
            self._json({"error": "invalid_client"}, status=401)
            return
        self._html(LOGIN.format(client="Enlaza", who=self.here.signed_in, back=_escaped(query)))

    def _answered(self, form: dict[str, str]) -> None:
        asked = {name: values[0] for name, values in parse_qs(form["back"]).items()}
        back = {"state": asked["state"]}
        if form.get("answer") == "yes":
            back["code"] = token_hex(8)
            self.here.codes[back["code"]] = (
                self.here.signed_in,
                asked["code_challenge"],
                asked["client_id"],
            )
        else:
            back["error"] = "access_denied"
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, form: dict[str, str]) -> None:
        who, challenge, client = self.here.codes.pop(form.get("code", ""), ("", "", ""))
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        is_right = (
            who
            and urlsafe_b64encode(digest).decode().rstrip("=") == challenge
            and form.get("client_id") == client
            and self.here.apps.get(client) == form.get("client_secret")
        )
        if not is_right:
            self._json({"error": "invalid_grant"}, status=400)
            return
        token = token_hex(16)
        self.here.tokens[token] = who
        self._json({"access_token": token, "token_type": "Bearer"})

    def _api(self, path: str, asked: dict[str, str]) -> None:
        who = self.here.tokens.get(
            (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        )
        steps = path.removeprefix("/api/v1/").split("/")
        if path == "/api/v1/accounts/lookup":
            found = self.here.people.get(asked.get("acct", ""))
            self._json(self.here.account(found) if found else {}, status=200 if found else 404)
        elif who is None:
            self._json({"error": "The access token was revoked"}, status=401)
        elif path == "/api/v1/accounts/verify_credentials":
            self._json(self.here.account(self.here.people[who]))
        elif path == "/api/v1/notifications":
            after = int(asked.get("min_id") or asked.get("since_id") or 0)
            rows = [row for row in self.here.notifications if int(row["id"]) > after]
            self._json(rows[::-1])
        elif steps[0] == "statuses" and steps[-1] == "favourited_by":
            names = sorted(self.here.favourites.get(steps[1], set()))
            self._json([self.here.account(self.here.people[name]) for name in names])
        elif steps[0] == "statuses" and steps[1] in self.here.posts:
            shop = self.here.account(self.here.people[who])
            self._json({**self.here.status(steps[1]), "account": shop})
        else:
            self._json({"error": "not found"}, status=404)

    def _html(self, text: str) -> None:
        self._send(200, "text/html; charset=utf-8", text.encode())

    def _json(self, told: object, *, status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(told).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")


@contextmanager
def fediverse() -> Iterator[Fediverse]:
    """Serve until the test is over."""
    here = Fediverse()
    handler = type("Handler", (_Handler,), {"here": here})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    here.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
