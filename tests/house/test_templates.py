"""Templates show; they do not count, ask or decide who may."""

from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.support.house import ROOT, relative, tracked_files

# What a page may call besides macros: texts, addresses, tokens, and what has no argument.
MAY_CALL = {
    "_",
    "gettext",
    "ngettext",
    "url_for",
    "csp_nonce",
    "csrf_token",
    "language",
    "caller",
    "super",
    "get_flashed_messages",
}
# `loop` is Jinja's own; a typed form gives back what was typed: `page.form.value("name")`.
MAY_CALL_METHODS = {"loop.cycle", "loop.changed"}
MAY_LOOK_UP = {"value"}
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
TEMPLATES = sorted(
    path
    for path in tracked_files()
    if relative(path).startswith("templates/") and path.suffix in {".html", ".txt", ".svg"}
)


def parse(path: Path) -> nodes.Template:
    source = path.read_text(encoding="utf-8")
    return Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True).parse(
        source, filename=str(path)
    )


def macros_of(tree: nodes.Template) -> set[str]:
    """Name the macros a template defines or imports, and the modules it imports them in."""
    names = {macro.name for macro in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in imported.names}
    return names | {imported.target for imported in tree.find_all(nodes.Import)}


def dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{dotted(node.node)}.{node.attr}"
    return "?"


def may_be_called(call: nodes.Call, macros: set[str]) -> bool:
    name = dotted(call.node)
    head, _, method = name.partition(".")
    if not method:
        return name in MAY_CALL | macros
    is_look_up = name.rpartition(".")[2] in MAY_LOOK_UP and all(
        isinstance(argument, nodes.Const | nodes.Name | nodes.Getattr) for argument in call.args
    )
    return head in macros or name in MAY_CALL_METHODS or is_look_up


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_shows_and_does_nothing_else(path: Path) -> None:
    tree = parse(path)
    macros = macros_of(tree)
    counted = [f"line {node.lineno}" for node in tree.find_all(ARITHMETIC)]
    assert counted == [], "amounts and counts are made in the page object"
    called = [
        f"line {call.lineno}: {dotted(call.node)}()"
        for call in tree.find_all(nodes.Call)
        if not may_be_called(call, macros)
    ]
    assert called == [], "ask in the view, and give the page object the answer"
    done = [f"line {node.lineno}" for node in tree.find_all(nodes.ExprStmt)]
    assert done == [], "`do` does something"


def test_there_are_templates() -> None:
    assert TEMPLATES
    assert (ROOT / "templates" / "problem.html").is_file()
