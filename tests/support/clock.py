"""A clock that tests set by hand."""

from datetime import UTC, datetime, timedelta

# A Monday morning in Spain, when the bakery is open.
MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class ManualClock:
    """Tells the time it was last given."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        assert start.tzinfo is not None, "a clock tells aware moments"
        self._now = start

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self._now

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, s: float = 0
    ) -> datetime:
        """Let time pass and return the new moment."""
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=s)
        return self._now

    def set(self, moment: datetime) -> datetime:
        """Jump to `moment`, forwards or back."""
        assert moment.tzinfo is not None, "a clock tells aware moments"
        self._now = moment
        return moment
