"""The `enlaza` command."""

import os

import click

from app.cli.backup import backup, restore
from app.cli.database import db
from app.cli.demo import demo
from app.cli.integrator import integrator
from app.cli.keys import keys
from app.cli.program import program, sign_in_link
from app.cli.refuse import told_plainly
from app.cli.replay import replay_group
from app.cli.serve import serve, worker
from app.cli.till import till
from app.cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def enlaza() -> None:
    """Link what people do in a neighborhood shop with what they do online."""


for command in (
    serve,
    worker,
    demo,
    program,
    sign_in_link,
    till,
    integrator,
    keys,
    db,
    verify,
    backup,
    restore,
    replay_group,
):
    enlaza.add_command(command)


def main() -> None:
    """Run the command; what goes wrong is told in a sentence, not a traceback."""
    # Whatever a command leaves behind holds somebody's data: nobody else on the machine reads it.
    os.umask(0o077)
    with told_plainly():
        enlaza()
