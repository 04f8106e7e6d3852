"""The one source of time: everything that needs "now" is handed a clock."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time in aware UTC."""

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock; the only caller of `datetime.now` in the house."""

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""
        return datetime.now(UTC)
