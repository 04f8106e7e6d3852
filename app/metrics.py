"""Counts what the service does: by route, outcome and job, never by person, till or address.

Every label comes from a list of ours (routes, refusals, outcomes, jobs), so what a client sends
cannot make a new series. What is looked up when somebody asks stands in `app/gauges.py`.
"""

import re
from functools import lru_cache
from time import perf_counter
from typing import Final

from flask import Flask, Response, g
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from app.logs import log, method_of_request, route_of_request
from app.tally import tally
from loyalty.db.session import Database
from loyalty.wire.refusals import Refusal

ANSWERS: Final = Counter(
    "enlaza_answers", "Answers by route and status.", ["method", "route", "status"]
)
SECONDS: Final = Histogram(
    "enlaza_answer_seconds",
    "How long answers took.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
DATABASE_SECONDS: Final = Histogram(
    "enlaza_answer_database_seconds",
    "How much of an answer's time its statements took.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10),
)
SALES: Final = Counter("enlaza_sales", "Sales by what came of their code.", ["outcome"])
SCANS: Final = Counter("enlaza_scans", "Codes read at tills, by outcome.", ["outcome"])
REFUSALS: Final = Counter("enlaza_refusals", "Refusals by their code.", ["code"])
SLOW: Final = Counter("enlaza_slow_statements", "Statements slower than the threshold.")
STORAGE_FAILURES: Final = Counter(
    "enlaza_storage_failures", "Looks and acts that the database could not serve."
)
WAIT_SECONDS: Final = Histogram(
    "enlaza_write_wait_seconds",
    "How long an act waited for its turn to write, when it had to (SQLite).",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10),
)
COMMIT_SECONDS: Final = Histogram(
    "enlaza_commit_seconds",
    "How long commits took (SQLite).",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10),
)
COMMIT_ACTS: Final = Histogram(
    "enlaza_commit_acts", "Acts that shared a commit (SQLite).", buckets=(1, 2, 4, 8, 16, 32, 64)
)
JOBS: Final = Counter("enlaza_jobs", "Runs of the jobs, by what came of them.", ["job", "result"])
JOB_SECONDS: Final = Histogram(
    "enlaza_job_seconds",
    "How long jobs took.",
    ["job"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600),
)
STATEMENT_LENGTH_MAX: Final = 1000
SPACE: Final = re.compile(r"\s+")
REPLAYED: Final = "replayed"


class DatabaseWatch:
    """Counts the database's time; writes a line about what was slow and what did not work."""

    def __init__(self, slow_ms: int) -> None:
        self._slow_s = slow_ms / 1000

    def waited(self, seconds: float) -> None:
        """Count a wait for the turn to write."""
        WAIT_SECONDS.observe(seconds)

    def kept(self, acts: int, seconds: float) -> None:
        """Count a commit."""
        COMMIT_ACTS.observe(acts)
        COMMIT_SECONDS.observe(seconds)

    def ran(self, statement: str, seconds: float) -> None:
        """Count a statement; a slow one is told with its text, never with its values."""
        spent = tally()
        spent.statements += 1
        spent.seconds += seconds
        if not self._slow_s or seconds < self._slow_s:
            return
        SLOW.inc()
        text = SPACE.sub(" ", statement).strip()[:STATEMENT_LENGTH_MAX]
        log.warning("slow statement", ms=round(seconds * 1000), statement=text)

    def failed(self, why: str) -> None:
        """Count a failure of the storage and tell what is wrong: the act itself is sent again."""
        STORAGE_FAILURES.inc()
        log.error("storage unavailable", why=why)


def init_metrics(app: Flask, database: Database, *, slow_ms: int) -> None:
    """Count every answer, and what the database did for it."""
    database.watched_by(DatabaseWatch(slow_ms))

    @app.after_request
    def count(response: Response) -> Response:
        route, now = route_of_request(), perf_counter()
        answers, seconds, database_seconds = _series(
            method_of_request(), route, response.status_code
        )
        answers.inc()
        seconds.observe(now - g.get("started", now))
        database_seconds.observe(tally().seconds)
        return response


@lru_cache(maxsize=4096)
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram, Histogram]:
    """Find the series of an answer; to look them up by their labels costs more than to count."""
    return (
        ANSWERS.labels(method, route, status),
        SECONDS.labels(route),
        DATABASE_SECONDS.labels(route),
    )


@lru_cache(maxsize=64)
def _outcome(counter: Counter, outcome: str) -> Counter:
    return counter.labels(outcome)


def count_sale(outcome: str, *, replayed: bool) -> None:
    """Count a sale that was recorded, or one that was sent again."""
    _outcome(SALES, REPLAYED if replayed else outcome).inc()


def count_scan(outcome: str) -> None:
    """Count a code that was read."""
    _outcome(SCANS, outcome).inc()


def count_refusal(code: Refusal) -> None:
    """Count a refusal."""
    REFUSALS.labels(str(code)).inc()


def count_job(job: str, result: str, seconds: float) -> None:
    """Count a run of a job: done, postponed or failed."""
    JOBS.labels(job, result).inc()
    JOB_SECONDS.labels(job).observe(seconds)


def counters() -> bytes:
    """Give what was counted, by all processes that serve, in the form that Prometheus reads."""
    if values.ValueClass is values.MutexValue:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
