"""The `enlaza` command. Each part is read when it is asked for: a short command starts quickly."""

import importlib
import os
from collections.abc import Mapping
from typing import Final

import click

from app.cli.refuse import told_plainly
from app.heap import staying

# Name of the command: module and name of the function.
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "backup": ("app.cli.backup", "backup"),
    "db": ("app.cli.database", "db"),
    "demo": ("app.cli.demo", "demo"),
    "integrator": ("app.cli.integrator", "integrator"),
    "keys": ("app.cli.keys", "keys"),
    "program": ("app.cli.program", "program"),
    "replay": ("app.cli.replay", "replay_group"),
    "restore": ("app.cli.backup", "restore"),
    "rollups": ("app.cli.rollups", "rollups"),
    "serve": ("app.cli.serve", "serve"),
    "sign-in-link": ("app.cli.program", "sign_in_link"),
    "till": ("app.cli.till", "till"),
    "verify": ("app.cli.verify", "verify"),
    "worker": ("app.cli.worker", "worker"),
}


class Parts(click.Group):
    """A command whose parts are imported when somebody names them, or asks for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every part."""
        return sorted(PARTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the part of this name; None when there is none."""
        if cmd_name not in PARTS:
            return None
        module, name = PARTS[cmd_name]
        with staying():
            found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command), "PARTS names commands"
        return found


@click.group(cls=Parts, context_settings={"help_option_names": ["-h", "--help"]})
def enlaza() -> None:
    """Link what people do in a neighborhood shop with what they do online."""


def main() -> None:
    """Run the command; what goes wrong is told in a sentence, not a traceback."""
    # Whatever a command leaves behind holds somebody's data: nobody else on the machine reads it.
    os.umask(0o077)
    with told_plainly():
        enlaza()
