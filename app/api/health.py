"""Is the service up, can it keep things, how is it doing: for whoever runs it."""

import hmac

from apiflask import APIBlueprint
from flask import Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from app.gauges import gauges
from app.metrics import counters
from app.problems import answer_problem
from app.settings import is_loopback
from app.wiring import client_address, services
from loyalty.db.session import NO_PROGRAM
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("health", __name__, enable_openapi=False)


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> dict[str, str]:
    """Say that the database answers; 503 when it does not."""
    with services().database.reading(NO_PROGRAM) as session:
        session.execute(text("SELECT 1 FROM program LIMIT 1"))
    return {"status": "ready"}


@bp.get("/metrics")
def metrics() -> Response:
    """Give the counters, to this computer or to the holder of the token.

    Behind a proxy everybody would look like this computer only if the number of hops were
    wrong; the token is the way for a collector elsewhere.
    """
    token = services().settings.metrics_token
    if token:
        asked = request.headers.get("Authorization", "")
        if not hmac.compare_digest(asked.encode(), f"Bearer {token}".encode()):
            return answer_problem(Refusal.SIGN_IN_NEEDED)
    elif not is_loopback(client_address()):
        abort(404)
    return Response(counters() + gauges(services()), content_type=CONTENT_TYPE_LATEST)
