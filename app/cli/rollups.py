"""`enlaza rollups`: the sums of the ledger by day, store, account and kind."""

import click

from app.settings import Settings
from app.start import services_for_command
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.rebuild_rollups import rebuild_rollups
from loyalty.programs.queries import programs


@click.group("rollups")
def rollups() -> None:
    """Look after the sums of the ledger."""


@rollups.command("rebuild")
@click.option("--program", "program_id", type=int, help="Only this program.")
def rebuild(program_id: int | None) -> None:
    """Add the ledger up again from its entries, while the service runs."""
    with services_for_command(Settings.from_env()) as services:
        with services.database.reading(NO_PROGRAM) as session:
            known = [(one.program_id, one.name) for one in programs(session)]
        for one, name in known:
            if program_id in (None, one):
                done = rebuild_rollups(services.database, one)
                click.echo(f"{name}: {done.blocks} blocks added up, {done.changed} put right")
