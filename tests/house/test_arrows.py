"""Imports run one way; a till runs without the server."""

import subprocess
import sys
from pathlib import Path

from tests.support.house import ROOT, python_files, relative

SERVER_PARTS = {
    "flask",
    "apiflask",
    "sqlalchemy",
    "pydantic",
    "itsdangerous",
    "huey",
    "alembic",
    "app",
    "loyalty.db",
    "loyalty.kernel",
    "loyalty.journeys",
}


def modules_of(package: str) -> list[str]:
    return [
        relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in python_files()
        if relative(path).startswith(package) and not path.name.startswith("__main__")
    ]


def test_the_arrows_of_the_house_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_till_loads_no_server_code() -> None:
    modules = modules_of("pos_plugin") + modules_of("loyalty/wire")
    probe = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert SERVER_PARTS & set(loaded.stdout.split()) == set()


def test_a_room_has_only_the_drawers_of_a_room() -> None:
    nobodys = {"utils.py", "helpers.py", "services.py", "common.py", "misc.py"}
    found = [relative(path) for path in python_files() if path.name in nobodys]
    assert found == [], "a place without an owner"
