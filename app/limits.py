"""The general limit of requests per client; what guards secrets counts in the database."""

import time
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, request
from limits import parse
from werkzeug.exceptions import TooManyRequests

from app.limit_counts import QuietCounts
from app.settings import Settings
from app.wiring import client_network

UNCOUNTED: Final = ("/static/", "/healthz", "/readyz", "/metrics")

# Calls that write without anybody being signed in.
TIGHTER: Final = {
    "visits.create_visit": "120 per minute",
    "tills.pair": "60 per minute",
    "store.shop": "600 per minute",
    "store.join": "60 per minute",
    "webmention.take": "120 per minute",
    "store.note": "30 per minute",
    "claim.claim": "60 per minute",
    "receipt.claim": "60 per minute",
    "shop.goods": "600 per minute",
    "shop.put": "240 per minute",
    "checkout.order": "60 per minute",
}
GENERAL: Final = "general"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds, and how the headers name it."""

    most: int
    window_s: int
    policy: str


@dataclass(frozen=True, slots=True)
class Told:
    """A limit as the headers of an answer tell it."""

    limit: Limit
    left: int
    over_at: float
    within: bool


def init_limits(app: Flask, settings: Settings) -> None:
    """Limit each client address and tell how much is left (`RateLimit` headers)."""
    if not settings.rate_limit:
        return
    general = _limit_of(settings.rate_limit)
    tighter = {endpoint: _limit_of(limit) for endpoint, limit in TIGHTER.items()}
    counts = QuietCounts()

    @app.before_request
    def hold_back() -> None:
        if request.path.startswith(UNCOUNTED):
            return
        client, endpoint = client_network(), request.endpoint or ""
        g.limit_told = told = _count(counts, general, (f"{GENERAL}:{endpoint}", client))
        if told.within and endpoint in tighter:
            tight = _count(counts, tighter[endpoint], (endpoint, client))
            told = told if tight.within else tight
        if not told.within:
            g.limit_told = told
            raise TooManyRequests

    app.after_request(_tell)


def _limit_of(text: str) -> Limit:
    """Read a limit as the settings write it, "600 per minute"."""
    told = parse(text)
    window_s = told.get_expiry()
    return Limit(told.amount, window_s, f'"general";q={told.amount};w={window_s}')


def _count(counts: QuietCounts, limit: Limit, key: tuple[str, str]) -> Told:
    counted, over_at = counts.count(key, window_s=limit.window_s)
    return Told(limit, max(0, limit.most - counted), over_at, counted <= limit.most)


def _tell(response: Response) -> Response:
    told: Told | None = g.get("limit_told")
    if told is not None:
        left_s = max(0, int(told.over_at) - int(time.time()))
        headers = response.headers
        headers.add("RateLimit-Policy", told.limit.policy)
        headers.add("RateLimit", f'"general";r={told.left};t={left_s}')
        if not told.within:
            # Not a minute from now, but when this minute is over.
            headers["Retry-After"] = str(max(1, left_s))
    return response
