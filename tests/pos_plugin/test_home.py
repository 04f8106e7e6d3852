"""A till's folder: private, whole, and honest about what it cannot read."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pos_plugin.client import Paired
from pos_plugin.home import Home, HomeError, NotPairedError, write_json

PAIRED = Paired(
    base_url="https://shop.example",
    program_id=7,
    till_id="t",
    key="a key",
    root_public=bytes(range(32)),
    till_name="Caja 1",
    store={"store_id": "s", "language": "es"},
    settings={"language": "es"},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "till")
    made.make()
    return made


def test_what_was_agreed_at_pairing_is_read_back_and_private(home: Home) -> None:
    home.write_paired(PAIRED)
    assert home.read_paired() == PAIRED
    assert stat.S_IMODE(home.paired_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert "a key" not in repr(home.read_paired())


def test_a_certificate_of_ones_own_is_kept_with_it(home: Home, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("a certificate")
    told = replace(PAIRED, ca_file=tmp_path / "own.pem")
    home.write_paired(told)
    (tmp_path / "own.pem").unlink()
    assert home.read_paired().ca_file == home.ca_file
    assert home.ca_file.read_text() == "a certificate"


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "till").mkdir(mode=0o755)
    Home(tmp_path / "till").make()
    assert stat.S_IMODE((tmp_path / "till").stat().st_mode) == 0o700


@pytest.mark.parametrize("trap", ["link", "file"])
def test_an_export_into_a_folder_of_everybodys_is_the_owners_only(
    tmp_path: Path, trap: str
) -> None:
    others = tmp_path / "others"
    others.write_text("somebody else's", encoding="utf-8")
    if trap == "link":
        (tmp_path / "export.json.new").symlink_to(others)
    else:
        (tmp_path / "export.json.new").touch(mode=0o666)
    write_json(tmp_path / "export.json", {"acts": []})
    assert others.read_text(encoding="utf-8") == "somebody else's"
    assert not (tmp_path / "export.json").is_symlink()
    assert stat.S_IMODE((tmp_path / "export.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"base_url": "x"})])
def test_a_file_that_cannot_be_read_is_told_apart_from_none(home: Home, content: str) -> None:
    with pytest.raises(NotPairedError):
        home.read_paired()
    home.paired_file.write_text(content)
    with pytest.raises(HomeError) as refusal:
        home.read_paired()
    assert not isinstance(refusal.value, NotPairedError)


def test_forgetting_takes_key_and_notes_and_leaves_the_queue(home: Home) -> None:
    home.write_paired(PAIRED)
    for file in (home.books_file, home.queue_file):
        file.write_text("x")
    home.forget_paired()
    home.forget_paired()
    assert [path.name for path in home.path.iterdir()] == ["queue.db"]


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENLAZA_TILL_HOME", str(tmp_path))
    assert Home.from_environment().path == tmp_path
    monkeypatch.delenv("ENLAZA_TILL_HOME")
    assert Home.from_environment().path == Path.home() / ".enlaza-till"
