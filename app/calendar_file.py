"""A pickup as a calendar file (RFC 5545): updated when it is moved, taken out when called off."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LINE_BYTES_MAX: Final = 75
REMIND: Final = "-PT30M"


@dataclass(frozen=True, slots=True)
class PickupEvent:
    """When and where something is collected; `turn` grows with each change of it."""

    uid: str
    turn: int
    is_canceled: bool
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    stamped_at: datetime
    title: str
    place: str
    text: str


def calendar_file(event: PickupEvent) -> bytes:
    """Write the file, in the store's zone as it is on that day."""
    zone = ZoneInfo(event.time_zone)
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Enlaza//Pickup//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if event.is_canceled else 'PUBLISH'}",
        *_zone(event.time_zone, starts),
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"SEQUENCE:{event.turn}",
        f"DTSTAMP:{event.stamped_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        _moment("DTSTART", event.time_zone, starts),
        _moment("DTEND", event.time_zone, ends),
        f"SUMMARY:{_text(event.title)}",
        f"LOCATION:{_text(event.place)}",
        f"DESCRIPTION:{_text(event.text)}",
        f"STATUS:{'CANCELLED' if event.is_canceled else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        *([] if event.is_canceled else _reminder(event.title)),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _zone(name: str, at: datetime) -> list[str]:
    """Describe the zone as it is at that moment: one observance is all that one event needs."""
    offset, is_summer = at.utcoffset() or timedelta(0), bool(at.dst())
    part = "DAYLIGHT" if is_summer else "STANDARD"
    return [
        "BEGIN:VTIMEZONE",
        f"TZID:{name}",
        f"BEGIN:{part}",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{_offset(offset)}",
        f"TZOFFSETTO:{_offset(offset)}",
        f"TZNAME:{at.tzname()}",
        f"END:{part}",
        "END:VTIMEZONE",
    ]


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{rest:02d}"


def _moment(name: str, zone: str, at: datetime) -> str:
    return f"{name};TZID={zone}:{at:%Y%m%dT%H%M%S}"


def _reminder(title: str) -> list[str]:
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(title)}",
        f"TRIGGER:{REMIND}",
        "END:VALARM",
    ]


def _text(text: str) -> str:
    """Write a text so that it cannot end its line or begin another property."""
    told = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(told.splitlines())


def _folded(line: str) -> bytes:
    """Break a line where the format wants it, never inside a letter."""
    parts: list[bytes] = []
    current = b""
    for sign in line:
        told = sign.encode()
        if len(current) + len(told) > LINE_BYTES_MAX:
            parts.append(current)
            current = b" "
        current += told
    return b"\r\n".join([*parts, current]) + b"\r\n"
