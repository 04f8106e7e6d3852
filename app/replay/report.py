"""Says what a replay did: counts, pace, latencies, and whether the books agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

from app.replay.run import Plan, Replayed
from loyalty.journeys.verify import Finding

SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Latency:
    """How long calls took, in milliseconds: nearest-rank percentiles of all of them."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay did.

    `findings` are the answers that did not add up at the tills; `differs` is what
    `enlaza verify` found in the program, None when it did not look.
    """

    program_id: int
    run: str
    members: int
    sales: int
    empty_sales: int
    lines: int
    sales_minor: int
    refunds: int
    refunded_minor: int
    points_earned: int
    points_taken: int
    scan_outcomes: dict[str, int]
    seconds: float
    sales_per_s: float
    waited_s: float
    resent: int
    scan: Latency
    sale: Latency
    findings: tuple[str, ...]
    differs: tuple[str, ...] | None

    @property
    def all_is_well(self) -> bool:
        """Say whether nothing was found at the tills and nothing in the program."""
        return not self.findings and not self.differs

    def document(self) -> dict[str, Any]:
        """Write it for programs."""
        return {**asdict(self), "all_is_well": self.all_is_well}


def latency(seconds: Sequence[float]) -> Latency:
    """Take the percentiles of what was measured; zeros when nothing was."""
    in_order = sorted(seconds) or [0.0]

    def at(percent: int) -> float:
        rank = max(1, ceil(len(in_order) * percent / 100))
        return round(in_order[rank - 1] * 1000, 2)

    return Latency(p50_ms=at(50), p95_ms=at(95), p99_ms=at(99), max_ms=at(100))


def make_report(
    plan: Plan, replayed: Replayed, *, program_id: int, verified: Sequence[Finding] | None
) -> Report:
    """Add everything up."""
    served = replayed.served
    refunds = [one.refunded for one in served if one.refunded is not None]
    return Report(
        program_id=program_id,
        run=plan.run,
        members=replayed.members,
        sales=len(served),
        empty_sales=sum(one.total_minor == 0 for one in served),
        lines=sum(one.lines for one in served),
        sales_minor=sum(one.total_minor for one in served),
        refunds=len(refunds),
        refunded_minor=sum(one.amount_minor for one in refunds),
        points_earned=sum(one.earned for one in served),
        points_taken=sum(one.taken for one in refunds),
        scan_outcomes=dict(sorted(Counter(one.scan_outcome for one in served).items())),
        seconds=round(replayed.seconds, 2),
        sales_per_s=round(len(served) / replayed.seconds, 1) if replayed.seconds else 0.0,
        waited_s=round(replayed.waited_s, 1),
        resent=replayed.resent,
        scan=latency([one.scan_s for one in served]),
        sale=latency([one.sale_s for one in served]),
        findings=tuple(finding for one in served for finding in one.findings),
        differs=None
        if verified is None
        else tuple(
            f"{one.invariant}: {one.subject}: stored {one.told}, recomputed {one.found}"
            for one in verified
        ),
    )


def report_text(report: Report, plan: Plan) -> str:
    """Write it for people."""
    tills = sum(len(each) for each in plan.tills.values())
    rows = [
        f"{report.members:,} members, {report.lines:,} lines, {report.refunds:,} refunds",
        f"{report.sales:,} sales, {report.empty_sales} of them of nothing",
        f"points: {report.points_earned:,} earned, {report.points_taken:,} taken back",
        f"{report.sales_per_s:,} sales/s for {report.seconds:,} s",
        f"{plan.workers} workers at {tills} tills",
        f"waited {report.waited_s:,} s because the service asked to; {report.resent} sent again",
        f"{'':6}{'p50':>11}{'p95':>11}{'p99':>11}{'most':>11}",
        *(_row(name, each) for name, each in (("scan", report.scan), ("sale", report.sale))),
        "scans: " + ", ".join(f"{name} {n:,}" for name, n in report.scan_outcomes.items()),
        _verdict("at the tills", report.findings),
        _verdict("in the program", report.differs)
        if report.differs is not None
        else f"not verified here; beside the data: enlaza verify --program {report.program_id}",
    ]
    return "\n".join(rows)


def _row(name: str, told: Latency) -> str:
    shown = (told.p50_ms, told.p95_ms, told.p99_ms, told.max_ms)
    return f"{name:6}" + "".join(f"{ms:>8.1f} ms" for ms in shown)


def _verdict(where: str, found: Sequence[str]) -> str:
    if not found:
        return f"{where}: all is well"
    return "\n".join([f"{where}: {len(found)} differ", *(f"  {one}" for one in found[:SHOWN_MAX])])
