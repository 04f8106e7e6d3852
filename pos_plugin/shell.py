"""The till page's own files, kept at the counter so that the page opens without a line.

A new release is fetched whole beside the old one, its version reckoned from the bytes that
arrived, and only then opened; until then, and whenever anything is amiss, the old one stays.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loyalty.wire.shell import LIST_PREFIX, WORKER, shell_version

# Gives the bytes of one address of the service. Errors: any `OSError` or `ShellError`.
Fetch = Callable[[str], bytes]

FILES_MAX: Final = 200
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
SHELL_BYTES_MAX: Final = 16 * 1024 * 1024
PICTURE_BYTES_MAX: Final = 200_000
_CURRENT: Final = "current"
_PART: Final = r"[A-Za-z0-9][A-Za-z0-9._@-]*"
_ADDRESS: Final = re.compile(rf"/(?:till/shell/[a-z]{{2}}|static(?:/{_PART})+)", re.ASCII)
_VERSION: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_SLUG: Final = re.compile(r"[A-Za-z0-9-]{1,63}", re.ASCII)
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
HTML: Final = "text/html; charset=utf-8"


class ShellError(Exception):
    """What arrived is not a whole shell of the service; the till keeps the one it has."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the page: the bytes of every address, the worker among them."""

    version: str
    files: Mapping[str, bytes]

    def media_type(self, address: str) -> str:
        """Say what kind of file an address is, by our own table and never by what was told."""
        return MEDIA_TYPES.get(Path(address).suffix, HTML)


class Shell:
    """The release that is served, and the join codes that belong to it, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._release = _load_current(folder)

    @property
    def release(self) -> Release | None:
        """Give the release to serve; None until one was fetched."""
        return self._release

    def refresh(self, fetch: Fetch) -> bool:
        """Fetch what the service serves now, when it is another version; say whether it was.

        Errors: `ShellError`, `OSError`; the old release stays open.
        """
        worker = fetch(WORKER)
        version, addresses = _read_list(worker)
        if self._release is not None and self._release.version == version:
            return False
        release = _download(version, addresses, worker, fetch)
        _keep(self._folder, release)
        self._release = release
        _forget_others(self._folder, release.version)
        return True

    def join_picture(self, slug: str, fetch: Fetch | None) -> bytes | None:
        """Give the code with the store's join address: the service's own, else the copy of it."""
        if _SLUG.fullmatch(slug) is None:
            return None
        copy = self._folder / f"join-{slug}.svg"
        with contextlib.suppress(ShellError, OSError):
            if fetch is not None:
                picture = fetch(f"/till/join/{slug}.svg")
                if b"<svg" not in picture[:400] or len(picture) > PICTURE_BYTES_MAX:
                    message = "the join code is not a picture"
                    raise ShellError(message)
                _write_whole(copy, picture)
                return picture
        with contextlib.suppress(OSError):
            return copy.read_bytes()
        return None


def _read_list(worker: bytes) -> tuple[str, tuple[str, ...]]:
    first = worker.partition(b"\n")[0].decode("utf-8", "replace")
    try:
        told = json.loads(first.removeprefix(LIST_PREFIX).rstrip(";"))
        version, addresses = str(told["version"]), tuple(map(str, told["files"]))
    except (ValueError, KeyError, TypeError) as error:
        message = "the worker names no files, so it is not from the service"
        raise ShellError(message) from error
    strange = [each for each in addresses if _ADDRESS.fullmatch(each) is None]
    if strange or _VERSION.fullmatch(version) is None or not 1 <= len(addresses) <= FILES_MAX:
        message = "the worker's list of files has another form"
        raise ShellError(message)
    return version, addresses


def _download(version: str, addresses: tuple[str, ...], worker: bytes, fetch: Fetch) -> Release:
    files = {WORKER: worker}
    total = len(worker)
    for address in addresses:
        body = fetch(address)
        total += len(body)
        if not body or len(body) > FILE_BYTES_MAX or total > SHELL_BYTES_MAX:
            message = f"{address} has a size that cannot be"
            raise ShellError(message)
        files[address] = body
    release = Release(version, files)
    _check(release)
    return release


def _check(release: Release) -> None:
    """Reckon the version again; a page cut or mixed on its way never opens."""
    counted = {**release.files, WORKER: release.files[WORKER].partition(b"\n")[2]}
    if shell_version(counted.items()) != release.version:
        message = "the files do not add up to the version that was told"
        raise ShellError(message)


def _keep(folder: Path, release: Release) -> None:
    place = folder / release.version
    shutil.rmtree(place, ignore_errors=True)
    for address, body in release.files.items():
        path = place / address.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    _write_whole(folder / _CURRENT, release.version.encode())


def _write_whole(path: Path, body: bytes) -> None:
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _load_current(folder: Path) -> Release | None:
    """Open the release kept here; one that was damaged meanwhile counts as none."""
    try:
        version = (folder / _CURRENT).read_text(encoding="ascii")
        if _VERSION.fullmatch(version) is None:
            return None
        place = folder / version
        files = {
            f"/{path.relative_to(place).as_posix()}": path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }
        release = Release(version, files)
        _check(release)
    except (OSError, UnicodeError, KeyError, ShellError):
        return None
    return release


def _forget_others(folder: Path, version: str) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path.name != version:
            shutil.rmtree(path, ignore_errors=True)
