"""What the tests of trouble share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.days import wait_past_midnight


@pytest.fixture(autouse=True)
def one_day() -> None:
    """Let no day end in the middle of a test: with it a till forgets whom it knew."""
    wait_past_midnight()


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """Two folders in memory, where there is one: to work in, and for images."""
    memory = Path("/dev/shm")  # noqa: S108  thousands of images need no disk
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        work, images = Path(made) / "work", Path(made) / "images"
        work.mkdir()
        images.mkdir()
        yield work, images
