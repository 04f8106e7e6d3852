"""What the postings of a block moved, by day, store, account and kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.points.seals.models import Rollup
from loyalty.points.seals.rules import Told

ROLLUP: Final = table_of(Rollup)
POINTS_UNIT: Final = "points"
# To the minute: zones change their offset on one.
_MINUTE: Final = len("2026-03-02 09:00")

Zones = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What a sum is of; day and store as texts, "" for what belongs to no store."""

    day: str
    store_id: str
    unit: str
    account: str
    kind: str


@dataclass(slots=True)
class Sums:
    """The sums of one block while its postings are read: points and acts of each group."""

    zones: Zones  # of each store, by its id as 32 hex digits
    found: dict[tuple[str, str, str, str, str], list[int]] = field(default_factory=dict)

    def add(self, posting: Told, entries: Sequence[Told], units: Mapping[str, str]) -> None:
        """Add one posting; `units` names the wallets that keep stamps and not points.

        Raises ValueError when its time cannot be read.
        """
        if not entries:
            return
        store = str(posting.get("store_id", ""))
        day = _day(str(posting["recorded_at"])[:_MINUTE], self.zones.get(store, "UTC"))
        unit = POINTS_UNIT
        if units:
            wallets = (str(entry.get("wallet_id")) for entry in entries)
            unit = next((units[wallet] for wallet in wallets if wallet in units), POINTS_UNIT)
        moved: dict[str, int] = {}
        for entry in entries:
            account, told = str(entry["account"]), entry["points"]
            points = told if isinstance(told, int) else int(str(told))
            moved[account] = moved.get(account, 0) + points
        kind = str(posting["kind"])
        for account, points in moved.items():
            group = (day, store, unit, account, kind)
            sums = self.found.get(group)
            if sums is None:
                sums = self.found[group] = [0, 0]
            sums[0] += points
            sums[1] += 1

    def rows(self) -> list[tuple[int, Group, int, int]]:
        """Number the sums: line, what of, points, acts."""
        return [
            (line, Group(*group), points, acts)
            for line, (group, (points, acts)) in enumerate(sorted(self.found.items()), 1)
        ]


@lru_cache(maxsize=4096)
def _day(minute: str, zone: str) -> str:
    moment = datetime.fromisoformat(minute).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


def rollup_rows(program_id: int, block: int, sums: Sums) -> list[dict[str, object]]:
    """Write the sums of a block as rows."""
    return [
        {
            "program_id": program_id,
            "block": block,
            "line": line,
            "day": date.fromisoformat(group.day),
            "store_id": UUID(group.store_id) if group.store_id else None,
            "unit": group.unit,
            "account": group.account,
            "kind": group.kind,
            "points": points,
            "acts": acts,
        }
        for line, group, points, acts in sums.rows()
    ]


@dataclass(frozen=True, slots=True)
class DayOfPoints:
    """What one kind of act did to one account on a day in a store, as far as it is sealed."""

    day: date
    store_id: UUID | None
    account: str
    kind: str
    points: int
    acts: int


def points_by_day(
    session: Session,
    program_id: int,
    *,
    since: date,
    until: date,
    store_ids: Sequence[UUID] | None = None,
) -> tuple[DayOfPoints, ...]:
    """Sum the points of each day from `since` to `until`, both included; by our clock.

    It reads sums, not entries, so a year costs as much as its days. The last minute is not in
    it yet. `store_ids` leaves the other stores out.
    """
    assert until - since < timedelta(days=3700), "ten years at most"
    kept = (
        ROLLUP.c.program_id == program_id,
        ROLLUP.c.day.between(since, until),
        ROLLUP.c.unit == POINTS_UNIT,
        *(() if store_ids is None else (ROLLUP.c.store_id.in_(store_ids),)),
    )
    group = (ROLLUP.c.day, ROLLUP.c.store_id, ROLLUP.c.account, ROLLUP.c.kind)
    rows = session.execute(
        select(*group, func.sum(ROLLUP.c.points), func.sum(ROLLUP.c.acts))
        .where(*kept)
        .group_by(*group)
        .order_by(*group)
    )
    return tuple(DayOfPoints(*row[:4], int(row[4]), int(row[5])) for row in rows)
