"""Each thing in its room: routes are thin, settings are read once, pages ask and do not join."""

import ast

from loyalty.schema import metadata
from tests.support.house import Function, called_names, parsed, python_files, relative

ROUTE_LINES_MAX = 25
MAY_READ_ENVIRONMENT = ("app/settings.py", "app/cli/", "app/wsgi.py", "pos_plugin/", "bench/")
MAY_USE_PYDANTIC = ("app/schemas/", "app/problems.py")


def imports_of(tree: ast.Module) -> set[str]:
    """Name every module a file imports, and what it takes from it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_in(*rooms: str) -> list[tuple[str, ast.Module]]:
    return [(relative(p), parsed(p)) for p in python_files() if relative(p).startswith(rooms)]


def body_lines(function: Function) -> int:
    """Count a function's lines without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_a_route_reads_acts_and_answers() -> None:
    fat = {
        f"{name}:{node.lineno} {node.name}": body_lines(node)
        for name, tree in files_in("app/")
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and any(ast.unparse(one).startswith("bp.") for one in node.decorator_list)
        and body_lines(node) > ROUTE_LINES_MAX
    }
    assert fat == {}, "a story belongs to a journey, a page to its page object"


def test_the_service_writes_no_queries() -> None:
    statements = {f"sqlalchemy.{verb}" for verb in ("select", "insert", "update", "delete")}
    writers = {
        name: sorted(statements & imports_of(tree))
        for name, tree in files_in("app/", "pos_plugin/")
        if statements & imports_of(tree)
    }
    assert writers == {}, "ask a room's queries.py, or a journey"


def test_settings_are_read_in_one_place() -> None:
    readers = [
        name
        for name, tree in files_in("app/", "loyalty/")
        if not name.startswith(MAY_READ_ENVIRONMENT)
        and any(
            ast.unparse(n) in {"os.environ", "os.getenv"}
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute)
        )
    ]
    assert readers == [], "add it to app/settings.py"


def test_pydantic_reads_requests_and_nothing_else() -> None:
    users = [
        name
        for name, tree in files_in("app/")
        if not name.startswith(MAY_USE_PYDANTIC)
        and any(one.split(".")[0] == "pydantic" for one in imports_of(tree))
    ]
    assert users == []


def test_money_and_points_are_whole() -> None:
    for table in metadata.sorted_tables:
        for column in table.columns:
            kind = str(column.type).upper()
            assert not {"FLOAT", "NUMERIC", "REAL", "DECIMAL"} & set(kind.split("(")), column


def test_nothing_is_loaded_behind_the_back() -> None:
    found = [
        f"{relative(path)}:{line}"
        for path in python_files()
        for line, name in called_names(path)
        if name.split(".")[-1] in {"relationship", "backref"}
    ]
    assert found == [], "ask for what you need in a query"
