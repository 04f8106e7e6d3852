"""How the machine stands that serves: room on its disk, the database, backups, keys, version."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.backups import BackupFacts, last_backup
from app.keyfiles import KeyFilesError, read_keys
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.db.sqlite import database_path
from loyalty.journeys.tools import Tools

MEBIBYTE: Final = 1024 * 1024
# Below this an owner should make room soon; below the second one sales are about to be refused.
ROOM_SMALL: Final = 2 * 1024 * MEBIBYTE
ROOM_NONE: Final = 256 * MEBIBYTE
BACKUP_OLD: Final = timedelta(hours=36)


class RoomState(StrEnum):
    """Whether there is room to keep what comes."""

    FINE = "fine"
    SMALL = "small"
    NONE = "none"


class BackupState(StrEnum):
    """Whether a loss of this machine would be a loss of the shop."""

    FINE = "fine"
    NOT_NEEDED = "not_needed"  # a demo
    NEVER = "never"
    OLD = "old"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class House:
    """The machine and what was put by.

    `database_bytes` counts the log beside a SQLite file; `room_bytes` is what is free where the
    keys and the SQLite file are. A PostgreSQL server has a disk of its own, which we cannot see.
    """

    database: str
    database_bytes: int
    room_bytes: int
    room: RoomState
    backup: BackupFacts | None
    backup_state: BackupState
    are_keys_well: bool
    version: str


def look_at_house(
    session: Session, settings: Settings, database: Database, *, tools: Tools
) -> House:
    """Look at the disk, the database, the last backup and the key files."""
    room = room_bytes(settings, database)
    backup = last_backup(settings.home)
    return House(
        database="SQLite" if database.is_sqlite else "PostgreSQL",
        database_bytes=database_bytes(session, database),
        room_bytes=room,
        room=judge_room(room),
        backup=backup,
        backup_state=judge_backup(backup, is_demo=settings.demo, at=tools.clock.now()),
        are_keys_well=_are_keys_well(settings, tools),
        version=own_version(),
    )


def room_bytes(settings: Settings, database: Database) -> int:
    """Say how much is free where the keys and the SQLite file are, whichever is less."""
    places = [settings.home]
    if database.is_sqlite:
        places.append(database_path(database.url).parent)
    return min(shutil.disk_usage(place if place.is_dir() else Path.cwd()).free for place in places)


def judge_room(free_bytes: int) -> RoomState:
    """Say whether there is room for what comes."""
    if free_bytes < ROOM_NONE:
        return RoomState.NONE
    return RoomState.SMALL if free_bytes < ROOM_SMALL else RoomState.FINE


def judge_backup(backup: BackupFacts | None, *, is_demo: bool, at: datetime) -> BackupState:
    """Say whether the last backup would do."""
    if backup is None:
        return BackupState.NOT_NEEDED if is_demo else BackupState.NEVER
    if at - backup.made_at > BACKUP_OLD:
        return BackupState.NOT_NEEDED if is_demo else BackupState.OLD
    return BackupState.FINE if backup.checked else BackupState.UNCHECKED


def own_version() -> str:
    """Say which version of Enlaza this is."""
    try:
        return version("enlaza")
    except PackageNotFoundError:
        return ""


def database_bytes(session: Session, database: Database) -> int:
    """Say how big the database is, with the log beside a SQLite file."""
    if not database.is_sqlite:
        return int(
            session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        )
    file = database_path(database.url)
    parts = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _are_keys_well(settings: Settings, tools: Tools) -> bool:
    """Read the key files again: what was right at the start may have been changed since."""
    try:
        return read_keys(settings.home) == tools.keys
    except KeyFilesError:
        return False
