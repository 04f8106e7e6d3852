"""What the agent writes about itself can be read by anybody who helps."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_plugin.journal import FILE_BYTES, FILES, blot, start_journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    logger = logging.getLogger("enlaza_till")
    before = list(logger.handlers)
    start_journal(tmp_path / "agent.log")
    yield tmp_path / "agent.log"
    for handler in [one for one in logger.handlers if one not in before]:
        logger.removeHandler(handler)
        handler.close()
    logging.raiseExceptions = True


def test_codes_keys_and_addresses_are_blotted_out() -> None:
    code = "BCDEFGHIJKLNOPRSTUVX" * 7
    text = f"{code} 7.0a1b2c3d-1111.{'0a' * 32} {'7e' * 32} ana@example.org"
    assert blot(text) == "[code] [token] [secret] [mail]"


def test_a_traceback_is_blotted_out_too(journal: Path) -> None:
    try:
        int("ana@example.org")
    except ValueError:
        logging.getLogger("enlaza_till.sync").exception("a round failed")
    told = journal.read_text(encoding="utf-8")
    assert "a round failed" in told
    assert "ana@" not in told


def test_the_file_turns_over_and_every_part_is_private(journal: Path) -> None:
    for _ in range(3 * FILE_BYTES // 1_000):
        logging.getLogger("enlaza_till").info("x y " * 250)
    parts = sorted(journal.parent.glob("agent.log*"))
    assert 2 <= len(parts) <= FILES + 1
    assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}
    assert all(part.stat().st_size <= FILE_BYTES for part in parts)


def test_a_place_that_cannot_be_written_ends_only_the_file(tmp_path: Path) -> None:
    logger = logging.getLogger("enlaza_till")
    before = list(logger.handlers)
    start_journal(tmp_path / "nowhere" / "agent.log")
    added = [one for one in logger.handlers if one not in before]
    assert len(added) == 1
    logger.removeHandler(added[0])
