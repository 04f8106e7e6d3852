"""Writes down every change that SQLite makes to the files of a folder, for `power_loss`.

The library that Python's own `sqlite3` uses gets a second way to its files: a copy of the usual
one that also writes down what is written, cut, synced, made and deleted. Code under test runs
unchanged, on real files, with the shared memory of WAL.
"""

import _sqlite3
import ctypes
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.power_loss import Cut, Log, Named, NamesSynced, Synced, Unnamed, Write
from tests.support.sizes import REQUIRE_ALL

OK: Final = 0
IO_ERROR: Final = 10
CREATE: Final = 0x4
# Main journal, super journal, WAL: with their first sync SQLite syncs the folder too.
JOURNALS: Final = 0x800 | 0x4000 | 0x80000
METHODS: Final = 19  # words of sqlite3_io_methods, its version first
X_CLOSE, X_WRITE, X_TRUNCATE, X_SYNC = 1, 3, 4, 5

X_OPEN_TYPE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
X_DELETE_TYPE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
CLOSE_TYPE = CFUNCTYPE(c_int, c_void_p)
WRITE_TYPE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TRUNCATE_TYPE = CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC_TYPE = CFUNCTYPE(c_int, c_void_p, c_int)


class NoRecorderError(Exception):
    """This Python's SQLite cannot be reached, for example because it is part of the program."""


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("path_max", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("app_data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("others", c_void_p * 15),
    )


def _library() -> ctypes.CDLL:
    """Reach the SQLite inside this process that the `sqlite3` module uses, and no other.

    Errors: `NoRecorderError`.
    """
    # A look-up in the module looks in what it was linked with, so it finds the same library.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        library.sqlite3_vfs_find.restype = c_void_p
        library.sqlite3_sourceid.restype = c_char_p
    except AttributeError as error:
        message = "the SQLite of this Python cannot be reached from outside"
        raise NoRecorderError(message) from error
    library.sqlite3_vfs_find.argtypes = (c_char_p,)
    library.sqlite3_vfs_register.argtypes = (c_void_p, c_int)
    library.sqlite3_vfs_unregister.argtypes = (c_void_p,)
    with sqlite3.connect(":memory:") as connection:
        (used,) = connection.execute("SELECT sqlite_source_id()").fetchone()
    connection.close()
    if library.sqlite3_sourceid().decode() != used:
        message = "the SQLite that was found is not the one Python uses"
        raise NoRecorderError(message)
    return library


class _Recorder:
    """The copied way to files; one for the life of the process, because SQLite points into it."""

    def __init__(self) -> None:
        self.library = _library()
        self.original = self.library.sqlite3_vfs_find(None)
        if self.original is None:
            message = "SQLite has no way to files"
            raise NoRecorderError(message)
        usual = _Vfs.from_address(self.original)
        self._open = X_OPEN_TYPE(usual.open)
        self._delete = X_DELETE_TYPE(usual.delete)
        self._callbacks: list[Any] = [X_OPEN_TYPE(self.on_open), X_DELETE_TYPE(self.on_delete)]
        self.vfs = _Vfs.from_buffer_copy(usual)
        self.vfs.name = b"enlaza-recording"
        self.vfs.next = None
        self.vfs.open = ctypes.cast(self._callbacks[0], c_void_p).value
        self.vfs.delete = ctypes.cast(self._callbacks[1], c_void_p).value
        self._patched: dict[int, Any] = {}
        self._guard = threading.Lock()
        self.log: Log | None = None
        self.folder = ""
        self.failures: list[BaseException] = []
        # By address of the open file: its inode in the log, and whether its folder needs a sync.
        self.opened: dict[int, int] = {}
        self.folder_waits: set[int] = set()
        self.inodes: dict[str, int] = {}

    def start(self, folder: Path, log: Log) -> None:
        """Write down what happens in `folder` from now on; what is there already is durable."""
        assert self.log is None, "one recording at a time"
        self.log, self.folder, self.failures = log, f"{folder}/", []
        self.opened, self.folder_waits, self.inodes = {}, set(), {}
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.endswith("-shm"):
                self.inodes[str(path)] = log.begin(path.name, path.read_bytes())
        self.library.sqlite3_vfs_register(ctypes.byref(self.vfs), 1)

    def stop(self) -> None:
        """Give SQLite its usual way back."""
        self.library.sqlite3_vfs_register(self.original, 1)
        self.library.sqlite3_vfs_unregister(ctypes.byref(self.vfs))
        self.log = None

    def on_open(self, _vfs: int, name: int | None, file: int, flags: int, told: Any) -> int:  # noqa: ANN401
        answer: int = self._open(self.original, name, file, flags, told)
        if answer != OK or name is None:
            return answer
        try:
            self._note_open(ctypes.string_at(name).decode(), file, flags)
        except BaseException as error:  # noqa: BLE001  it cannot pass through C
            self.failures.append(error)
        return answer

    def _note_open(self, path: str, file: int, flags: int) -> None:
        if self.log is None or not path.startswith(self.folder):
            return
        with self._guard:
            inode = self.inodes.get(path)
            if inode is None:
                assert Path(path).stat().st_size == 0, "somebody else wrote into this folder"
                inode = self.inodes[path] = self.log.new_inode()
                self.log.add(Named(path.removeprefix(self.folder), inode))
                if flags & CREATE and flags & JOURNALS:
                    self.folder_waits.add(inode)
            self.opened[file] = inode
            methods = c_void_p.from_address(file)
            assert methods.value is not None
            methods.value = self._patch(methods.value)

    def _patch(self, usual: int) -> int:
        """Give the address of a copy of a file's methods that writes down."""
        if usual not in self._patched:
            words = [word or 0 for word in (c_void_p * METHODS).from_address(usual)]
            copied = (c_void_p * METHODS)(*words)
            close, write = CLOSE_TYPE(words[X_CLOSE]), WRITE_TYPE(words[X_WRITE])
            truncate, sync = TRUNCATE_TYPE(words[X_TRUNCATE]), SYNC_TYPE(words[X_SYNC])

            def on_write(file: int, data: int, size: int, offset: int) -> int:
                kept = Write(self.opened.get(file, 0), offset, ctypes.string_at(data, size))
                return self._noted(kept) or write(file, data, size, offset)

            def on_truncate(file: int, size: int) -> int:
                kept = Cut(self.opened.get(file, 0), size)
                return self._noted(kept) or truncate(file, size)

            def on_sync(file: int, flags: int) -> int:
                return self._synced(file, flags, sync)

            def on_close(file: int) -> int:
                with self._guard:
                    self.opened.pop(file, None)
                return close(file)  # type: ignore[no-any-return]

            callbacks = {
                X_CLOSE: CLOSE_TYPE(on_close),
                X_WRITE: WRITE_TYPE(on_write),
                X_TRUNCATE: TRUNCATE_TYPE(on_truncate),
                X_SYNC: SYNC_TYPE(on_sync),
            }
            for place, callback in callbacks.items():
                copied[place] = ctypes.cast(callback, c_void_p).value
            self._callbacks.extend((*callbacks.values(), close, write, truncate, sync, copied))
            self._patched[usual] = copied
        return ctypes.addressof(self._patched[usual])

    def _noted(self, change: Write | Cut) -> int:
        """Write a change down before it is made; anything wrong is an error of the disk."""
        if self.log is None or not change.inode:
            return OK
        with suppress(MemoryError), self._guard:
            self.log.add(change)
            return OK
        return IO_ERROR

    def _synced(self, file: int, flags: int, sync: Any) -> int:  # noqa: ANN401
        log, inode = self.log, self.opened.get(file, 0)
        began = 0 if log is None else log.length
        answer: int = sync(file, flags)
        if log is None or not inode or answer != OK:
            return answer
        with self._guard:
            # Only what was written before the sync began is durable when it ends.
            log.add(Synced(inode, began))
            if inode in self.folder_waits:
                self.folder_waits.discard(inode)
                log.add(NamesSynced())
        return answer

    def on_delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        answer: int = self._delete(self.original, name, sync_folder)
        path = ctypes.string_at(name).decode()
        with self._guard:
            if answer == OK and self.log is not None and path in self.inodes:
                inode = self.inodes.pop(path)
                self.folder_waits.discard(inode)
                self.log.add(Unnamed(path.removeprefix(self.folder)))
                if sync_folder:
                    self.log.add(NamesSynced())
        return answer


_made: list[_Recorder] = []


@contextmanager
def recording(folder: Path) -> Iterator[Log]:
    """Write down what SQLite does in `folder`; databases opened inside end inside.

    Errors: `NoRecorderError` where the SQLite of this Python cannot be reached.
    """
    if not _made:
        _made.append(_Recorder())
    recorder, log = _made[0], Log()
    recorder.start(folder.resolve(), log)
    try:
        yield log
    finally:
        recorder.stop()
    assert not recorder.failures, recorder.failures
    assert not recorder.opened, "a database was left open"


def recorded(folder: Path, work: Callable[[Log], None]) -> Log:
    """Do the work and give what it did to the files of `folder`; skipped where that is not seen."""
    try:
        with recording(folder) as log:
            work(log)
    except NoRecorderError as missing:
        if REQUIRE_ALL:
            pytest.fail(f"power loss must be tested here: {missing}")
        pytest.skip(f"POWER LOSS NOT TESTED: {missing}")
    return log
