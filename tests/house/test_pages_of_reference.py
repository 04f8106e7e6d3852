"""Every refusal and every outcome has its page, its text, its status and its test."""

import ast
import importlib
import pkgutil
from dataclasses import fields

import app.factory
import loyalty
from app.problem_texts import PROBLEM_TEXTS
from app.problems import STATUS
from app.settings import Settings
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal
from tests.support.house import ROOT, parsed, relative, tracked_files

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def error_classes() -> dict[Refusal, set[str]]:
    """Say which classes raise each refusal, in the domain and in the service."""
    assert app.factory
    for found in pkgutil.walk_packages(loyalty.__path__, "loyalty."):
        if ".migrations" not in found.name:
            importlib.import_module(found.name)
    classes: dict[Refusal, set[str]] = {}
    waiting = [LoyaltyError]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if "code" in vars(one):
            classes.setdefault(one.code, set()).add(one.__name__)
    return classes


def words_of_tests() -> set[str]:
    """List every name and every text that stands in a test."""
    words: set[str] = set()
    for path in tracked_files():
        name = relative(path)
        if path.suffix != ".py" or not name.startswith("tests/") or "/house/" in name:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
    return words


def test_every_refusal_has_a_status_and_a_text() -> None:
    assert set(STATUS) == set(Refusal)
    assert set(PROBLEM_TEXTS) == set(Refusal)


def test_every_refusal_has_a_page() -> None:
    text = page("refusals.md")
    assert [code for code in Refusal if f"`{code}`" not in text] == []


def test_every_refusal_has_a_test() -> None:
    words, classes = words_of_tests(), error_classes()
    untested = {
        code for code in Refusal if not words & {code.value, code.name, *classes.get(code, set())}
    }
    assert untested == set()


def test_every_outcome_of_a_code_is_explained() -> None:
    text = page("codes.md")
    assert [outcome for outcome in CodeOutcome if f"`{outcome}`" not in text] == []


def test_every_outcome_of_a_code_has_a_test() -> None:
    words = words_of_tests()
    untested = {one for one in CodeOutcome if not words & {one.value, one.name}}
    assert untested == set()


def test_every_setting_has_its_line() -> None:
    text = page("settings.md")
    names = [one.metadata["env"] for one in fields(Settings)]
    assert [name for name in names if f"`{name}`" not in text] == []
