"""The general limit of requests per client; what guards secrets counts in the database."""

import time
from typing import Final

from flask import Flask, Response, request
from flask_limiter import Limiter

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
    "store.note": "30 per minute",
    "claim.claim": "60 per minute",
}


def init_limits(app: Flask, settings: Settings) -> Limiter:
    """Limit each client address and tell how much is left (`RateLimit` headers)."""
    limiter = Limiter(
        client_network,
        app=app,
        default_limits=[settings.rate_limit],
        storage_uri=f"{QuietMemory.STORAGE_SCHEME[0]}://",
        enabled=bool(settings.rate_limit),
    )

    @limiter.request_filter
    def uncounted() -> bool:
        return request.path.startswith(UNCOUNTED)

    @app.after_request
    def tell(response: Response) -> Response:
        limit = limiter.current_limit
        if limit is not None:
            window_s = limit.limit.get_expiry()
            left_s = max(0, limit.reset_at - int(time.time()))
            policy = f'"general";q={limit.limit.amount};w={window_s}'
            response.headers["RateLimit-Policy"] = policy
            response.headers["RateLimit"] = f'"general";r={limit.remaining};t={left_s}'
            if limit.breached:
                # Not a minute from now, but when this minute is over.
                response.headers["Retry-After"] = str(max(1, left_s))
        return response

    return limiter


def tighten(app: Flask, limiter: Limiter) -> None:
    """Put tighter limits on the calls that write for strangers."""
    for endpoint, limit in TIGHTER.items():
        limited = limiter.limit(limit, override_defaults=False)
        app.view_functions[endpoint] = limited(app.view_functions[endpoint])  # type: ignore[assignment]
