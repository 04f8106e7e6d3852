"""Calendar files: right instants in the store's zone, and no text that breaks out of its line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.calendar_file import LINE_BYTES_MAX, PickupEvent, calendar_file

EVENT = PickupEvent(
    uid="order@card.example",
    turn=0,
    is_canceled=False,
    starts_at=datetime(2026, 7, 1, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
    time_zone="Atlantic/Canary",
    stamped_at=datetime(2026, 6, 30, 9, 0, tzinfo=UTC),
    title="Recoger el pedido 0387",
    place="Horno La Artesa, Plaza del Trigo, 2",
    text="Pagas al recoger: 8,00 €",
)


def lines_of(event: PickupEvent) -> list[str]:
    told = calendar_file(event).decode().replace("\r\n ", "")
    return told.removesuffix("\r\n").split("\r\n")


def test_a_pickup_in_the_canary_islands_is_written_in_their_time() -> None:
    lines = lines_of(EVENT)
    assert "DTSTART;TZID=Atlantic/Canary:20260701T090000" in lines
    assert "TZOFFSETTO:+0100" in lines
    assert "BEGIN:DAYLIGHT" in lines


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    offsets = {
        line
        for at in (first, first + timedelta(hours=1))
        for line in lines_of(replace(EVENT, starts_at=at, time_zone="Europe/Madrid"))
        if line.startswith(("TZOFFSETTO", "DTSTART;"))
    }
    assert offsets == {
        "TZOFFSETTO:+0200",
        "TZOFFSETTO:+0100",
        "DTSTART;TZID=Europe/Madrid:20261025T023000",
    }


def test_no_text_breaks_out_of_its_line() -> None:
    wild = replace(EVENT, title="a\r\nEND:VEVENT\nb;c,d\\e", place="ñ" * 200)
    data = calendar_file(wild)
    assert all(len(line) <= LINE_BYTES_MAX for line in data.split(b"\r\n"))
    lines = lines_of(wild)
    assert lines.count("END:VEVENT") == 1
    assert "SUMMARY:a\\nEND:VEVENT\\nb\\;c\\,d\\\\e" in lines
    assert f"LOCATION:{'ñ' * 200}" in lines


def test_what_is_called_off_leaves_the_calendar_and_rings_no_more() -> None:
    lines = lines_of(replace(EVENT, is_canceled=True, turn=3))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3"} <= set(lines)
    assert "BEGIN:VALARM" not in lines
