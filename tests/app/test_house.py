"""How the machine stands: room, backups, keys."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.backups import BackupFacts, remember_backup
from app.house import BackupState, RoomState, judge_backup, judge_room, look_at_house
from app.keyfiles import create_keys
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.clock import MONDAY_MORNING, ManualClock

MIB = 1024 * 1024


def backup(*, hours_ago: float, checked: bool = True) -> BackupFacts:
    return BackupFacts(
        made_at=MONDAY_MORNING - timedelta(hours=hours_ago),
        path="somewhere",
        size_bytes=5 * MIB,
        encrypted=True,
        checked=checked,
        rows=12,
        seconds=0.4,
    )


@pytest.mark.parametrize(
    ("free_mib", "state"),
    [(100, RoomState.NONE), (300, RoomState.SMALL), (50_000, RoomState.FINE)],
)
def test_room_is_told_before_it_runs_out(free_mib: int, state: RoomState) -> None:
    assert judge_room(free_mib * MIB) is state


@pytest.mark.parametrize(
    ("found", "is_demo", "state"),
    [
        (None, False, BackupState.NEVER),
        (None, True, BackupState.NOT_NEEDED),
        (backup(hours_ago=20), False, BackupState.FINE),
        (backup(hours_ago=50), False, BackupState.OLD),
        (backup(hours_ago=2, checked=False), False, BackupState.UNCHECKED),
    ],
)
def test_a_backup_must_be_there_be_fresh_and_have_been_read_again(
    found: BackupFacts | None, *, is_demo: bool, state: BackupState
) -> None:
    assert judge_backup(found, is_demo=is_demo, at=MONDAY_MORNING) is state


def test_the_house_is_looked_at_as_it_is(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    keys = create_keys(tmp_path)
    tools = Tools(clock=clock, keys=keys)
    settings = Settings(home=tmp_path, demo=True)
    remember_backup(tmp_path, backup(hours_ago=3))
    with database.reading(7) as session:
        house = look_at_house(session, settings, database, tools=tools)
    assert house.database_bytes > 100_000
    assert house.room_bytes > 0
    assert house.are_keys_well
    assert house.backup == backup(hours_ago=3)
    assert house.version


def test_keys_that_others_may_read_are_told(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    tools = Tools(clock=clock, keys=create_keys(tmp_path))
    (tmp_path / "keys" / "master.key").chmod(0o644)
    with sqlite_database.reading(7) as session:
        house = look_at_house(
            session, Settings(home=tmp_path, demo=True), sqlite_database, tools=tools
        )
    assert not house.are_keys_well
