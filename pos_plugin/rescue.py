"""Saves what is readable from a damaged queue file into a new queue.

Every act carries a digest of its own row, so a row found anywhere is either exactly what the
cashier confirmed or not believed. An act whose standing was lost waits again: sending it twice
with its id is harmless, forgetting it is not.
"""

import json
import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from pos_plugin.acts import ACT_FORMAT, digest_of
from pos_plugin.carve import Pages, Row, Value, read_frames, rows_in_file, rows_in_frames
from pos_plugin.queue_file import SIDES, Connect, Connection, copy_file, create_file, sync_path

ACT_COLUMNS: Final = 11
EVENT_COLUMNS: Final = 8
STATES: Final = frozenset({"waiting", "done", "aside", "dismissed"})


@dataclass(frozen=True, slots=True)
class FoundAct:
    """A believable row of `act`, as its columns stand."""

    number: int
    columns: tuple[Value, ...]
    frame: int

    @property
    def act_id(self) -> str:
        """The id of what was confirmed."""
        return str(self.columns[1])

    @property
    def place(self) -> str:
        """The program and store it was confirmed for."""
        return str(self.columns[4])


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """A readable row of `event`."""

    number: int
    act_id: str
    state: str
    answer: str | None
    problem: str | None
    ended_at: str | None
    dismissed_at: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a damaged file gave: acts in their order, how they stood, and the gaps.

    `lost` counts events whose act could not be read any more.
    """

    acts: tuple[FoundAct, ...]
    events: dict[str, FoundEvent]
    lost: int


def read_damaged(path: Path) -> Found:
    """Read all that can be believed in a file and its log."""
    frames = read_frames(_log_of(path))
    acts: dict[str, FoundAct] = {}
    events: dict[str, FoundEvent] = {}
    with _mapped(path) as file:
        # The log is newer than the file, and later frames are newer than earlier ones.
        for row in chain(rows_in_file(file, frames), rows_in_frames(file, frames)):
            if (act := believable_act(row)) is not None:
                acts.setdefault(act.act_id, act)
            elif (event := _event(row)) is not None:
                events[event.act_id] = event
    return _with(Found((), events, 0), tuple(acts.values()))


def committed_acts(path: Path) -> tuple[list[FoundAct], int]:
    """List the acts in the log of a queue, and the frame where its last but one commit lies.

    An act found behind that frame belongs to the last transaction, which a power cut may have
    torn: nobody was told that it was kept. One before it was acknowledged.
    """
    log = _log_of(path)
    if not log:
        return [], -1
    frames = read_frames(log)
    commits = [frame.index for frame in frames if frame.commits]
    found: dict[str, FoundAct] = {}
    with _mapped(path) as file:
        for row in rows_in_frames(file, frames):
            if len(row.values) == ACT_COLUMNS and str(row.values[2]) not in found:
                act = believable_act(row)
                if act is not None:
                    found[act.act_id] = act
    return list(found.values()), commits[-2] if len(commits) > 1 else -1


def believable_act(row: Row) -> FoundAct | None:
    """Take a row for an act only when its digest says that nothing in it changed."""
    values = row.values
    if len(values) != ACT_COLUMNS or values[1] != ACT_FORMAT:
        return None
    columns = values[1:-1]
    if not all(value is None or isinstance(value, str) for value in columns):
        return None
    if digest_of((row.rowid, *columns)) != values[-1]:
        return None
    return FoundAct(row.rowid, columns, row.frame)


def rescue_into(
    path: Path,
    aside: Path,
    *,
    connect: Connect,
    write: Callable[[Connection, Found], None],
    besides: Sequence[FoundAct] = (),
) -> Found:
    """Set a damaged file aside as a copy, and put a new queue with what was found in its place.

    `besides` are acts that were seen in its log before SQLite looked at it. Cut short at any
    point, the next start finishes it: the new queue is whole before the old one goes.
    Errors: `QueueFullError`, and the damaged file stays as it is.
    """
    copy_file(path, aside)
    found = _with(read_damaged(aside), besides)
    rescued = rescued_path(path)
    create_file(rescued, connect=connect, fill=lambda connection: write(connection, found))
    finish_rescue(path)
    return found


def rescued_path(path: Path) -> Path:
    """Name the new queue while the old one is still in its place."""
    return path.with_name(f"{path.name}.rescued")


def finish_rescue(path: Path) -> None:
    """Put a finished rescue in its place; the old log must go first, it would be read into it."""
    rescued = rescued_path(path)
    if not rescued.exists():
        return
    for side in SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)
    rescued.replace(path)
    sync_path(path.parent)


def _with(found: Found, besides: Sequence[FoundAct]) -> Found:
    acts = {act.act_id: act for act in (*besides, *found.acts)}
    ordered = sorted(acts.values(), key=lambda act: act.number)
    lost = sum(one.state == "waiting" for one in found.events.values() if one.act_id not in acts)
    return Found(tuple(ordered), found.events, lost)


@contextmanager
def _mapped(path: Path) -> Iterator[Pages]:
    if not path.exists() or not path.stat().st_size:
        yield b""
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def _log_of(path: Path) -> bytes:
    log = path.with_name(f"{path.name}-wal")
    return log.read_bytes() if log.exists() else b""


def _event(row: Row) -> FoundEvent | None:
    values = row.values
    if len(values) != EVENT_COLUMNS or values[3] not in STATES:
        return None
    _, act_id, _seq, state, answer, problem, ended_at, dismissed_at = values
    texts = (act_id, state, answer, problem, ended_at, dismissed_at)
    if not isinstance(act_id, str) or any(isinstance(one, int | bytes) for one in texts):
        return None
    if not (_is_json(answer) and _is_json(problem)):
        return None
    return FoundEvent(
        row.rowid,
        act_id,
        str(state),
        *(None if one is None else str(one) for one in (answer, problem, ended_at, dismissed_at)),
    )


def _is_json(value: Value) -> bool:
    if value is None:
        return True
    try:
        return isinstance(json.loads(str(value)), dict)
    except ValueError:
        return False
