"""`enlaza verify`: recompute what can be recomputed, and say what differs."""

import sys

import click

from app.settings import Settings
from app.start import services_for_command
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.verify import verify_program
from loyalty.programs.queries import programs


@click.command()
@click.option("--program", "program_id", type=int, help="Only this program.")
def verify(program_id: int | None) -> None:
    """Recompute ledger, balances and links; exit code 1 when anything differs."""
    found = 0
    with services_for_command(Settings.from_env()) as services:
        with services.database.reading(NO_PROGRAM) as session:
            known = [(one.program_id, one.name) for one in programs(session)]
        for one, name in known:
            if program_id not in (None, one):
                continue
            with services.database.reading(one) as session:
                findings = verify_program(session, one, tools=services.tools)
            for finding in findings:
                click.echo(
                    f"{name}: {finding.invariant}: {finding.subject}: "
                    f"stored {finding.told}, recomputed {finding.found}"
                )
            found += len(findings)
            click.echo(f"{name}: {'all is well' if not findings else f'{len(findings)} differ'}")
    sys.exit(1 if found else 0)
