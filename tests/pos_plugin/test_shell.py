"""The page's files at the counter: the old ones until the new ones are whole."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from loyalty.wire.shell import LIST_PREFIX, WORKER, shell_version
from pos_plugin.shell import Shell, ShellError
from tests.browser.till.support import Shop, served_shop
from tests.support.places import copy_sqlite

FILES = {"/till/shell/es": b"<!doctype html>", "/static/till/js/main.js": b"export {};\n"}
BODY = b"self.addEventListener('fetch', () => {});\n"


class Shelf:
    """A service that serves some release, and may be cut, mixed or somebody else."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []
        self.told: dict[str, bytes] = {}

    @property
    def version(self) -> str:
        return shell_version([*self.files.items(), (WORKER, BODY)])

    def worker(self) -> bytes:
        names = ", ".join(f'"{address}"' for address in self.files)
        return (
            f'{LIST_PREFIX}{{"version": "{self.version}", "files": [{names}]}};\n'.encode() + BODY
        )

    def __call__(self, address: str) -> bytes:
        self.asked.append(address)
        if address in self.told:
            return self.told[address]
        return self.worker() if address == WORKER else self.files[address]


def version_of(shell: Shell) -> str | None:
    return shell.release.version if shell.release else None


def test_a_release_is_fetched_once_and_opens_after_a_restart(tmp_path: Path) -> None:
    shelf = Shelf(FILES)
    shell = Shell(tmp_path)
    assert shell.release is None
    assert shell.refresh(shelf)
    shelf.asked.clear()
    assert not shell.refresh(shelf)
    assert shelf.asked == [WORKER]
    again = Shell(tmp_path).release
    assert again is not None
    assert {address: again.files[address] for address in FILES} == FILES


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/static/till/js/main.js", b"export {"),  # cut on its way
        ("/static/till/js/main.js", b""),
        ("/static/till/js/main.js", b"x" * (4 * 1024 * 1024 + 1)),
        (WORKER, b"<!doctype html><title>Wi-Fi</title>"),  # a captive portal
        (WORKER, b'const SHELL = {"version": "../../etc", "files": ["/till/shell/es"]};\n'),
        (WORKER, LIST_PREFIX.encode() + b'{"version": "0123456789abcdef", "files": []};\n'),
        (
            WORKER,
            LIST_PREFIX.encode()
            + b'{"version": "0123456789abcdef", "files": ["/static/../../key"]};\n',
        ),
    ],
)
def test_what_is_not_a_whole_release_never_replaces_the_old_one(
    tmp_path: Path, address: str, body: bytes
) -> None:
    shell = Shell(tmp_path)
    shell.refresh(Shelf(FILES))
    old = version_of(shell)
    newer = Shelf({**FILES, "/static/till/js/main.js": b"export const newer = 1;\n"})
    newer.told[address] = body
    with pytest.raises(ShellError):
        shell.refresh(newer)
    assert version_of(shell) == version_of(Shell(tmp_path)) == old
    newer.told.clear()
    assert shell.refresh(newer)
    assert version_of(Shell(tmp_path)) == newer.version != old
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [newer.version]


def test_a_line_cut_in_the_middle_keeps_the_old_release(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.refresh(Shelf(FILES))
    old = version_of(shell)

    def cut(address: str) -> bytes:
        if address == WORKER:
            return Shelf({**FILES, "/till/shell/en": b"<!doctype html>en"}).worker()
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        shell.refresh(cut)
    assert version_of(shell) == version_of(Shell(tmp_path)) == old


def test_a_release_damaged_on_the_disk_is_fetched_again(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shelf = Shelf(FILES)
    shell.refresh(shelf)
    (tmp_path / shelf.version / "static/till/js/main.js").write_bytes(b"export {};")
    again = Shell(tmp_path)
    assert again.release is None
    assert again.refresh(shelf)


def test_the_join_code_is_shown_from_its_copy_without_a_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    picture = b'<?xml version="1.0"?><svg></svg>'
    assert shell.join_picture("SOL", lambda _address: picture) == picture
    assert shell.join_picture("SOL", None) == picture
    assert shell.join_picture("SOL", lambda _address: b"<html>portal") == picture
    assert shell.join_picture("LUNA", None) is None
    assert shell.join_picture("../paired", None) is None


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        yield served


def test_the_real_page_of_the_service_adds_up_to_its_version(shop: Shop, tmp_path: Path) -> None:
    kinds: dict[str, str] = {}

    def fetch(address: str) -> bytes:
        line = HTTPConnection(shop.base_url.removeprefix("http://"), timeout=10)
        line.request("GET", address)
        answer = line.getresponse()
        kinds[address] = answer.headers.get_content_type()
        body = answer.read()
        line.close()
        return body

    shell = Shell(tmp_path / "shell")
    assert shell.refresh(fetch)
    release = shell.release
    assert release is not None
    told = {address: release.media_type(address).partition(";")[0] for address in release.files}
    assert told == kinds
