"""What is told of the last backup."""

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.backups import RECORD, BackupFacts, last_backup, remember_backup

FACTS = BackupFacts(
    made_at=datetime(2026, 11, 22, 3, 15, tzinfo=UTC),
    path="/var/backups/enlaza/enlaza-20261122T031500Z.tar",
    size_bytes=1_234_567,
    encrypted=False,
    checked=True,
    rows=4_194,
    seconds=1.5,
)


def test_without_a_backup_nothing_is_told(tmp_path: Path) -> None:
    assert last_backup(tmp_path) is None


def test_the_last_backup_is_told_and_its_note_is_private(tmp_path: Path) -> None:
    remember_backup(tmp_path, FACTS)
    remember_backup(tmp_path, replace(FACTS, encrypted=True))
    assert last_backup(tmp_path) == replace(FACTS, encrypted=True)
    assert [path.name for path in tmp_path.iterdir()] == [RECORD]
    assert stat.S_IMODE((tmp_path / RECORD).stat().st_mode) == 0o600


@pytest.mark.parametrize("note", ["", "{", "[]", "null", '{"made_at": "yesterday"}', "\x00"])
def test_a_note_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, note: str) -> None:
    (tmp_path / RECORD).write_text(note, encoding="utf-8")
    assert last_backup(tmp_path) is None
