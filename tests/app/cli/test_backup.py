"""`enlaza backup` and `enlaza restore` as an operator types them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.backup_file import BackupRefusedError
from app.cli import enlaza
from app.cli.backup import backup, restore
from tests.support.house import ROOT

PASSPHRASE = "four words of the baker"
REAL = {"ENLAZA_PUBLIC_URL": "https://card.example", "ENLAZA_PROXY_HOPS": "1"}
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in [
        name for name in os.environ if name.startswith("ENLAZA_") or name == "DATABASE_URL"
    ]:
        if not name.startswith("ENLAZA_TEST"):
            monkeypatch.delenv(name)

    def run_command(*words: object, home: str = "home", typed: str = "", **more: str) -> Result:
        environ = {"ENLAZA_HOME": str(tmp_path / home), **REAL, **more}
        return CliRunner().invoke(
            enlaza, [str(word) for word in words], env=environ, input=typed or None
        )

    return run_command


@pytest.fixture
def shop(run: Run) -> None:
    """A service with one program."""
    owner = ("--owner-email", "amparo@example.org", "--owner-name", "Amparo")
    made = ("program", "create", "--name", "Ultramarinos", "--slug", "candela", *owner)
    for words in (("keys", "create"), ("db", "upgrade"), made):
        assert run(*words).exit_code == 0


def told(result: Result) -> str:
    """Say why a command was refused, as `main` prints it."""
    assert isinstance(result.exception, BackupRefusedError), result.output
    return str(result.exception)


@pytest.mark.usefixtures("shop")
def test_a_backup_says_where_it_is_and_a_restore_what_it_found(run: Run, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "out")
    assert made.exit_code == 0, made.output
    path = next((tmp_path / "out").iterdir())
    assert str(path) in made.output
    assert "NOT encrypted: it holds the keys" in made.output
    checked = run("restore", "--check", path)
    assert "Every byte is right" in checked.output
    restored = run("restore", path, home="new")
    assert restored.exit_code == 0, restored.output
    assert "(1 programs: all is well)" in restored.output
    assert "all is well" in run("verify", home="new").output
    assert "never overwrites" in told(run("restore", path, home="new"))


@pytest.mark.usefixtures("shop")
def test_a_passphrase_comes_from_a_file_the_environment_or_the_keyboard(
    run: Run, tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    secret.chmod(0o600)
    by_file = run("backup", tmp_path / "file", "--passphrase-file", secret)
    by_environ = run("backup", tmp_path / "environ", ENLAZA_BACKUP_PASSPHRASE=PASSPHRASE)
    typed = run("backup", tmp_path / "typed", "--encrypt", typed=f"{PASSPHRASE}\n")
    for made in (by_file, by_environ, typed):
        assert made.exit_code == 0, made.output
        assert "without the passphrase nobody restores it" in made.output
        assert PASSPHRASE not in made.output
    for folder in ("file", "environ", "typed"):
        path = next((tmp_path / folder).iterdir())
        assert run("restore", "--check", path, typed=f"{PASSPHRASE}\n").exit_code == 0
    path = next((tmp_path / "file").iterdir())
    wrong = run("restore", "--check", path, typed="four words of a guest\n")
    assert "not the one this backup was made with" in told(wrong)
    assert "a passphrase is needed" in told(run("restore", "--check", path))


@pytest.mark.usefixtures("shop")
def test_a_passphrase_that_protects_nothing_is_refused(run: Run, tmp_path: Path) -> None:
    out, secret = tmp_path / "out", tmp_path / "passphrase"
    assert "12 letters" in told(run("backup", out, ENLAZA_BACKUP_PASSPHRASE="short"))
    assert "cannot be read" in told(run("backup", out, "--passphrase-file", secret))
    secret.write_text("\n")
    secret.chmod(0o600)
    assert "is empty" in told(run("backup", out, ENLAZA_BACKUP_PASSPHRASE_FILE=str(secret)))
    secret.write_text(PASSPHRASE)
    secret.chmod(0o644)
    assert "chmod 600" in told(run("backup", out, "--passphrase-file", secret))
    assert not out.exists()


@pytest.mark.usefixtures("shop")
def test_the_newest_are_kept_and_what_went_is_told(run: Run, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "out", "--keep", "1").exit_code == 0
    second = run("backup", tmp_path / "out", "--keep", "1")
    assert second.output.count("deleted enlaza-") == 1
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_the_guide_says_what_the_commands_take() -> None:
    guide = (ROOT / "docs" / "guide" / "backup.md").read_text(encoding="utf-8")
    for command in (backup, restore):
        for option in command.params:
            hidden = getattr(option, "hidden", False)
            long = [text for text in option.opts if text.startswith("--")]
            assert hidden or not long or long[0] in guide, f"{long} of enlaza {command.name}"
