import stat
from pathlib import Path

import pytest

from app.keyfiles import KeyFilesError, add_link_secret, create_keys, has_keys, read_keys

NAMES = ("master.key", "root.key", "links.key")


def test_made_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    made = create_keys(tmp_path)
    assert read_keys(tmp_path) == made
    assert len(made.master) == len(made.root_private) == 32
    for name in NAMES:
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


def test_two_servers_never_have_the_same_keys(tmp_path: Path) -> None:
    one, other = create_keys(tmp_path / "one"), create_keys(tmp_path / "other")
    assert one.master != other.master
    assert one.root_private != other.root_private
    assert one.link_secrets != other.link_secrets


def test_keys_are_never_replaced(tmp_path: Path) -> None:
    made = create_keys(tmp_path)
    with pytest.raises(KeyFilesError, match="exists"):
        create_keys(tmp_path)
    assert read_keys(tmp_path) == made


def test_without_keys_nothing_starts(tmp_path: Path) -> None:
    assert not has_keys(tmp_path)
    with pytest.raises(KeyFilesError, match="missing"):
        read_keys(tmp_path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700])
def test_keys_that_others_may_read_are_refused(tmp_path: Path, name: str, mode: int) -> None:
    create_keys(tmp_path)
    (tmp_path / "keys" / name).chmod(mode)
    with pytest.raises(KeyFilesError, match="chmod 600"):
        read_keys(tmp_path)


DAMAGED = ["", "00", "zz" * 32, "00" * 31, "ñ" * 64]


@pytest.mark.parametrize(
    ("name", "text"),
    # A link secret is any long text, so sixty-four z are one.
    [
        (name, text)
        for name in NAMES
        for text in DAMAGED
        if (name, text) != ("links.key", "zz" * 32)
    ],
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, name: str, text: str) -> None:
    create_keys(tmp_path)
    path = tmp_path / "keys" / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeyFilesError):
        read_keys(tmp_path)


def test_a_new_link_secret_stands_last_and_the_old_ones_stay(tmp_path: Path) -> None:
    before = create_keys(tmp_path).link_secrets
    add_link_secret(tmp_path)
    after = read_keys(tmp_path).link_secrets
    assert after[:-1] == before
    assert len(after) == 2
    assert {path.name for path in (tmp_path / "keys").iterdir()} == set(NAMES)
