"""What making a backup and restoring one have in common."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from app.backup_file import BackupRefusedError
from app.settings import Settings
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.sqlite import FileLock

Tell = Callable[[str], None]


@contextmanager
def one_at_a_time(home: Path) -> Iterator[None]:
    """Hold that no other backup or restore works in this home."""
    lock = FileLock(home / "backup")
    try:
        lock.hold()
    except DatabaseRefusedError as error:
        message = f"another backup or restore is under way in {home}"
        raise BackupRefusedError(message) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def scratch(beside: Path, beginning: str) -> Iterator[Path]:
    """Give a private folder for parts, gone afterwards; with it what killed runs left."""
    for left in beside.glob(f"{beginning}*"):
        shutil.rmtree(left)
    made = Path(mkdtemp(prefix=beginning, dir=beside))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Bring new names of a folder to the disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def owner_url(settings: Settings) -> str:
    """Give the address of the owner of the tables, who sees every program's rows.

    Errors: `BackupRefusedError` when it is not known.
    """
    if not settings.admin_database_url:
        message = "ENLAZA_ADMIN_DATABASE_URL is needed: the service's role cannot read everything"
        raise BackupRefusedError(message)
    return settings.admin_database_url


@contextmanager
def files_told() -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        message = f"{error.filename or 'writing'}: {error.strerror}; nothing was put in its place"
        raise BackupRefusedError(message) from error
