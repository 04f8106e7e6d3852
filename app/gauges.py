"""What is looked up when somebody asks for the metrics: queues, tills, jobs, backups, room.

Tills are counted, not named: a label for each would make a series for each.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from app.backups import last_backup
from app.house import database_bytes, own_version, room_bytes
from app.wiring import Services
from loyalty.db.leases import last_runs
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.tell_health import FAILED_SINCE
from loyalty.outbox.queries import outbox_facts
from loyalty.programs.queries import programs, tills_of
from loyalty.programs.queues import queue_of_each_till

# How long ago a till was heard of; each till counts once, in the first that holds.
HEARD: Final = {
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
LONGER: Final = "longer"


@dataclass(slots=True)
class _Sums:
    """What all programs of this server have together."""

    programs: int = 0
    mail_waiting: int = 0
    mail_oldest_at: datetime | None = None
    mail_failed: int = 0
    acts_waiting: int = 0
    acts_oldest_at: datetime | None = None
    acts_aside: int = 0
    acts_missing: int = 0
    heard: dict[str, int] = field(default_factory=lambda: dict.fromkeys([*HEARD, LONGER], 0))


class _Gauges(Collector):
    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """Look now, one short look a program."""
        now = self._parts.tools.clock.now()
        told = InfoMetricFamily("enlaza_build", "The version that runs.")
        told.add_metric([], {"version": own_version()})
        yield told
        yield from _sum_gauges(self._sums(now), now)
        yield from self._house_gauges()

    def _sums(self, now: datetime) -> _Sums:
        database = self._parts.database
        with database.reading(NO_PROGRAM) as session:
            known = programs(session)
        sums = _Sums(programs=len(known))
        for program in known:
            with database.reading(program.program_id) as session:
                mail = outbox_facts(session, program.program_id, failed_since=now - FAILED_SINCE)
                queues = queue_of_each_till(session, program.program_id)
                tills = [
                    till for till in tills_of(session, program.program_id) if not till.revoked_at
                ]
            sums.mail_waiting += mail.waiting
            sums.mail_failed += mail.failed
            sums.mail_oldest_at = _older(sums.mail_oldest_at, mail.oldest_at)
            heard = {till.till_id: till.last_seen_at for till in tills}
            for queue in queues.values():
                if queue.till_id not in heard:
                    continue
                heard[queue.till_id] = _newer(heard[queue.till_id], queue.last_contact_at)
                sums.acts_waiting += queue.waiting
                sums.acts_aside += queue.aside
                sums.acts_missing += queue.holes
                sums.acts_oldest_at = _older(sums.acts_oldest_at, queue.oldest_made_at)
            for at in heard.values():
                sums.heard[_heard_ago(at, now)] += 1
        return sums

    def _house_gauges(self) -> Iterator[Metric]:
        parts = self._parts
        with parts.database.reading(NO_PROGRAM) as session:
            runs = last_runs(session)
            size = database_bytes(session, parts.database)
        yield _gauge("enlaza_database_bytes", "Size of the database.", size)
        yield _gauge(
            "enlaza_room_bytes",
            "Free where the keys and the SQLite file are.",
            room_bytes(parts.settings, parts.database),
        )
        ran = GaugeMetricFamily(
            "enlaza_job_last_run_timestamp_seconds", "When a job was last done.", labels=["job"]
        )
        for job, at in sorted(runs.items()):
            ran.add_metric([job], at.timestamp())
        yield ran
        backup = last_backup(parts.settings.home)
        if backup is not None:
            yield _gauge(
                "enlaza_backup_timestamp_seconds",
                "When the last backup was made.",
                backup.made_at.timestamp(),
            )
            yield _gauge("enlaza_backup_checked", "Whether it was read again.", int(backup.checked))


def gauges(parts: Services) -> bytes:
    """Look up what is counted nowhere, in the form that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges(parts))
    return generate_latest(registry)


def _sum_gauges(sums: _Sums, now: datetime) -> Iterator[Metric]:
    yield _gauge("enlaza_programs", "Programs of this server.", sums.programs)
    yield _gauge("enlaza_outbox_waiting", "Mails not sent yet.", sums.mail_waiting)
    yield _gauge(
        "enlaza_outbox_oldest_seconds", "Age of the oldest.", _age(sums.mail_oldest_at, now)
    )
    yield _gauge("enlaza_outbox_failed", "Mails given up within a day.", sums.mail_failed)
    yield _gauge("enlaza_till_acts_waiting", "Acts in tills, not sent yet.", sums.acts_waiting)
    yield _gauge(
        "enlaza_till_acts_oldest_seconds", "Age of the oldest.", _age(sums.acts_oldest_at, now)
    )
    yield _gauge(
        "enlaza_till_acts_aside", "Acts set aside for a person to look at.", sums.acts_aside
    )
    yield _gauge("enlaza_till_acts_missing", "Acts overtaken by later ones.", sums.acts_missing)
    heard = GaugeMetricFamily(
        "enlaza_tills", "Paired tills by how long ago they were heard of.", labels=["heard"]
    )
    for name, count in sums.heard.items():
        heard.add_metric([name], count)
    yield heard


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=value)


def _heard_ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return LONGER
    return next((name for name, age in HEARD.items() if now - at <= age), LONGER)


def _age(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())


def _older(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at), default=None)


def _newer(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at), default=None)
