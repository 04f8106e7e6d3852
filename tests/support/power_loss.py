"""What a disk may hold after the power went: images made from a log of changes to files.

See docs/decisions/0025-power-loss-on-paper.md. Durable is what was synced; of everything later
each change is there, or not, or torn at its 512-byte sectors, in any order. What a file was
extended over and never got holds whatever was on the disk before.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR: Final = 512


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes were written to a file."""

    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """A file was cut, or extended with zeros, to `size` bytes."""

    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What was written to a file before place `covers` of the log is durable."""

    inode: int
    covers: int


@dataclass(frozen=True, slots=True)
class Named:
    """A file was made."""

    name: str
    inode: int


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A file was deleted."""

    name: str


@dataclass(frozen=True, slots=True)
class NamesSynced:
    """The folder was synced: the names so far are durable."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody was told that `act` is kept."""

    act: str


Entry = Write | Cut | Synced | Named | Unnamed | NamesSynced | Acknowledged


@dataclass(slots=True)
class Log:
    """Everything that happened to the files of one folder, in order, and what they began with."""

    entries: list[Entry] = field(default_factory=list)
    begun: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    _inodes: int = 0

    @property
    def length(self) -> int:
        """How much has happened."""
        return len(self.entries)

    def new_inode(self) -> int:
        """Number a file."""
        self._inodes += 1
        return self._inodes

    def begin(self, name: str, data: bytes) -> int:
        """Tell what a file holds before the first entry."""
        inode = self.new_inode()
        self.begun[name] = (inode, data)
        return inode

    def add(self, entry: Entry) -> None:
        """Write down what happened."""
        self.entries.append(entry)

    def acknowledge(self, act: str) -> None:
        """Write down that somebody was told; what was told must never be lost."""
        self.entries.append(Acknowledged(act))

    def count(self, kind: type[Entry]) -> int:
        """Count the entries of a kind."""
        return sum(isinstance(entry, kind) for entry in self.entries)


class Disk:
    """The state of the disk at one place of the log, which only moves on."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.place = 0
        self.acknowledged: set[str] = set()
        self._durable = {inode: bytearray(data) for inode, data in log.begun.values()}
        self._pending: dict[int, list[tuple[int, Write | Cut]]] = {}
        self._names: dict[str, int | None] = {name: at[0] for name, at in log.begun.items()}
        self._pending_names: list[Named | Unnamed] = []

    def move_to(self, place: int) -> None:
        """Let everything before `place` happen."""
        assert self.place <= place <= self._log.length
        for at in range(self.place, place):
            self._happen(at, self._log.entries[at])
        self.place = place

    def _happen(self, at: int, entry: Entry) -> None:
        match entry:
            case Write() | Cut():
                self._pending.setdefault(entry.inode, []).append((at, entry))
            case Synced(inode, covers):
                waiting = self._pending.pop(inode, [])
                durable = self._durable.setdefault(inode, bytearray())
                for _, change in (one for one in waiting if one[0] < covers):
                    _apply(durable, change)
                self._pending[inode] = [one for one in waiting if one[0] >= covers]
            case Named() | Unnamed():
                self._pending_names.append(entry)
            case NamesSynced():
                self._names = _renamed(self._names, self._pending_names)
                self._pending_names = []
            case Acknowledged(act):
                self.acknowledged.add(act)

    def write_image(self, folder: Path, rng: random.Random) -> None:
        """Leave in `folder` one of the states the disk may be found in when the power is back."""
        for old in folder.iterdir():
            old.unlink()
        for name, inode in self._found_names(rng).items():
            if inode is not None:
                (folder / name).write_bytes(self._found_content(inode, rng))

    def _found_names(self, rng: random.Random) -> dict[str, int | None]:
        """Keep of each name's unsynced changes some first part."""
        kept: list[Named | Unnamed] = []
        for name in sorted({change.name for change in self._pending_names}):
            changes = [change for change in self._pending_names if change.name == name]
            kept += changes[: rng.randint(0, len(changes))]
        return _renamed(self._names, kept)

    def _found_content(self, inode: int, rng: random.Random) -> bytearray:
        found = bytearray(self._durable.get(inode, b""))
        changes = [change for _, change in self._pending.get(inode, ())]
        if not changes:
            return found
        # Sometimes all or nothing, mostly each for itself; the disk writes in its own order.
        chance = rng.choice((0.0, 0.1, 0.5, 0.5, 0.9, 1.0))
        if rng.random() < 1 / 2:
            rng.shuffle(changes)
        for change in changes:
            if isinstance(change, Cut):
                if rng.random() < chance:
                    _apply(found, change)
            elif rng.random() < 1 / 3:
                for sector in _sectors(change):
                    if rng.random() < chance:
                        _apply(found, sector, fill=rng)
            elif rng.random() < chance:
                _apply(found, change, fill=rng)
        return found


def _sectors(change: Write) -> Iterator[Write]:
    """Cut a write at the borders of the disk's sectors."""
    at, end = change.offset, change.offset + len(change.data)
    while at < end:
        upto = min(end, (at // SECTOR + 1) * SECTOR)
        yield Write(change.inode, at, change.data[at - change.offset : upto - change.offset])
        at = upto


def _apply(content: bytearray, change: Write | Cut, *, fill: random.Random | None = None) -> None:
    """Make a change; with `fill`, a gap holds zeros or what was on the disk before."""
    if isinstance(change, Cut):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    gap = change.offset - len(content)
    if gap > 0:
        is_stale = fill is not None and fill.random() < 1 / 2
        content.extend(fill.randbytes(gap) if is_stale and fill is not None else bytes(gap))
    content[change.offset : change.offset + len(change.data)] = change.data


def _renamed(names: dict[str, int | None], changes: list[Named | Unnamed]) -> dict[str, int | None]:
    renamed = dict(names)
    for change in changes:
        renamed[change.name] = change.inode if isinstance(change, Named) else None
    return renamed


def cuts(log: Log, count: int, rng: random.Random) -> Iterator[Disk]:
    """Cut the power `count` times: half anywhere, half where the main file was being changed."""
    main = {inode for name, inode in _all_names(log) if not name.endswith(("-wal", "-journal"))}
    hot = [
        at + rng.randint(0, 1)
        for at, entry in enumerate(log.entries)
        if isinstance(entry, Write | Cut | Synced | Named | Unnamed) and entry_inode(entry) in main
    ]
    anywhere = [rng.randint(0, log.length) for _ in range(count - count // 2 if hot else count)]
    places = anywhere + [rng.choice(hot) for _ in range(count - len(anywhere))]
    disk = Disk(log)
    for place in sorted(places):
        disk.move_to(place)
        yield disk


def entry_inode(entry: Entry) -> int | None:
    """Say which file an entry is about."""
    return None if isinstance(entry, Unnamed | NamesSynced | Acknowledged) else entry.inode


def _all_names(log: Log) -> Iterator[tuple[str, int]]:
    for name, (inode, _) in log.begun.items():
        yield name, inode
    for entry in log.entries:
        if isinstance(entry, Named):
            yield entry.name, entry.inode
