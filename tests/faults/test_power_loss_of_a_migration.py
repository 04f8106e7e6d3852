"""The power goes while the tables are changed: each step is done whole or not at all."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loyalty.db.migrate import check, current, revisions, upgrade
from tests.support.power_loss import Log, cuts
from tests.support.recording_vfs import recorded
from tests.support.sizes import SIZE

SEED = 20_261_122

pytestmark = pytest.mark.prove


def migrate(url: str, log: Log) -> None:
    """Make the tables of the first version, then bring them to today's."""
    upgrade(url, revision=revisions()[0])
    log.acknowledge(revisions()[0])
    upgrade(url)
    log.acknowledge(revisions()[-1])


def test_a_migration_cut_short_is_done_by_the_next_start(folders: tuple[Path, Path]) -> None:
    work, images = folders
    url = f"sqlite:///{images / 'enlaza.db'}"
    log = recorded(work, lambda log: migrate(f"sqlite:///{work / 'enlaza.db'}", log))
    steps = (None, *revisions())
    rng, seen = random.Random(SEED), set()
    for disk in cuts(log, max(20, SIZE.images // 20), rng):
        disk.write_image(images, rng)
        with closing(sqlite3.connect(images / "enlaza.db")) as image:
            assert image.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = current(url)
        seen.add(found)
        told = max((steps.index(revision) for revision in disk.acknowledged), default=0)
        assert steps.index(found) >= told, f"{found} at {disk.place} of {log.length}"
        upgrade(url)
        assert check(url) == ()
    assert None in seen, "some cuts came before the first step was whole"
    assert len(seen) > 1
