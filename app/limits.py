"""The general limit of requests per client; what guards secrets counts in the database."""

import time
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from app.limit_counts import QuietMemory
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
class Told:
    """A limit as the headers of an answer tell it."""

    limit: RateLimitItem
    left: int
    over_at: float
    within: bool


def init_limits(app: Flask, settings: Settings) -> None:
    """Limit each client address and tell how much is left (`RateLimit` headers)."""
    if not settings.rate_limit:
        return
    general = parse(settings.rate_limit)
    tighter = {endpoint: parse(limit) for endpoint, limit in TIGHTER.items()}
    counts = FixedWindowRateLimiter(QuietMemory())

    @app.before_request
    def hold_back() -> None:
        if request.path.startswith(UNCOUNTED):
            return
        client, endpoint = client_network(), request.endpoint or ""
        g.limit_told = told = _count(counts, general, f"{GENERAL}:{endpoint}", client)
        if told.within and endpoint in tighter:
            tight = _count(counts, tighter[endpoint], endpoint, client)
            told = told if tight.within else tight
        if not told.within:
            g.limit_told = told
            raise TooManyRequests

    app.after_request(_tell)


def _count(counts: FixedWindowRateLimiter, limit: RateLimitItem, name: str, client: str) -> Told:
    within = counts.hit(limit, name, client)
    over_at, left = counts.get_window_stats(limit, name, client)
    return Told(limit, left, over_at, within)


def _tell(response: Response) -> Response:
    told: Told | None = g.get("limit_told")
    if told is not None:
        left_s = max(0, int(told.over_at) - int(time.time()))
        policy = f'"general";q={told.limit.amount};w={told.limit.get_expiry()}'
        response.headers["RateLimit-Policy"] = policy
        response.headers["RateLimit"] = f'"general";r={told.left};t={left_s}'
        if not told.within:
            # Not a minute from now, but when this minute is over.
            response.headers["Retry-After"] = str(max(1, left_s))
    return response
