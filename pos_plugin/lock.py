"""One agent for each home: the lock that a second one meets."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

PRIVATE_FILE: Final = 0o600


class AlreadyServedError(Exception):
    """Another agent has this home."""

    def __init__(self, home: Path, pid: str) -> None:
        super().__init__(home)
        self.home = home
        self.pid = pid


class HomeLock:
    """Held until the process ends, however it ends; the system lets it go with the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Errors: `AlreadyServedError`, `OSError`."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        self._file: IO[str] = os.fdopen(handle, "r+", encoding="ascii")
        try:
            _lock(self._file)
        except OSError as error:
            pid = self._file.read().strip() if os.name != "nt" else ""
            self._file.close()
            raise AlreadyServedError(path.parent, pid) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let go; doing it twice changes nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        # Far behind the text, so that the text can be read while it is locked.
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
