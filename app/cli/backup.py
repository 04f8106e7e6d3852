"""`enlaza backup` and `enlaza restore`: a service as one file, and back."""

import stat
import sys
from pathlib import Path

import click

from app.backup_file import BackupRefusedError, Manifest, needs_passphrase, read_backup
from app.make_backup import keep_newest, make_backup
from app.restore import Restored, restore_backup
from app.sealed import PASSPHRASE_CHARS_MIN
from app.settings import Settings
from loyalty.kernel.clock import SystemClock

MB = 1_000_000
passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ENLAZA_BACKUP_PASSPHRASE_FILE",
    help="File whose first line is the passphrase (ENLAZA_BACKUP_PASSPHRASE_FILE).",
)
passphrase = click.option(
    "--passphrase",
    "told",
    envvar="ENLAZA_BACKUP_PASSPHRASE",
    hidden=True,  # a command line is seen by others: the environment is meant
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@passphrase_file
@passphrase
@click.option("--encrypt", is_flag=True, help="Encrypt; ask for the passphrase if it is not told.")
@click.option("--keep", type=click.IntRange(min=1), help="Then delete all but the newest so many.")
def backup(
    *,
    folder: Path,
    passphrase_file: Path | None,
    told: str | None,
    encrypt: bool,
    keep: int | None,
) -> None:
    """Copy database and keys into one new file in FOLDER, while the service goes on."""
    settings = Settings.from_env()
    secret = _told_passphrase(passphrase_file, told)
    if secret is None and encrypt:
        secret = _ask_passphrase(twice=True)
    if secret is not None and len(secret) < PASSPHRASE_CHARS_MIN:
        message = f"a passphrase has {PASSPHRASE_CHARS_MIN} letters or more: four words, say"
        raise BackupRefusedError(message)
    facts = make_backup(settings, folder, passphrase=secret, clock=SystemClock(), tell=_tell)
    click.echo(facts.path)
    click.echo(
        f"{facts.rows} rows, {facts.size_bytes / MB:.1f} MB, {facts.seconds:.1f} s;"
        " written, read again, every byte right."
    )
    if facts.encrypted:
        click.echo("Encrypted: without the passphrase nobody restores it, neither do you.")
    else:
        click.echo(
            "NOT encrypted: it holds the keys and everybody's data. Whoever reads this file can"
            " print valid cards; --passphrase-file or --encrypt locks it."
        )
    if keep is not None:
        for gone in keep_newest(folder, keep):
            click.echo(f"deleted {gone.name}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_file
@passphrase
@click.option("--check", "only_check", is_flag=True, help="Only read FILE and check every byte.")
@click.option(
    "--accept-findings",
    is_flag=True,
    help="Restore even when `verify` finds a difference; each is told.",
)
def restore(
    *,
    file: Path,
    passphrase_file: Path | None,
    told: str | None,
    only_check: bool,
    accept_findings: bool,
) -> None:
    """Restore FILE into an empty home and database; it is checked and verified first."""
    secret = _told_passphrase(passphrase_file, told)
    if secret is None and needs_passphrase(file):
        secret = _ask_passphrase(twice=False)
    if only_check:
        _tell_manifest(read_backup(file, passphrase=secret))
        click.echo("Every byte is right. Whether it restores, only a drill proves.")
        return
    restored = restore_backup(
        Settings.from_env(),
        file,
        passphrase=secret,
        clock=SystemClock(),
        tell=_tell,
        accept_findings=accept_findings,
    )
    _tell_restored(restored)


def _tell(what: str) -> None:
    click.echo(what, err=True)


def _tell_manifest(manifest: Manifest) -> None:
    click.echo(
        f"Made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by Enlaza {manifest.enlaza}:"
        f" {manifest.database}, tables {manifest.schema}, {manifest.rows} rows."
    )


def _tell_restored(restored: Restored) -> None:
    _tell_manifest(restored.manifest)
    for finding in restored.findings:
        click.echo(finding)
    seconds = restored.read_s + restored.laid_s + restored.verified_s
    well = "all is well" if not restored.findings else f"{len(restored.findings)} differ"
    click.echo(
        f"Restored {restored.manifest.rows} rows in {seconds:.1f} s: read {restored.read_s:.1f},"
        f" laid {restored.laid_s:.1f}, verified {restored.verified_s:.1f}"
        f" ({restored.programs} programs: {well})."
    )
    click.echo(
        "Start it with `enlaza serve`. Tills of ours send again by themselves what was sold since."
    )


def _told_passphrase(path: Path | None, told: str | None) -> str | None:
    """Read the passphrase from its file, or take it from the environment.

    Errors: `BackupRefusedError` when the file cannot be read, is empty, or anybody may read it.
    """
    if path is None:
        return told or None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        readable = bool(path.stat().st_mode & stat.S_IROTH)
    except (OSError, UnicodeDecodeError) as error:
        message = f"the passphrase file {path} cannot be read"
        raise BackupRefusedError(message) from error
    if readable:
        message = f"everybody may read {path}; run: chmod 600 {path}"
        raise BackupRefusedError(message)
    if not lines or not lines[0].strip():
        message = f"the passphrase file {path} is empty"
        raise BackupRefusedError(message)
    return lines[0].strip()


def _ask_passphrase(*, twice: bool) -> str:
    """Ask at the keyboard; a script may also send it as a line.

    Errors: `BackupRefusedError` when nobody answers.
    """
    typed = sys.stdin
    if typed.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice))
    line = typed.readline().strip()
    if not line:
        message = "a passphrase is needed: --passphrase-file names a file that holds it"
        raise BackupRefusedError(message)
    return line
