"""Which live codes a phone gets, and how the time of a scan is judged; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from loyalty.codes.verdict import ScanTimes
from loyalty.wire.codes import (
    LIVE_BATCH,
    LIVE_SPACING,
    LIVE_WINDOW,
    CodeHeader,
    CodeKind,
    CodeOutcome,
    time_outcome,
)

# With fewer left than this a phone gets more, so it always has an hour without signal.
RENEW_BELOW: Final = 65
# The same card at the same till within this time is one gesture done twice.
DOUBLE_SCAN: Final = timedelta(seconds=60)


def missing_expiries(held: Sequence[datetime], *, at: datetime) -> tuple[datetime, ...]:
    """List the expiries a phone needs besides those it holds (all after `at`, in order).

    Nothing while enough are left; otherwise up to a whole batch, on from the last one held,
    so that no two codes of a card share an expiry and none is skipped. The first code of a
    phone that holds none is good from the second it is made.
    """
    if len(held) >= RENEW_BELOW:
        return ()
    if held:
        last = held[-1]
    else:
        last = at.astimezone(UTC).replace(microsecond=0) + LIVE_WINDOW - LIVE_SPACING
    return tuple(last + LIVE_SPACING * step for step in range(1, LIVE_BATCH - len(held) + 1))


def scan_time_outcome(header: CodeHeader, times: ScanTimes) -> CodeOutcome:
    """Judge a code by when it was scanned, however late the report of it arrives.

    A till that is not believed has its code judged on arrival. If it has expired by then, the
    scan may have been in time and waited in a queue: `time_unsure`, good for earning. If it is
    not valid yet, it cannot have been before either.
    """
    outcome = time_outcome(header, times.judged_at)
    if outcome is CodeOutcome.EXPIRED and not times.is_believed:
        return CodeOutcome.TIME_UNSURE
    return outcome


def time_facts(header: CodeHeader, outcome: CodeOutcome, judged_at: datetime) -> dict[str, int]:
    """Say how late or early a code was, for the words on the till. Unit: whole seconds."""
    if outcome is CodeOutcome.EXPIRED:
        return {"expired_ago_s": int((judged_at - header.moment).total_seconds())}
    if outcome is CodeOutcome.NOT_YET_VALID:
        assert header.kind is CodeKind.LIVE, "only live codes begin"
        starts_at = header.moment - LIVE_WINDOW
        return {"valid_in_s": int((starts_at - judged_at).total_seconds())}
    return {}


def is_double_scan(last_at: datetime | None, *, scanned_at: datetime) -> bool:
    """Say whether a card was just scanned at this till; forwards and back, for jumping clocks."""
    return last_at is not None and abs(scanned_at - last_at) < DOUBLE_SCAN
