"""Brings a service back from a backup: everything is checked aside, then put in its place.

Until the last step there is nothing a server would serve from: on SQLite the file is not
there, on PostgreSQL the service's role may not read the tables.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app.backup_file import DATABASE_PARTS, BackupRefusedError, Manifest, read_backup
from app.backup_steps import Tell, files_told, one_at_a_time, owner_url, scratch, sync_folder
from app.keyfiles import copy_keys, has_keys, keys_folder, read_keys
from app.settings import Settings
from loyalty.codes.errors import KeyRingSealedError
from loyalty.codes.keys import signer
from loyalty.db import copies, postgres_copies
from loyalty.db.migrate import newest, revisions, upgrade
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.sqlite import FileLock, database_path
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.kernel.clock import Clock
from loyalty.kernel.keys import ServerKeys
from loyalty.programs.queries import programs


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and how long reading, laying and verifying took."""

    manifest: Manifest
    programs: int
    read_s: float
    laid_s: float
    verified_s: float
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    """One restore under way."""

    settings: Settings
    parts: Path
    manifest: Manifest
    clock: Clock
    accept_findings: bool


def restore_backup(
    settings: Settings,
    file: Path,
    *,
    passphrase: str | None,
    clock: Clock,
    tell: Tell,
    accept_findings: bool = False,
) -> Restored:
    """Restore a service into an empty home and database; refuses to overwrite anything.

    Errors: `BackupRefusedError`, `DatabaseRefusedError`, `KeyFilesError`,
    `StorageUnavailableError`; then nothing was put in its place.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_sqlite = make_url(settings.database).get_backend_name() == "sqlite"
    with (
        files_told(),
        one_at_a_time(settings.home),
        _nobody_serves(settings, is_sqlite=is_sqlite),
        scratch(_stage_of(settings, is_sqlite=is_sqlite), ".restore-") as parts,
    ):
        began = time.monotonic()
        manifest = read_backup(file, passphrase=passphrase, into=parts)
        read_s = time.monotonic() - began
        tell(f"the backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC is whole: {manifest.rows} rows")
        work = _Work(settings, parts, manifest, clock, accept_findings)
        _need_fitting(work, is_sqlite=is_sqlite)
        return (_restore_sqlite if is_sqlite else _restore_postgres)(work, read_s, tell)


def _restore_sqlite(work: _Work, read_s: float, tell: Tell) -> Restored:
    staged = work.parts / DATABASE_PARTS["sqlite"]
    began = time.monotonic()
    faults = copies.faults_of(staged)
    if faults:
        message = f"the database inside is damaged: {'; '.join(faults)}"
        raise BackupRefusedError(message)
    _need_rows(work.manifest, copies.rows_of(staged))
    url = f"sqlite:///{staged.resolve()}"
    upgrade(url)
    laid_s = time.monotonic() - began
    count, findings, verified_s = _verify(work, url, tell)
    copies.settle_file(staged)
    _place_keys(work)
    target = database_path(make_url(work.settings.database))
    staged.replace(target)
    sync_folder(target.parent)
    return Restored(work.manifest, count, read_s, laid_s, verified_s, findings)


def _restore_postgres(work: _Work, read_s: float, tell: Tell) -> Restored:
    url = owner_url(work.settings)
    major = postgres_copies.server_major(url)
    if major < int(work.manifest.server):
        message = (
            f"the backup is of PostgreSQL {work.manifest.server}, this server is {major}:"
            " restore into the same version or a newer one"
        )
        raise BackupRefusedError(message)
    program = postgres_copies.find_program("pg_restore", major, folder=work.settings.pg_bin)
    began = time.monotonic()
    postgres_copies.begin_load(url)
    try:
        postgres_copies.load(url, work.parts / DATABASE_PARTS["postgresql"], program=program)
        _need_rows(work.manifest, postgres_copies.rows_of(url))
        upgrade(url)
        laid_s = time.monotonic() - began
        count, findings, verified_s = _verify(work, url, tell)
        _place_keys(work)
    except BaseException:
        postgres_copies.undo_load(url)
        raise
    role = make_url(work.settings.database).username
    owner = make_url(url).username
    postgres_copies.end_load(url, service_role=role if role != owner else None)
    return Restored(work.manifest, count, read_s, laid_s, verified_s, findings)


def _verify(work: _Work, url: str, tell: Tell) -> tuple[int, tuple[str, ...], float]:
    """Recompute every program, and open every ring of keys.

    Errors: `BackupRefusedError` when something differs and that was not accepted before.
    """
    began = time.monotonic()
    keys = read_keys(work.parts)
    tools = Tools(clock=work.clock, keys=keys)
    findings: list[str] = []
    database = Database(url)
    try:
        with database.reading(NO_PROGRAM) as session:
            known = programs(session)
        for program in known:
            tell(f"verifying {program.name}")
            with database.reading(program.program_id) as session:
                _open_ring(session, program.program_id, keys)
                found = verify_program(session, program.program_id, tools=tools)
            findings += [
                f"{program.name}: {one.invariant}: {one.subject}: stored {one.told},"
                f" recomputed {one.found}"
                for one in found
            ]
    finally:
        database.close()
    if findings and not work.accept_findings:
        told = "\n  ".join(findings)
        message = (
            f"the data inside does not agree with itself:\n  {told}\nTake an older backup, or"
            " restore it all the same with --accept-findings and look into each line"
        )
        raise BackupRefusedError(message)
    return len(known), tuple(findings), time.monotonic() - began


def _open_ring(session: Session, program_id: int, keys: ServerKeys) -> None:
    try:
        signer(session, program_id, keys=keys)
    except KeyRingSealedError as error:
        message = f"the master key inside does not open the codes of program {program_id}"
        raise BackupRefusedError(message) from error


def _need_fitting(work: _Work, *, is_sqlite: bool) -> None:
    """Refuse what cannot become data here, before anything is touched."""
    manifest = work.manifest
    here = "sqlite" if is_sqlite else "postgresql"
    if manifest.database != here:
        message = f"this backup is of {manifest.database}, DATABASE_URL says {here}"
        raise BackupRefusedError(message)
    if manifest.schema not in revisions():
        message = (
            f"this backup was made by a newer version of Enlaza ({manifest.enlaza}, tables"
            f" {manifest.schema}); this one knows tables up to {newest()}: update it first"
        )
        raise BackupRefusedError(message)
    _need_same_keys(work)


def _need_same_keys(work: _Work) -> None:
    """Refuse to touch other keys; those of the same service may be there, and stay."""
    if not has_keys(work.settings.home):
        return
    there, ours = read_keys(work.settings.home), read_keys(work.parts)
    same = (there.master, there.root_private) == (ours.master, ours.root_private)
    if not same or there.link_secrets[: len(ours.link_secrets)] != ours.link_secrets:
        message = f"other keys lie in {keys_folder(work.settings.home)}: move them away first"
        raise BackupRefusedError(message)


def _place_keys(work: _Work) -> None:
    home = work.settings.home
    if has_keys(home):
        return
    beside = work.settings.home / ".restored-keys"
    shutil.rmtree(beside, ignore_errors=True)
    copy_keys(work.parts, beside)
    sync_folder(beside)
    if keys_folder(home).exists():
        keys_folder(home).rmdir()  # empty, or it would have keys
    beside.replace(keys_folder(home))
    sync_folder(home)


def _need_rows(manifest: Manifest, found: dict[str, int]) -> None:
    if found != dict(manifest.tables):
        differing = sorted(
            table
            for table in {*found, *manifest.tables}
            if found.get(table) != manifest.tables.get(table)
        )
        message = f"the rows are not those the backup counted: {', '.join(differing)}"
        raise BackupRefusedError(message)


@contextmanager
def _nobody_serves(settings: Settings, *, is_sqlite: bool) -> Iterator[None]:
    """Hold the database against a server, and refuse one that holds anything.

    Errors: `BackupRefusedError`, `DatabaseRefusedError`.
    """
    if not is_sqlite:
        if not postgres_copies.is_empty(owner_url(settings)):
            message = "the database holds tables; restoring never overwrites: name an empty one"
            raise BackupRefusedError(message)
        yield
        return
    path = database_path(make_url(settings.database))
    lock = FileLock(path)
    lock.hold()
    try:
        for there in (path, *copies.logs_of(path)):
            if there.exists() and there.stat().st_size > 0:
                message = f"{there} is there; restoring never overwrites: move it away first"
                raise BackupRefusedError(message)
            there.unlink(missing_ok=True)  # empty, made by a command that looked
        yield
    finally:
        lock.release()


def _stage_of(settings: Settings, *, is_sqlite: bool) -> Path:
    """Say where parts wait: on the disk they are renamed on."""
    if not is_sqlite:
        return settings.home
    return database_path(make_url(settings.database)).parent
