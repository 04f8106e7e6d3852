"""Reads rows out of the raw pages of a SQLite file, for when SQLite itself will not.

A table's rows lie in leaf pages that can be read one by one, whatever happened to the header,
to other pages or to the chain of the write-ahead log. What is found is only believed when its
own digest says so; that is the caller's part. Layout: https://www.sqlite.org/fileformat.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Final

from pos_plugin.queue_file import PAGE_BYTES

Value = int | str | bytes | None
Pages = bytes | mmap

_FILE_HEADER: Final = 100
_LEAF: Final = 0x0D
_LEAF_HEADER: Final = 8
_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_LOCAL_MAX: Final = PAGE_BYTES - 35
_LOCAL_MIN: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
_CHAIN_MAX: Final = 1_000  # pages of one row; ours are far below
_INT_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_TEXT_FROM: Final = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as the write-ahead log holds it; `commits` says that it ends a transaction."""

    index: int
    page: int
    commits: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was found, and the frame it came from (-1: the file itself)."""

    rowid: int
    values: tuple[Value, ...]
    frame: int


class _UnreadableError(Exception):
    pass


def read_frames(log: bytes) -> list[Frame]:
    """List what a write-ahead log holds up to the last commit of its latest round.

    The chain of checksums is not asked: a frame behind a damaged one still counts here. A log
    whose header is gone gives all its frames.
    """
    salts = log[16:24]
    told = log[:3] == b"\x37\x7f\x06"
    frames: list[Frame] = []
    last_commit = 0
    for index, at in enumerate(
        range(_WAL_HEADER, len(log) - PAGE_BYTES - _FRAME_HEADER + 1, PAGE_BYTES + _FRAME_HEADER)
    ):
        head = log[at : at + _FRAME_HEADER]
        if told and head[8:16] != salts:
            continue
        data = log[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE_BYTES]
        commits = head[4:8] != bytes(4)
        frames.append(Frame(index, int.from_bytes(head[:4], "big"), commits, data))
        if commits:
            last_commit = len(frames)
    return frames[:last_commit] if told else frames


def rows_in_frames(file: Pages, frames: list[Frame]) -> Iterator[Row]:
    """Find every row in the frames of a log, oldest first."""
    overlay = {frame.page: frame.data for frame in frames}
    for frame in frames:
        start = _FILE_HEADER if frame.page == 1 else 0
        yield from _rows_of(frame.data, start, file, overlay, frame=frame.index)


def rows_in_file(file: Pages, frames: list[Frame]) -> Iterator[Row]:
    """Find every row in the pages of a file, whatever its header says."""
    overlay = {frame.page: frame.data for frame in frames}
    for number in range(1, len(file) // PAGE_BYTES + 1):
        data = file[(number - 1) * PAGE_BYTES : number * PAGE_BYTES]
        yield from _rows_of(data, _FILE_HEADER if number == 1 else 0, file, overlay, frame=-1)


def _rows_of(
    page: bytes, start: int, file: Pages, overlay: Mapping[int, bytes], *, frame: int
) -> Iterator[Row]:
    if page[start] != _LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    first = start + _LEAF_HEADER
    for at in range(first, min(first + 2 * cells, PAGE_BYTES - 1), 2):
        pointer = int.from_bytes(page[at : at + 2], "big")
        # A chain of overflow pages may be read with or without the log; the digest chooses.
        for pages in (overlay, {}) if overlay else ({},):
            try:
                rowid, payload = _cell(page, pointer, file, pages)
                yield Row(rowid, _values(payload), frame)
            except (_UnreadableError, IndexError, UnicodeDecodeError):
                continue
            if len(payload) <= _LOCAL_MAX:
                break


def _cell(
    page: bytes, pointer: int, file: Pages, overlay: Mapping[int, bytes]
) -> tuple[int, bytes]:
    size, at = _varint(page, pointer)
    rowid, at = _varint(page, at)
    if size > _CHAIN_MAX * PAGE_BYTES:
        raise _UnreadableError
    if size <= _LOCAL_MAX:
        return rowid, _exactly(page[at : at + size], size)
    fitting = _LOCAL_MIN + (size - _LOCAL_MIN) % (PAGE_BYTES - 4)
    local = fitting if fitting <= _LOCAL_MAX else _LOCAL_MIN
    payload = _exactly(page[at : at + local], local)
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    while len(payload) < size:
        begin = (following - 1) * PAGE_BYTES
        chunk = overlay.get(following) or (file[begin : begin + PAGE_BYTES] if begin >= 0 else b"")
        if len(chunk) != PAGE_BYTES:
            raise _UnreadableError
        payload += chunk[4 : 4 + min(PAGE_BYTES - 4, size - len(payload))]
        following = int.from_bytes(chunk[:4], "big")
    return rowid, payload


def _values(payload: bytes) -> tuple[Value, ...]:
    header_end, at = _varint(payload, 0)
    body = header_end
    values: list[Value] = []
    while at < header_end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        values.append(value)
    if body != len(payload):
        raise _UnreadableError
    return tuple(values)


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in {8, 9}:
        return kind - 8, at
    if kind in _INT_BYTES:
        size = _INT_BYTES[kind]
        raw = _exactly(payload[at : at + size], size)
        return int.from_bytes(raw, "big", signed=True), at + size
    if kind < _TEXT_FROM:
        raise _UnreadableError  # our tables hold no other kinds
    size = (kind - _TEXT_FROM) // 2
    raw = _exactly(payload[at : at + size], size)
    return (raw.decode() if kind % 2 else raw), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number has its high bit off
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise _UnreadableError
    return data
