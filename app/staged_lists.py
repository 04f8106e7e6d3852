"""Keeps an uploaded list for the hour between its preview and its keeping; private and bounded.

A list lies in a folder of the service's home that nobody else may read, under an id that was
drawn for it, its program and its store. It is gone when it was kept, after an hour, or when
newer ones need the room.
"""

import os
import time
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

FOLDER: Final = "lists"
LIVES_S: Final = 60 * 60
PER_PROGRAM_MAX: Final = 5
ALL_MAX: Final = 40
KEPT: Final = ".kept"
LIST: Final = ".csv"


def stage_list(home: Path, program_id: int, store_id: UUID, data: bytes) -> UUID:
    """Put a list aside; gives the id it is asked for with."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_room(folder, program_id)
    list_id = uuid4()
    path = _path(home, program_id, store_id, list_id)
    half = path.with_suffix(".half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    half.replace(path)
    return list_id


def staged_list(home: Path, program_id: int, store_id: UUID, list_id: UUID) -> bytes | None:
    """Give a list that lies here for this store; None when it is gone."""
    path = _path(home, program_id, store_id, list_id)
    try:
        if _age_s(path) > LIVES_S:
            return None
        return path.read_bytes()
    except FileNotFoundError:
        return None


def end_list(home: Path, program_id: int, store_id: UUID, list_id: UUID) -> None:
    """Let a list go that was kept, and remember for a while that it was."""
    path = _path(home, program_id, store_id, list_id)
    path.with_suffix(KEPT).touch(mode=0o600)
    path.unlink(missing_ok=True)


def was_kept(home: Path, program_id: int, store_id: UUID, list_id: UUID) -> bool:
    """Say whether this list was kept lately."""
    return _path(home, program_id, store_id, list_id).with_suffix(KEPT).exists()


def _path(home: Path, program_id: int, store_id: UUID, list_id: UUID) -> Path:
    return home / FOLDER / f"{program_id}-{store_id.hex}-{list_id.hex}{LIST}"


def _make_room(folder: Path, program_id: int) -> None:
    """Remove what is too old, and the oldest where there are too many."""
    aged = sorted((_age_s(path), path) for path in folder.iterdir())
    for age, path in aged:
        if age > LIVES_S:
            path.unlink(missing_ok=True)
    lists = [path for age, path in aged if age <= LIVES_S and path.suffix == LIST]
    own = [path for path in lists if path.name.startswith(f"{program_id}-")]
    for path in {*own[PER_PROGRAM_MAX - 1 :], *lists[ALL_MAX - 1 :]}:
        path.unlink(missing_ok=True)


def _age_s(path: Path) -> float:
    # By the file system's own clock, as the file was written; another process may have removed it.
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
