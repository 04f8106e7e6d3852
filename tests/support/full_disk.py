"""A disk without room, for one running program: its files cannot grow until there is room again."""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.running import Process
from tests.support.sizes import REQUIRE_ALL

NO_LIMIT: Final = resource.RLIM_INFINITY


@contextmanager
def full_disk(process: Process, *, size_bytes: int) -> Iterator[None]:
    """Let no file of a running program and its children grow beyond a size, inside the block.

    Linux lets the limit of a running program be changed, so that the program itself sees a disk
    that fills and that is emptied again, without being started anew.
    """
    if sys.platform != "linux":
        if REQUIRE_ALL:
            pytest.fail("a full disk must be tested here")
        pytest.skip("FULL DISK NOT TESTED: the limit of a running program cannot be changed here")
    _limit(process, size_bytes)
    try:
        yield
    finally:
        _limit(process, NO_LIMIT)


def _limit(process: Process, size_bytes: int) -> None:
    for pid in _members(process.pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, NO_LIMIT))


def _members(group: int) -> list[int]:
    """List the processes of a group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found
