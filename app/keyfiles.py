"""The server's secrets on disk: three files that only their owner may read.

Without them the service does not start; there is no default secret anywhere.
"""

import os
import secrets
import stat
from pathlib import Path

from loyalty.kernel.keys import ServerKeys

MASTER = "master.key"  # seals the private keys of the code rings
ROOT = "root.key"  # signs trust lists
LINKS = "links.key"  # signs web links: one secret a line, oldest to newest
KEY_BYTES = 32
OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


class KeyFilesError(Exception):
    """The key files are missing, damaged or readable by others; the service does not start."""


def keys_folder(home: Path) -> Path:
    """Say where the key files of a data folder lie."""
    return home / "keys"


def create_keys(home: Path) -> ServerKeys:
    """Make the three key files with mode 600 and read them; never replaces one that exists.

    Errors: `KeyFilesError` when one exists already.
    """
    folder = keys_folder(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (MASTER, ROOT, LINKS):
        _write_new(folder / name, secrets.token_hex(KEY_BYTES) + "\n")
    return read_keys(home)


def add_link_secret(home: Path) -> None:
    """Put a new secret at the end of the link secrets; links signed before keep working.

    Written beside and renamed, so that a power cut leaves the old file or the new one.
    """
    path = keys_folder(home) / LINKS
    told = _read_private(path)
    beside = path.with_name(f"{LINKS}.{secrets.token_hex(4)}")
    _write_new(beside, told + secrets.token_hex(KEY_BYTES) + "\n")
    beside.replace(path)


def copy_keys(home: Path, into: Path) -> None:
    """Copy the three key files of a data folder into another folder, with the same mode.

    Errors: `KeyFilesError` when they cannot serve, or one is there already.
    """
    read_keys(home)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (MASTER, ROOT, LINKS):
        _write_new(into / name, _read_private(keys_folder(home) / name))


def has_keys(home: Path) -> bool:
    """Say whether any key file is there already."""
    return any((keys_folder(home) / name).exists() for name in (MASTER, ROOT, LINKS))


def read_keys(home: Path) -> ServerKeys:
    """Read the three key files.

    Errors: `KeyFilesError` when one is missing, damaged, or readable by group or others.
    """
    folder = keys_folder(home)
    links = tuple(line for line in _read_private(folder / LINKS).split() if line)
    if not links or any(len(line) < 2 * KEY_BYTES for line in links):
        message = f"{folder / LINKS} holds no usable secret"
        raise KeyFilesError(message)
    return ServerKeys(
        master=_read_bytes(folder / MASTER),
        root_private=_read_bytes(folder / ROOT),
        link_secrets=links,
    )


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as error:
        message = f"{path} exists; keys are never replaced, since codes and mails rest on them"
        raise KeyFilesError(message) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        message = f"{path} is missing; `enlaza keys create` makes the keys of a new data folder"
        raise KeyFilesError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read"
        raise KeyFilesError(message) from error
    if os.name == "posix" and stat.S_IMODE(mode) & ~OWNER_ONLY:
        message = f"{path} may be read by others; run: chmod 600 {path}"
        raise KeyFilesError(message)
    return text


def _read_bytes(path: Path) -> bytes:
    text = _read_private(path).strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        message = f"{path} must hold {KEY_BYTES} bytes in hex"
        raise KeyFilesError(message)
    return key
