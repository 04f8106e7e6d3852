"""A function fits a screen, a file has one subject."""

import ast

from tests.support.house import Function, parsed, python_files, relative

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70


def test_a_file_has_one_subject() -> None:
    lines = {
        relative(path): path.read_text(encoding="utf-8").count("\n")
        for path in python_files(with_tests=True)
    }
    assert {name: count for name, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_a_function_fits_a_screen() -> None:
    lines = {
        f"{relative(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files(with_tests=True)
        for node in ast.walk(parsed(path))
        if isinstance(node, Function)
    }
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_MAX} == {}
