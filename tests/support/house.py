"""The house as its rules see it: tracked files, parsed once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE_ROOMS = ("loyalty", "app", "pos_plugin", "bench", "tools")
GENERATED = "loyalty/db/migrations/versions/"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked_files() -> tuple[Path, ...]:
    """List what git keeps, and in a tree without git everything that is not ignored by habit."""
    try:
        told = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        skip = {".venv", "var", "node_modules", "__pycache__", "build", "dist"}
        found = (path for path in ROOT.rglob("*") if path.is_file())
        return tuple(
            path for path in found if not any(p.startswith(".") or p in skip for p in path.parts)
        )
    paths = (ROOT / name for name in told.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def relative(path: Path) -> str:
    """Say where a file is, as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def python_files(*, with_tests: bool = False) -> tuple[Path, ...]:
    """List our Python files, without what a machine wrote."""
    rooms = (*CODE_ROOMS, "tests") if with_tests else CODE_ROOMS
    return tuple(
        path
        for path in tracked_files()
        if path.suffix == ".py"
        and relative(path).split("/")[0] in rooms
        and not relative(path).startswith(GENERATED)
    )


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def called_names(path: Path) -> list[tuple[int, str]]:
    """List the dotted names a file calls, with their lines: `session.commit`, `datetime.now`."""
    return [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    ]
