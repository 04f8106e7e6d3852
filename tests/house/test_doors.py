"""One door to write, one clock, no way past either."""

import ast
import re

from tests.support.house import called_names, parsed, python_files, relative

# `session.py` opens the doors, `writer.py` is the group commit behind one of them, `sqlite.py`
# the connection that refuses everybody else; the till keeps a queue of its own.
MAY_COMMIT = {
    "loyalty/db/session.py",
    "loyalty/db/writer.py",
    "loyalty/db/sqlite.py",
    "pos_plugin/queue.py",
}
# A Session made elsewhere would be a third door.
MAY_MAKE_SESSIONS = {"loyalty/db/session.py", "loyalty/db/writer.py"}
MAY_MAKE_ENGINES = {"loyalty/db/sqlite.py", "loyalty/db/postgres.py", "loyalty/db/migrate.py"}
MAY_TELL_TIME = {"loyalty/kernel/clock.py"}
NOW = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "dt.datetime.now"}


def callers(*, besides: set[str], of: set[str] | str) -> list[str]:
    """List who calls one of these names, or a method of this name, without being allowed to."""
    return [
        f"{relative(path)}:{line} {name}"
        for path in python_files()
        if relative(path) not in besides and not relative(path).startswith("bench/")
        for line, name in called_names(path)
        if (name.endswith(of) if isinstance(of, str) else name in of)
    ]


def savepoints() -> set[str]:
    """Name the savepoints that are let go by hand: `attempt = session.begin_nested()`."""
    return {
        f"{relative(path)} {target.id}.commit"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".begin_nested()")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_only_the_unit_of_work_commits() -> None:
    commits = callers(of=".commit", besides=MAY_COMMIT)
    of_savepoints = savepoints()
    rogue = [one for one in commits if re.sub(r":\d+", "", one) not in of_savepoints]
    assert rogue == [], "write inside `with database.unit_of_work(…)`; it commits"


def test_there_is_no_third_door_to_the_database() -> None:
    assert callers(of={"Session", "sessionmaker"}, besides=MAY_MAKE_SESSIONS) == [], (
        "sessions come from `unit_of_work` and `reading`"
    )
    assert callers(of={"create_engine"}, besides=MAY_MAKE_ENGINES) == [], (
        "engines are made in loyalty/db"
    )


def test_only_the_clock_tells_the_time() -> None:
    assert callers(of=NOW, besides=MAY_TELL_TIME) == [], "take the time from a Clock"
