"""`enlaza keys`: the server's secrets and the rings that sign codes."""

import click

from app.keyfiles import add_link_secret, create_keys, keys_folder
from app.settings import Settings
from app.start import services_for_command
from loyalty.codes.keys import rotate_ring
from loyalty.db.session import NO_PROGRAM
from loyalty.programs.queries import programs


@click.group()
def keys() -> None:
    """Make the server's keys, or put new ones beside the old."""


@keys.command("create")
def create() -> None:
    """Make the three key files (mode 600); existing ones are never replaced."""
    settings = Settings.from_env()
    create_keys(settings.home)
    click.echo(f"Keys made in {keys_folder(settings.home)}. Keep a copy where nobody reads it.")


@keys.command("rotate")
@click.option("--program", "program_id", type=int, help="Only the code ring of this program.")
def rotate(program_id: int | None) -> None:
    """Sign with new keys from now on; what was signed before stays good.

    Without --program: the secrets of web links, and the code ring of every program. A running
    server takes the new link secret at its next start, the new code keys at once.
    """
    settings = Settings.from_env()
    with services_for_command(settings) as services:
        known = [program_id] if program_id else []
        if program_id is None:
            add_link_secret(settings.home)
            click.echo("Web links: a new secret signs; restart the server to use it.")
            with services.database.reading(NO_PROGRAM) as session:
                known = [one.program_id for one in programs(session)]
        for one in known:
            with services.database.unit_of_work(one) as session:
                at = services.tools.clock.now()
                key_id = rotate_ring(session, one, keys=services.tools.keys, at=at)
            click.echo(f"Program {one}: key {key_id} signs codes now.")
