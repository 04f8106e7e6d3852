"""Makes a backup: database and keys of one service, as one file, while it serves.

Nothing is called a backup before it is whole: it is written under another name, brought to
the disk, read again from its beginning to its end, and only then renamed.
"""

import os
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from app.backup_file import (
    DATABASE_PARTS,
    KEY_PARTS,
    BackupRefusedError,
    Manifest,
    part_of,
    read_backup,
    write_backup,
)
from app.backup_steps import Tell, files_told, one_at_a_time, owner_url, scratch, sync_folder
from app.backups import BackupFacts, remember_backup
from app.keyfiles import copy_keys, read_keys
from app.settings import Settings
from loyalty.db import copies, postgres_copies
from loyalty.db.migrate import current
from loyalty.db.sqlite import database_path
from loyalty.kernel.clock import Clock

STAMP: Final = "%Y%m%dT%H%M%SZ"
PLAIN: Final = ".tar"
SEALED: Final = ".tar.sealed"
NAME: Final = "enlaza-"
PARTIAL: Final = ".enlaza-backup.partial"


def make_backup(
    settings: Settings, folder: Path, *, passphrase: str | None, clock: Clock, tell: Tell
) -> BackupFacts:
    """Copy the service into one new file in `folder`; the server goes on serving.

    Errors: `BackupRefusedError`, `DatabaseRefusedError`, `KeyFilesError`,
    `StorageUnavailableError`; then there is no new file.
    """
    began, made_at = time.monotonic(), clock.now()
    read_keys(settings.home)
    with files_told(), one_at_a_time(settings.home), scratch(settings.home, ".backup-") as parts:
        manifest = _collect(settings, parts, made_at=made_at, tell=tell)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = _free_name(folder, made_at, sealed=passphrase is not None)
        partial = folder / PARTIAL
        partial.unlink(missing_ok=True)  # of a backup that was killed
        try:
            _write(partial, manifest, parts, passphrase=passphrase)
            if read_backup(partial, passphrase=passphrase) != manifest:
                message = f"what was written to {folder} reads differently: the disk is not sound"
                raise BackupRefusedError(message)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(folder)
        facts = BackupFacts(
            made_at=made_at,
            path=str(path.resolve()),
            size_bytes=path.stat().st_size,
            encrypted=passphrase is not None,
            checked=True,
            rows=manifest.rows,
            seconds=round(time.monotonic() - began, 2),
        )
        remember_backup(settings.home, facts)
        return facts


def keep_newest(folder: Path, keep: int) -> tuple[Path, ...]:
    """Delete all but the newest `keep` backups of a folder; tells which went."""
    assert keep > 0, "the newest backup is never deleted"
    # The name holds the moment, so sorting by name is sorting by age.
    known = [path for path in folder.glob(f"{NAME}*") if path.name.endswith((PLAIN, SEALED))]
    old = sorted(known, key=lambda path: path.name, reverse=True)[keep:]
    for path in old:
        path.unlink()
    return tuple(old)


def _collect(settings: Settings, parts: Path, *, made_at: datetime, tell: Tell) -> Manifest:
    """Lay the copy of the database and the keys into `parts`.

    The keys come after the database: they only ever grow, so they open all that was copied.
    """
    kind = make_url(settings.database).get_backend_name()
    database = parts / DATABASE_PARTS[kind]
    collect = _collect_sqlite if kind == "sqlite" else _collect_postgres
    server, schema, tables = collect(settings, database, tell=tell)
    copy_keys(settings.home, parts / "keys")
    return Manifest(
        made_at=made_at,
        enlaza=version("enlaza"),
        database=kind,
        server=server,
        schema=schema,
        tables=tables,
        parts={name: part_of(parts / name) for name in (database.name, *KEY_PARTS)},
    )


def _collect_sqlite(
    settings: Settings, target: Path, *, tell: Tell
) -> tuple[str, str, dict[str, int]]:
    source = database_path(make_url(settings.database))
    tell(f"copying {source}")
    copies.copy_live(source, target)
    faults = copies.faults_of(target)
    if faults:
        message = f"the database is damaged, and so would its backup be: {'; '.join(faults)}"
        raise BackupRefusedError(message)
    return "3", _revision(f"sqlite:///{target}"), copies.rows_of(target)


def _collect_postgres(
    settings: Settings, target: Path, *, tell: Tell
) -> tuple[str, str, dict[str, int]]:
    url = owner_url(settings)
    major = postgres_copies.server_major(url)
    program = postgres_copies.find_program("pg_dump", major, folder=settings.pg_bin)
    tell(f"{program} copies the database")
    _revision(url)
    dumped = postgres_copies.dump(url, target, program=program)
    return str(major), dumped.revision, dumped.tables


def _revision(url: str) -> str:
    found = current(url)
    if found is None:
        message = "the database has no tables of Enlaza: there is nothing to keep yet"
        raise BackupRefusedError(message)
    return found


def _free_name(folder: Path, made_at: datetime, *, sealed: bool) -> Path:
    stamp, end = f"{NAME}{made_at:{STAMP}}", SEALED if sealed else PLAIN
    names = [f"{stamp}{end}", *(f"{stamp}-{number}{end}" for number in range(2, 100))]
    free = [folder / name for name in names if not (folder / name).exists()]
    assert free, "a hundred backups in one second"
    return free[0]


def _write(path: Path, manifest: Manifest, parts: Path, *, passphrase: str | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        write_backup(file, manifest, parts, passphrase=passphrase)
        file.flush()
        os.fsync(file.fileno())
