"""Every command has its line in the reference, and the reference names no other."""

import argparse
import re

import click

from app.cli import enlaza
from pos_plugin.cli import make_parser
from tests.support.house import ROOT


def commands(group: click.Group, above: str = "enlaza") -> set[str]:
    found = set()
    asked = click.Context(group)
    for name in group.list_commands(asked):
        command = group.get_command(asked, name)
        assert command is not None, name
        assert command.name == name, "a command is found under its own name"
        path = f"{above} {name}"
        found |= commands(command, path) if isinstance(command, click.Group) else {path}
    return found


def till_commands() -> set[str]:
    parser = make_parser()
    (commands,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return {f"{parser.prog} {name}" for name in commands.choices}


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    told = {re.sub(r" [A-Z ]+$", "", row) for row in rows}
    assert told == commands(enlaza) | till_commands()
