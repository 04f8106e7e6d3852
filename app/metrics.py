"""Counts answers and how long they took, by route and never by person."""

from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

ANSWERS = Counter("enlaza_answers", "Answers by route and status.", ["method", "route", "status"])
SECONDS = Histogram(
    "enlaza_answer_seconds",
    "How long answers took.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def init_metrics(app: Flask) -> None:
    """Count every answer."""

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        ANSWERS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(route).observe(perf_counter() - g.get("started", perf_counter()))
        return response
