"""Who may speak to the agent: the page it serves itself, in a browser a cashier has opened.

Everything on this computer can reach 127.0.0.1, also a page of another site in the same browser
and a name somebody points here. So a request names our own host, comes from our own page, and
carries a token made at this start, which the PIN unlocks where the store has PINs.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

TOKEN_COOKIE: Final = "enlaza-till-start"  # noqa: S105 - its name
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
OWN_NAMES: Final = ("127.0.0.1", "localhost")
TOKENS_MAX: Final = 32
# As long as the service's own sign-in of a cashier.
TOKEN_S: Final = 16 * 3600.0
_DEFAULT_PORT: Final = 80
_COOKIE_CHARS_MAX: Final = 8192


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever unlocked the till: a cashier, or nobody in a store without PINs."""

    token: str
    staff_id: str | None
    given_at: float


def is_own_page(environ: Mapping[str, object]) -> bool:
    """Say whether a request names our own host and was sent by nobody but our own page.

    The port is the socket's; what the request says of itself is only compared with it.
    """
    host = str(environ.get("HTTP_HOST", "")).lower()
    if host not in _own_hosts(int(str(environ.get("SERVER_PORT") or 0))):
        return False
    method = str(environ.get("REQUEST_METHOD", ""))
    site = str(environ.get("HTTP_SEC_FETCH_SITE", ""))
    origin = environ.get("HTTP_ORIGIN")
    if method not in SAFE_METHODS:
        # A browser always says where an act comes from; what does not say so is not our page.
        return site in {"", "same-origin"} and str(origin).lower() == f"http://{host}"
    return site in {"", "same-origin", "none"} and (
        origin is None or str(origin).lower() == f"http://{host}"
    )


def is_script_of_ours(environ: Mapping[str, object]) -> bool:
    """Say whether the call has the mark that no form and no picture of another page can send."""
    return environ.get("HTTP_X_ENLAZA") == "1"


def cookie_of(environ: Mapping[str, object], name: str) -> str | None:
    """Read one cookie; a header that cannot be read has none."""
    text = str(environ.get("HTTP_COOKIE", ""))
    if len(text) > _COOKIE_CHARS_MAX:
        return None
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return None
    return found.value if found is not None else None


def token_cookie(environ: Mapping[str, object]) -> str:
    """Name the cookie of this agent: browsers give those of one port to all others of a host."""
    return f"{TOKEN_COOKIE}-{environ.get('SERVER_PORT')}"


class Tokens:
    """The tokens of this start of the agent, each with whom it was given to; never on disk."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._holders: dict[str, Holder] = {}
        self._lock = threading.Lock()

    def give(self, staff_id: str | None) -> Holder:
        """Make a token for a browser whose cashier typed the PIN, or where nobody has to."""
        holder = Holder(secrets.token_urlsafe(32), staff_id, self._steady())
        with self._lock:
            self._holders[holder.token] = holder
            while len(self._holders) > TOKENS_MAX:
                del self._holders[next(iter(self._holders))]
        return holder

    def holder(self, environ: Mapping[str, object]) -> Holder | None:
        """Find who holds the token a request carries."""
        token = cookie_of(environ, token_cookie(environ))
        with self._lock:
            found = self._holders.get(token) if token else None
        is_over = found is not None and self._steady() - found.given_at > TOKEN_S
        return None if is_over else found

    def take_back(self, holder: Holder) -> None:
        """End a token; giving it back twice changes nothing."""
        with self._lock:
            self._holders.pop(holder.token, None)


def _own_hosts(port: int) -> frozenset[str]:
    hosts = {f"{name}:{port}" for name in OWN_NAMES}
    if port == _DEFAULT_PORT:
        hosts.update(OWN_NAMES)
    return frozenset(hosts)
