"""How moments are written between a till and the service."""

from datetime import UTC, datetime
from typing import Final

# Raised when a message changes so that an older till would misread it.
WIRE_VERSION: Final = 1


def moment_text(at: datetime) -> str:
    """Write a moment as RFC 3339 in UTC, to the microsecond where it has one."""
    assert at.tzinfo is not None, "a moment without a time zone was about to be sent"
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    """Read an RFC 3339 moment into aware UTC.

    Errors: `ValueError` when it is no moment or names no time zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = "a moment needs a time zone"
        raise ValueError(message)
    return at.astimezone(UTC)
