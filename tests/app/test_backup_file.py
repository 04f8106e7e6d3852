"""One file, every byte of it proved: flipped, cut off, swapped or foreign bytes are refused."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import sealed
from app.backup_file import (
    BLOCK,
    KEY_PARTS,
    MANIFEST,
    PROOF,
    BackupRefusedError,
    Manifest,
    needs_passphrase,
    part_of,
    read_backup,
    write_backup,
)

PASSPHRASE = "four words of the baker"
NAMES = ("enlaza.db", *KEY_PARTS)


@pytest.fixture(autouse=True)
def _cheap_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    # A guess costs half a second; here thousands of files are opened. Small chunks, so many.
    monkeypatch.setattr(sealed, "SCRYPT", (4, 8, 1))
    monkeypatch.setattr(sealed, "CHUNK_LOG2", 10)


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Manifest]:
    folder = tmp_path / "parts"
    (folder / "keys").mkdir(parents=True)
    for number, name in enumerate(NAMES, 1):
        (folder / name).write_bytes(bytes(range(256)) * number * 3 + name.encode())
    manifest = Manifest(
        made_at=datetime(2026, 11, 22, 3, 15, tzinfo=UTC),
        enlaza="0.2.0",
        database="sqlite",
        server="3",
        schema="20261121_2340",
        tables={"sale": 3, "member": 1},
        parts={name: part_of(folder / name) for name in NAMES},
    )
    return folder, manifest


def written(parts: tuple[Path, Manifest], *, passphrase: str | None) -> Path:
    """Write the backup."""
    folder, manifest = parts
    path = folder.parent / "written"
    with path.open("wb") as file:
        write_backup(file, manifest, folder, passphrase=passphrase)
    return path


def is_refused(path: Path, whole: bytes, *, passphrase: str | None) -> bool:
    """Say whether a file with these bytes is refused."""
    path.write_bytes(whole)
    try:
        read_backup(path, passphrase=passphrase)
    except BackupRefusedError:
        return True
    return False


def forged(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a file of somebody who knows the format, so that its end proves the rest."""
    laid = io.BytesIO()
    with tarfile.open(fileobj=laid, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry, content in members:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    whole = laid.getvalue()
    end = PROOF + hashlib.sha256(whole).hexdigest().encode() + b"\n"
    path.write_bytes(whole + end.ljust(BLOCK, b"\0"))
    return path


def places(length: int) -> Iterator[int]:
    """Choose bytes everywhere: each of the edges, some between."""
    yield from range(min(length, 700))
    yield from range(700, length, 31)
    yield from range(max(0, length - 64), length)


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_was_written_is_read(
    parts: tuple[Path, Manifest], tmp_path: Path, passphrase: str | None
) -> None:
    folder, manifest = parts
    path = written(parts, passphrase=passphrase)
    assert needs_passphrase(path) is (passphrase is not None)
    into = tmp_path / "into"
    into.mkdir()
    assert read_backup(path, passphrase=passphrase, into=into) == manifest
    for name in NAMES:
        assert (into / name).read_bytes() == (folder / name).read_bytes()
        assert (into / name).stat().st_mode & 0o777 == 0o600
    assert manifest.rows == 4


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_flipped_byte_anywhere_is_refused(
    parts: tuple[Path, Manifest], passphrase: str | None
) -> None:
    path = written(parts, passphrase=passphrase)
    whole = path.read_bytes()
    passed = []
    for place in places(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        if not is_refused(path, bytes(flipped), passphrase=passphrase):
            passed.append(place)
    assert passed == []


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_file_that_was_cut_off_or_grew_is_refused(
    parts: tuple[Path, Manifest], passphrase: str | None
) -> None:
    path = written(parts, passphrase=passphrase)
    whole = path.read_bytes()
    edges = {0, 1, BLOCK, len(whole) - 1, len(whole) - BLOCK}
    lengths = sorted({*range(0, len(whole), 97), *edges})
    kept = [size for size in lengths if not is_refused(path, whole[:size], passphrase=passphrase)]
    assert kept == []
    for more in (b"\0", b"\0" * BLOCK, whole):
        assert is_refused(path, whole + more, passphrase=passphrase)


def test_pieces_in_another_order_left_out_or_of_another_file_are_refused(
    parts: tuple[Path, Manifest],
) -> None:
    path = written(parts, passphrase=PASSPHRASE)
    whole = path.read_bytes()
    other = written(parts, passphrase=PASSPHRASE).read_bytes()
    start, step = sealed.HEADER_BYTES + sealed.CHECK_BYTES, (1 << 10) + sealed.TAG_BYTES
    head, pieces = whole[:start], [whole[at : at + step] for at in range(start, len(whole), step)]
    foreign = other[start : start + step]
    for changed in (
        [pieces[1], pieces[0], *pieces[2:]],
        pieces[1:],
        pieces[:-1],
        [*pieces[:2], *pieces[1:]],
        [foreign, *pieces[1:]],
    ):
        assert is_refused(path, head + b"".join(changed), passphrase=PASSPHRASE)
    assert not is_refused(path, head + b"".join(pieces), passphrase=PASSPHRASE)


def test_a_wrong_passphrase_is_told_from_damage(parts: tuple[Path, Manifest]) -> None:
    path = written(parts, passphrase=PASSPHRASE)
    with pytest.raises(BackupRefusedError, match="passphrase is not the one"):
        read_backup(path, passphrase="four words of a guest")
    with pytest.raises(BackupRefusedError, match="its passphrase is needed"):
        read_backup(path, passphrase=None)


def test_nothing_of_the_content_can_be_read_without_the_passphrase(
    parts: tuple[Path, Manifest],
) -> None:
    plain = written(parts, passphrase=None).read_bytes()
    locked = written(parts, passphrase=PASSPHRASE).read_bytes()
    for told in (b"manifest", b"20261121", b"master.key", bytes(range(200))):
        assert told in plain
        assert told not in locked


def test_any_tar_takes_a_plain_backup(parts: tuple[Path, Manifest], tmp_path: Path) -> None:
    path = written(parts, passphrase=None)
    (tmp_path / "by-hand").mkdir()
    subprocess.run(["tar", "-xf", path, "-C", tmp_path / "by-hand"], check=True)
    assert part_of(tmp_path / "by-hand" / "enlaza.db") == parts[1].parts["enlaza.db"]


def test_a_newer_format_is_said_to_be_one(parts: tuple[Path, Manifest]) -> None:
    folder, manifest = parts
    path = written((folder, replace(manifest, format=2)), passphrase=None)
    with pytest.raises(BackupRefusedError, match="format 2"):
        read_backup(path, passphrase=None)


@pytest.mark.parametrize("extra", ["../../outside", "keys/another.key", "enlaza.dump"])
def test_a_part_that_does_not_belong_there_is_never_laid_down(
    parts: tuple[Path, Manifest], tmp_path: Path, extra: str
) -> None:
    folder, manifest = parts
    more = {**manifest.parts, extra: part_of(folder / "enlaza.db")}
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    target = folder / extra
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((folder / "enlaza.db").read_bytes())
    path = written((folder, replace(manifest, parts=more)), passphrase=None)
    with pytest.raises(BackupRefusedError, match="not a backup of Enlaza"):
        read_backup(path, passphrase=None, into=into)
    assert list(into.iterdir()) == []


def test_a_part_that_claims_more_than_the_file_holds_fills_no_disk(
    parts: tuple[Path, Manifest], tmp_path: Path
) -> None:
    # A sparse file of 512 bytes that says it is 64 MB of zeros.
    told = {name: {"size_bytes": 64 << 20, "sha256": "0" * 64} for name in NAMES}
    manifest = json.dumps(
        {
            "format": 1,
            "made_at": parts[1].made_at.isoformat(),
            "enlaza": "0.2.0",
            "database": "sqlite",
            "server": "3",
            "schema": "20261121_2340",
            "tables": {},
            "parts": told,
        }
    ).encode()
    hollow = tarfile.TarInfo("enlaza.db")
    hollow.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "enlaza.db",
        "GNU.sparse.realsize": str(64 << 20),
    }
    path = forged(
        tmp_path / "hollow",
        (tarfile.TarInfo(MANIFEST), manifest),
        (hollow, b"1\n0\n0\n".ljust(BLOCK, b"\0")),
    )
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BackupRefusedError, match="not a backup of Enlaza"):
        read_backup(path, passphrase=None, into=into)
    assert list(into.iterdir()) == []


def test_a_manifest_nested_without_end_is_refused(tmp_path: Path) -> None:
    nested = b'{"format":1,"parts":' + b"[" * 400_000
    path = forged(tmp_path / "nested", (tarfile.TarInfo(MANIFEST), nested))
    with pytest.raises(BackupRefusedError, match="not a backup of Enlaza"):
        read_backup(path, passphrase=None)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"not a backup", b"x" * 20_000])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert is_refused(tmp_path / "foreign", content, passphrase=None)
    assert is_refused(tmp_path / "foreign", content, passphrase=PASSPHRASE)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BackupRefusedError, match="No such file"):
        read_backup(tmp_path / "nothing", passphrase=None)
    with pytest.raises(BackupRefusedError, match="No such file"):
        needs_passphrase(tmp_path / "nothing")
