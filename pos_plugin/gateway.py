"""The till page and the till API on 127.0.0.1, answered by the service or from what the till knows.

`make_app(agent)` gives the WSGI application that `enlaza-till serve` runs. Whatever happens to the
line, a cashier gets an answer; what is confirmed goes through the agent's queue and nowhere else.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from loyalty.wire.refusals import Refusal
from pos_plugin.agent import Agent
from pos_plugin.client import RefusedError
from pos_plugin.counter import Counter
from pos_plugin.guard import is_own_page, is_script_of_ours
from pos_plugin.page import Page
from pos_plugin.queue_file import QueueError
from pos_plugin.shell import FILE_BYTES_MAX
from pos_plugin.web import (
    BODY_BYTES_MAX,
    Answer,
    Environ,
    RefusedHereError,
    Request,
    StartResponse,
    answer_problem,
    refuse,
    send,
)

log = logging.getLogger("enlaza_till.gateway")

API: Final = "/api/v1"
_ID: Final = r"([A-Za-z0-9][A-Za-z0-9:._-]{0,99})"

# For the web server: no body and no file of the page ever goes through a file on the disk, which
# may be full; and the headers of a proxy nobody put here are not believed.
SERVER_OPTIONS: Final[dict[str, Any]] = {
    "host": "127.0.0.1",
    "max_request_body_size": 2 * BODY_BYTES_MAX,
    "inbuf_overflow": 4 * BODY_BYTES_MAX,
    "outbuf_overflow": 2 * FILE_BYTES_MAX,
    "clear_untrusted_proxy_headers": True,
}

Handler = Callable[..., Answer]


def make_app(agent: Agent) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Make the application that serves one till's page and API."""
    gateway = Gateway(Counter(agent), Page(agent))

    def app(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return send(gateway.answer(request), request, start)

    return app


class Gateway:
    """Lets our own page in, finds who answers it, and turns every failure into an answer."""

    def __init__(self, counter: Counter, page: Page) -> None:
        self._page = page
        self._counter = counter
        # Method, address, and whether the token of this start is asked for.
        routes: tuple[tuple[str, str, Handler, bool], ...] = (
            ("GET", "/till/session", counter.session, False),
            ("DELETE", "/till/session", counter.unpair, True),
            ("POST", "/till/cashier", counter.sign_in, False),
            ("DELETE", "/till/cashier", counter.sign_out, False),
            ("GET", "/till/agent", counter.state, False),
            ("GET", "/time", counter.time, False),
            ("GET", "/till/trust", counter.trust, True),
            ("GET", f"/till/persons/{_ID}", counter.receipts.person, True),
            ("POST", "/till/claims", counter.receipts.claims, True),
            ("POST", f"/till/claims/{_ID}/mails", counter.receipts.mail, True),
            ("POST", "/scans", counter.scan, True),
            ("GET", "/till/orders", counter.handing.orders, True),
            ("POST", "/handoffs", counter.handing.hand_over, True),
            ("POST", "/holds", counter.redeeming.hold, True),
            ("POST", f"/holds/{_ID}/void", counter.redeeming.void, True),
            ("GET", f"/scans/{_ID}/points", counter.redeeming.why, True),
            ("POST", "/sales", counter.sell, True),
            ("POST", f"/sales/{_ID}/refunds", counter.refund, True),
            ("POST", f"/sales/{_ID}/reassignments", counter.reassign, True),
            ("GET", "/till/actions", counter.actions, True),
            ("GET", f"/till/actions/{_ID}", counter.goods_left, True),
            ("GET", f"/till/acts/{_ID}", counter.act, True),
            ("GET", "/till/queue", counter.unsent, True),
            ("POST", "/till/queue/export", counter.export, True),
            ("GET", "/till/aside", counter.aside, True),
            ("POST", f"/till/aside/{_ID}/dismiss", counter.dismiss, True),
            ("POST", "/till/damage/dismiss", counter.dismiss_damage, True),
        )
        self._routes = [
            (method, re.compile(API + path, re.ASCII), act, needs)
            for method, path, act, needs in routes
        ]

    def answer(self, request: Request) -> Answer:
        """Answer one request, whatever it is."""
        try:
            return self._let_in(request)
        except RefusedHereError as no:
            return refuse(no.code, request.language, **no.facts)
        except RefusedError as no:
            return answer_problem({**no.problem, "status": no.status})
        except QueueError as error:
            log.warning("the queue cannot be used (%s)", error)
            return refuse(Refusal.TILL_CANNOT_KEEP, request.language)
        except Exception:
            log.exception("a request failed")
            return refuse(Refusal.INTERNAL_ERROR, request.language)

    def _let_in(self, request: Request) -> Answer:
        if not is_own_page(request.environ):
            raise RefusedHereError(Refusal.FOREIGN_ORIGIN)
        if not request.path.startswith("/api/"):
            return self._page.answer(request)
        if not is_script_of_ours(request.environ):
            raise RefusedHereError(Refusal.FOREIGN_ORIGIN)
        return self._api(request)

    def _api(self, request: Request) -> Answer:
        is_known = False
        for method, path, act, needs_token in self._routes:
            match = path.fullmatch(request.path)
            if match is None:
                continue
            is_known = True
            if method == request.method:
                facts: tuple[Any, ...] = match.groups()
                if needs_token:
                    return act(request, self._counter.need_holder(request), *facts)
                return act(request, *facts)
        code = Refusal.METHOD_NOT_ALLOWED if is_known else Refusal.NOT_FOUND
        return refuse(code, request.language)
