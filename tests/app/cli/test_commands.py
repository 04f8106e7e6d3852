"""The command line as an operator uses it: a data folder of its own, nothing running before."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import enlaza

REAL = {"ENLAZA_PUBLIC_URL": "https://card.example", "ENLAZA_PROXY_HOPS": "1"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in [
        name for name in os.environ if name.startswith("ENLAZA_") or name == "DATABASE_URL"
    ]:
        if not name.startswith("ENLAZA_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ENLAZA_HOME", str(tmp_path))

    def run_command(*words: str, **environ: str) -> Result:
        return CliRunner().invoke(enlaza, list(words), env=environ)

    return run_command


def test_a_real_program_is_made_beside_nothing_and_its_owner_gets_a_link(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    assert run("keys", "create", **REAL).exit_code == 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert run("db", "upgrade", **REAL).exit_code == 0
    assert "up to date" in run("db", "check", **REAL).output
    made = run(
        *("program", "create", "--name", "Ultramarinos Candela", "--slug", "candela"),
        *("--owner-email", "amparo@example.org", "--owner-name", "Amparo"),
        **REAL,
    )
    assert made.exit_code == 0, made.output
    assert "https://card.example/S/CANDELA" in made.output
    assert "https://card.example/sign-in/" in made.output
    assert "all is well" in run("verify", **REAL).output


def test_keys_are_never_replaced(run: Callable[..., Result], tmp_path: Path) -> None:
    run("keys", "create", **REAL)
    before = (tmp_path / "keys" / "master.key").read_bytes()
    again = run("keys", "create", **REAL)
    assert again.exit_code != 0
    assert (tmp_path / "keys" / "master.key").read_bytes() == before


def test_the_demo_says_how_to_get_in_and_is_made_once(run: Callable[..., Result]) -> None:
    first = run("demo", "--json", PORT="8123")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["base_url"] == "http://127.0.0.1:8123"
    assert told["stores"] == ["HORNO", "FRUTERIA"]
    assert told["till_key"].count(".") == 2
    again = json.loads(run("demo", "--json", PORT="8123").stdout)
    assert again["program_id"] == told["program_id"]
    assert again["owner_sign_in_link"] != told["owner_sign_in_link"]
    assert "all is well" in run("verify", ENLAZA_DEMO="1").output


def test_a_first_start_that_was_stopped_half_way_is_finished_by_the_next(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    first = json.loads(run("demo", "--json").stdout)
    (tmp_path / "demo-till.key").unlink()
    again = json.loads(run("demo", "--json").stdout)
    assert again["program_id"] == first["program_id"]
    assert again["till_key"] != first["till_key"]


def test_rotated_keys_sign_and_old_codes_stay_good(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    run("demo", "--json")
    before = (tmp_path / "keys" / "links.key").read_text().split()
    rotated = run("keys", "rotate", ENLAZA_DEMO="1")
    assert rotated.exit_code == 0, rotated.output
    after = (tmp_path / "keys" / "links.key").read_text().split()
    assert after[:-1] == before
    assert "signs codes now" in rotated.output
    assert "all is well" in run("verify", ENLAZA_DEMO="1").output


def test_a_till_is_offered_a_pairing_code(run: Callable[..., Result]) -> None:
    program_id = json.loads(run("demo", "--json").stdout)["program_id"]
    offered = run("till", "pair", str(program_id), "horno", ENLAZA_DEMO="1")
    assert offered.exit_code == 0, offered.output
    assert "Pairing code: " in offered.output
    assert run("till", "pair", str(program_id), "NADA", ENLAZA_DEMO="1").exit_code == 1


@pytest.mark.parametrize("missing", sorted(REAL))
def test_outside_the_demo_nothing_is_guessed(tmp_path: Path, missing: str) -> None:
    environ = {**os.environ, **REAL, "ENLAZA_HOME": str(tmp_path)}
    del environ[missing]
    asked = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "serve"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert f"{missing} is required" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_without_keys_the_service_refuses_to_start(tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "serve"],
        env={**os.environ, **REAL, "ENLAZA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert "enlaza keys create" in asked.stderr


def test_a_taken_port_is_said_in_a_sentence_before_anything_is_promised(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        asked = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", "serve", "--demo"],
            env={**os.environ, "ENLAZA_HOME": str(tmp_path), "PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert asked.returncode == 1
    assert f"port {port} is taken" in asked.stderr
    assert "ready" not in asked.stdout


def test_a_program_that_follows_the_shop_gets_a_key_that_can_be_taken_back(
    run: Callable[..., Result],
) -> None:
    run("keys", "create", **REAL)
    run("db", "upgrade", **REAL)
    made = run(
        *("program", "create", "--name", "Ultramarinos Candela", "--slug", "candela"),
        *("--owner-email", "amparo@example.org", "--owner-name", "Amparo"),
        **REAL,
    )
    found = re.search(r"/sign-in/([0-9]+)", made.output)
    assert found is not None, made.output
    program = found[1]
    told = run("integrator", "add", program, "Contabilidad", **REAL)
    key = re.search(r"Authorization: Bearer ([0-9]+)\.([0-9a-f-]{36})\.[0-9a-f]{64}", told.output)
    assert key is not None, told.output
    assert key[1] == program
    listed = run("integrator", "list", program, **REAL).output
    assert re.search(rf"{key[2]}  feed  made \S+ \S+Z by cli  never used  Contabilidad", listed)
    assert run("integrator", "revoke", program, key[2], **REAL).exit_code == 0
    listed = run("integrator", "list", program, **REAL).output
    assert re.search(r"  revoked \S+ \S+Z by cli  Contabilidad", listed)
    for wrong in (
        ("add", "1", "Nadie"),
        ("add", program, " "),
        ("revoke", program, "0" * 32),
        ("add", program, "Otra", "--scope", "all"),
    ):
        refused = run("integrator", *wrong, **REAL)
        assert refused.exit_code != 0
        assert "Traceback" not in refused.output
