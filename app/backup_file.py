"""A backup as one file: a tar that any tool can open, and its own proof at the end.

First `manifest.json`, then the parts it names, then one more block of 512 bytes with the
SHA-256 of everything before it: a flipped byte anywhere and a missing end are found. `tar xf`
takes such a file as it is. With a passphrase the whole of it is sealed (`app.sealed`).
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

from app.sealed import (
    OpeningReader,
    SealBrokenError,
    SealingWriter,
    WrongPassphraseError,
    is_sealed,
)

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 1 << 20
BLOCK: Final = 512
PROOF: Final = b"enlaza-backup-sha256 "
PIECE: Final = 1 << 20
# What reading damaged or foreign bytes can end in.
NOT_OURS: Final = (
    tarfile.TarError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,  # a manifest nested without end
)
KEY_PARTS: Final = ("keys/master.key", "keys/root.key", "keys/links.key")
DATABASE_PARTS: Final = {"sqlite": "enlaza.db", "postgresql": "enlaza.dump"}


class BackupRefusedError(Exception):
    """A backup cannot be made or used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file inside a backup."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says about itself."""

    made_at: datetime
    enlaza: str  # the version that made it
    database: str  # sqlite or postgresql
    server: str  # its version
    schema: str  # the revision of the tables
    tables: Mapping[str, int]  # rows of each
    parts: Mapping[str, Part]
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Count the rows of all tables."""
        return sum(self.tables.values())


class Source(Protocol):
    """Something that bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, none at the end."""
        ...


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


def part_of(path: Path) -> Part:
    """Measure a file that is to become part of a backup."""
    with path.open("rb") as file:
        return Part(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def write_backup(
    sink: IO[bytes], manifest: Manifest, folder: Path, *, passphrase: str | None
) -> None:
    """Write the parts that lie in `folder` as one backup."""
    sealing = SealingWriter(sink, passphrase) if passphrase is not None else None
    proved = _Proved(sealing or sink)
    stamp = int(manifest.made_at.timestamp())
    with tarfile.open(fileobj=cast("IO[bytes]", proved), mode="w|", bufsize=PIECE) as tar:
        told = _manifest_text(manifest)
        tar.addfile(_entry(MANIFEST, len(told), stamp), io.BytesIO(told))
        for name, part in manifest.parts.items():
            with (folder / name).open("rb") as file:
                tar.addfile(_entry(name, part.size_bytes, stamp), file)
    proved.finish()
    if sealing is not None:
        sealing.finish()


def read_backup(path: Path, *, passphrase: str | None, into: Path | None = None) -> Manifest:
    """Read a whole backup, hold every byte against what it says, and tell what it says.

    With `into` the parts are laid into that folder; use them only after this returned.

    Errors: `BackupRefusedError` for anything that is not exactly what was written.
    """
    try:
        with path.open("rb") as file, _told_as_refusals():
            sealed = is_sealed(file.peek(BLOCK)[:BLOCK])
            if sealed and passphrase is None:
                message = "this backup is encrypted: its passphrase is needed"
                raise BackupRefusedError(message)
            source = OpeningReader(file, passphrase) if sealed and passphrase else file
            return _read_parts(_Proving(source), into)
    except OSError as error:
        message = f"{error.filename or path} cannot be used: {error.strerror}"
        raise BackupRefusedError(message) from error


def needs_passphrase(path: Path) -> bool:
    """Say whether a backup is encrypted.

    Errors: `BackupRefusedError` when there is no such file.
    """
    try:
        with path.open("rb") as file:
            return is_sealed(file.read(BLOCK))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise BackupRefusedError(message) from error


@contextmanager
def _told_as_refusals() -> Iterator[None]:
    try:
        yield
    except WrongPassphraseError as error:
        message = "the passphrase is not the one this backup was made with"
        raise BackupRefusedError(message) from error
    except SealBrokenError as error:
        message = f"this backup is damaged or cut off: {error}"
        raise BackupRefusedError(message) from error
    except NOT_OURS as error:
        message = "this is not a backup of Enlaza, or it is damaged or cut off"
        raise BackupRefusedError(message) from error


def _read_parts(proving: "_Proving", into: Path | None) -> Manifest:
    manifest: Manifest | None = None
    found: dict[str, Part] = {}
    with tarfile.open(fileobj=cast("IO[bytes]", proving), mode="r|", bufsize=PIECE) as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() else None
            # A sparse file may claim any length and fill the disk with nothing.
            if file is None or entry.issparse():
                message = "a backup holds plain files only"
                raise ValueError(message)
            if manifest is None:
                manifest = _manifest_of(entry.name, file.read(MANIFEST_BYTES_MAX))
                continue
            if entry.name not in manifest.parts or entry.name in found:
                message = f"unexpected part {entry.name!r}"
                raise ValueError(message)
            found[entry.name] = _take(file, into / entry.name if into else None)
    proving.settle()
    if manifest is None or found != dict(manifest.parts):
        message = "the parts are not those the manifest names"
        raise ValueError(message)
    return manifest


def _take(file: IO[bytes], target: Path | None) -> Part:
    """Read one part to its end, keeping it when it is wanted."""
    digest, size = hashlib.sha256(), 0
    sink = _private(target) if target is not None else None
    try:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
            if sink is not None:
                sink.write(piece)
        if sink is not None:
            sink.flush()
            os.fsync(sink.fileno())
    finally:
        if sink is not None:
            sink.close()
    return Part(size, digest.hexdigest())


def _private(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _manifest_text(manifest: Manifest) -> bytes:
    told = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    return json.dumps(told, indent=1).encode()


def _manifest_of(name: str, text: bytes) -> Manifest:
    told: dict[str, Any] = json.loads(text) if name == MANIFEST else {}
    if told["format"] != FORMAT:
        message = (
            f"this backup has format {told['format']}, this version of Enlaza reads {FORMAT}:"
            " restore it with the version that made it or a newer one"
        )
        raise BackupRefusedError(message)
    database = str(told["database"])
    parts = {name: Part(**part) for name, part in told["parts"].items()}
    if set(parts) != {DATABASE_PARTS[database], *KEY_PARTS}:
        message = "a backup holds one database and the keys"
        raise ValueError(message)
    return Manifest(
        made_at=datetime.fromisoformat(told["made_at"]),
        enlaza=str(told["enlaza"]),
        database=database,
        server=str(told["server"]),
        schema=str(told["schema"]),
        tables={str(table): int(rows) for table, rows in told["tables"].items()},
        parts=parts,
    )


def _entry(name: str, size: int, stamp: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, stamp
    return entry


class _Proved:
    """Counts the hash of what passes and writes it at the end."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._sink.write(data)
        return len(data)

    def finish(self) -> None:
        self._sink.write((PROOF + self._digest.hexdigest().encode() + b"\n").ljust(BLOCK, b"\0"))


class _Proving:
    """Gives what stands before the last block, and holds it against that block at the end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._held) < size + BLOCK and (more := self._source.read(PIECE)):
            self._held += more
        given = bytes(self._held[: max(0, min(size, len(self._held) - BLOCK))])
        del self._held[: len(given)]
        self._digest.update(given)
        return given

    def settle(self) -> None:
        while self.read(PIECE):
            pass
        told = (PROOF + self._digest.hexdigest().encode() + b"\n").ljust(BLOCK, b"\0")
        if self._held != told:
            message = "the end does not prove the rest"
            raise ValueError(message)
