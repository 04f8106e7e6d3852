"""When a delivery that was not understood is tried again, and when it is set aside. Pure."""

from datetime import datetime, timedelta
from typing import Final

CLAIM: Final = timedelta(minutes=2)
CLAIM_SIZE: Final = 20
PROBLEM_LENGTH_MAX: Final = 200
RAW_LENGTH_MAX: Final = 1_500_000
# What is set aside is kept so long for somebody to look at, then forgotten too.
ASIDE_KEPT: Final = timedelta(days=7)
# Where the same again is news, what was read is soon of no use.
READ_KEPT: Final = timedelta(days=1)
# Elsewhere a key must be known for as long as a network may send the same again.
DONE_KEPT: Final = timedelta(days=90)
WAITS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)


def next_try_at(*, tries: int, at: datetime, wait_s: int = 0) -> datetime | None:
    """Say when to try again after `tries` failures; none when it is to be set aside."""
    assert tries >= 1, "nothing has failed yet"
    if tries > len(WAITS):
        return None
    return at + max(WAITS[tries - 1], timedelta(seconds=wait_s))
