"""Files of tests in memory where there is room: a test waits for no disk unless it is about one."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108  each test has a folder of its own there
ROOM_BYTES: Final = 2 * 1024**3


def work_in_memory() -> None:
    """Put temporary files into memory; whoever named a place for them gets that."""
    if {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"} & os.environ.keys() or not _has_room():
        return
    os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    tempfile.tempdir = None  # found out anew by whoever asks next


def _has_room() -> bool:
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return False
    return free > ROOM_BYTES and os.access(MEMORY, os.W_OK | os.X_OK)
