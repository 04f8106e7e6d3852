"""The API of the loopback Mastodon server: one method for each address."""

import base64
import hashlib
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.web_pages import drip

if TYPE_CHECKING:
    from tests.support.mastodon_server import MastodonServer

JSON = "application/json; charset=utf-8"


def handler_of(server: "MastodonServer") -> type[BaseHTTPRequestHandler]:
    """Make what answers for one server."""

    class Handler(_Handler):
        mastodon = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    mastodon: "MastodonServer"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query) | parse_qs(body)
        self.query = parse_qs(parts.query)
        self.asked = {name: values[-1] for name, values in asked.items()}
        with self.mastodon.lock:
            self.mastodon.asked.append(f"{method} {self.path}")
        mood = self.mastodon.mood
        for path, (status, headers, told) in mood.answers.items():
            if parts.path.startswith(path):
                self._send(status, told, headers)
                return
        if any(parts.path.startswith(path) for path in mood.drips):
            drip(self, self.mastodon.over, JSON)
            return
        if mood.requests_left is not None:
            mood.requests_left -= 1
            if mood.requests_left < 0:
                self._tell({"error": "Too many requests"}, 429, {"Retry-After": "120"})
                return
        with self.mastodon.lock:
            self._route(method, parts.path.strip("/").split("/"))

    def _route(self, method: str, steps: list[str]) -> None:
        match method, *steps:
            case "POST", "api", "v1", "apps":
                self._register()
            case "GET", "oauth", "authorize":
                self._authorize()
            case "POST", "oauth", "token":
                self._token()
            case "POST", "oauth", "revoke":
                self._revoke()
            case "GET", "api", "v1", "accounts", "lookup":
                self._lookup()
            case "GET", name if name.startswith("@"):
                self._profile(name.removeprefix("@"))
            case "GET", "api", "v1", *rest:
                who = self._who()
                if who is None:
                    self._tell({"error": "The access token is invalid"}, 401)
                else:
                    self._of_somebody(who, rest)
            case _:
                self._tell({"error": "Record not found"}, 404)

    def _of_somebody(self, who: str, steps: list[str]) -> None:
        match steps:
            case ["accounts", "verify_credentials"]:
                self._tell(self.mastodon.people[who].told())
            case ["notifications"]:
                self._notifications()
            case ["statuses", number, *rest] if number in self.mastodon.posts:
                post = self.mastodon.posts[number]
                if rest == ["favourited_by"]:
                    self._page([one.told() for one in post.favoured_by])
                elif rest == ["context"]:
                    below = [one for one in self.mastodon.posts.values() if one.in_reply_to is post]
                    self._tell({"ancestors": [], "descendants": [one.told() for one in below]})
                else:
                    self._tell(post.told())
            case _:
                self._tell({"error": "Record not found"}, 404)

    # OAuth.

    def _register(self) -> None:
        number = self.mastodon.number()
        keys = {"client_id": f"app-{number}", "client_secret": f"secret-{number}"}
        self.mastodon.apps[keys["client_id"]] = keys | self.asked
        self._tell({"id": number, "name": self.asked["client_name"], **keys})

    def _authorize(self) -> None:
        """Stand for the person who is signed in at the server and says yes."""
        app = self.mastodon.apps.get(self.asked.get("client_id", ""))
        redirect_uri = self.asked.get("redirect_uri", "")
        is_known = app is not None and redirect_uri in app["redirect_uris"].split()
        if not is_known or not self.mastodon.signed_in:
            self._tell({"error": "invalid_request"}, 400)
            return
        assert app is not None
        if not set(self.asked["scope"].split()) <= set(app["scopes"].split()):
            self._tell({"error": "invalid_scope"}, 400)
            return
        code = f"code-{self.mastodon.number()}"
        self.mastodon.codes[code] = self.asked | {"who": self.mastodon.signed_in}
        back = urlencode({"code": code, "state": self.asked.get("state", "")})
        self._send(302, b"", {"Location": f"{redirect_uri}?{back}"})

    def _token(self) -> None:
        app = self.mastodon.apps.get(self.asked.get("client_id", ""))
        told = self.mastodon.codes.pop(self.asked.get("code", ""), None)
        if app is None or app["client_secret"] != self.asked.get("client_secret"):
            self._tell({"error": "invalid_client"}, 401)
            return
        digest = hashlib.sha256(self.asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if told is None or (
            told["code_challenge"] != challenge
            or told["code_challenge_method"] != "S256"
            or told["client_id"] != self.asked["client_id"]
            or told["redirect_uri"] != self.asked.get("redirect_uri")
        ):
            self._tell({"error": "invalid_grant"}, 400)
            return
        token = self.mastodon.token_of(told["who"])
        self._tell({"access_token": token, "token_type": "Bearer", "scope": told["scope"]})

    def _revoke(self) -> None:
        if self.asked.get("client_id") not in self.mastodon.apps:
            self._tell({"error": "unauthorized_client"}, 403)
            return
        self.mastodon.tokens.pop(self.asked.get("token", ""), None)
        self._tell({})

    def _who(self) -> str | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.mastodon.tokens.get(token)

    # What is to be read.

    def _lookup(self) -> None:
        person = self.mastodon.people.get(self.asked.get("acct", ""))
        if person is None:
            self._tell({"error": "Record not found"}, 404)
        else:
            self._tell(person.told())

    def _profile(self, acct: str) -> None:
        person = self.mastodon.people.get(acct)
        if person is None:
            self._send(404, b"", {"Content-Type": "text/html"})
            return
        rows = "".join(
            f'<dd><a rel="me nofollow" href="{each["value"]}">{each["value"]}</a></dd>'
            for each in person.fields
        )
        page = f"<!doctype html><title>{person.acct}</title><p>{person.note}</p><dl>{rows}</dl>"
        self._send(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _notifications(self) -> None:
        """List them newest first; `min_id` gives the oldest after it, as Mastodon does."""
        kinds = set(self.query.get("types[]", []))
        size = min(int(self.asked.get("limit", "40")), self.mastodon.mood.page_size)
        found = [one for one in self.mastodon.notifications if one.kind in kinds]
        after = self.asked.get("min_id")
        if after:
            later = [one for one in found if int(one.number) > int(after)]
            chosen = later[:size]
        else:
            chosen = found[-size:]
        self._tell([one.told() for one in reversed(chosen)])

    def _page(self, rows: list[dict[str, Any]]) -> None:
        """Give a page of a list, with the address of the next one in its Link header."""
        size = min(int(self.asked.get("limit", "40")), self.mastodon.mood.page_size)
        start = int(self.asked.get("max_id", "0"))
        headers = {}
        if start + size < len(rows):
            path = urlsplit(self.path).path
            rest = urlencode({"limit": size, "max_id": start + size})
            headers["Link"] = f'<{self.mastodon.base_url}{path}?{rest}>; rel="next"'
        self._tell(rows[start : start + size], headers=headers)

    def _tell(
        self, told: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        extra = {"Content-Type": JSON, **(headers or {})}
        self._send(status, json.dumps(told).encode(), extra)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
