"""A history by the months of a store's calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from loyalty.journeys.history import HistoryRow


@dataclass(frozen=True, slots=True)
class HistoryMonth:
    """The rows of one month of the store's calendar, newest first, and their sum."""

    year: int
    month: int
    points: int
    rows: tuple[HistoryRow, ...]


def months_of(rows: Sequence[HistoryRow], *, time_zone: str) -> tuple[HistoryMonth, ...]:
    """Gather rows, newest first, into the months of a store's calendar."""
    zone = ZoneInfo(time_zone)

    def month(row: HistoryRow) -> tuple[int, int]:
        local = row.at.astimezone(zone)
        return local.year, local.month

    gathered = ((key, tuple(group)) for key, group in groupby(rows, key=month))
    return tuple(
        HistoryMonth(year, number, sum(row.points for row in group), group)
        for (year, number), group in gathered
    )
