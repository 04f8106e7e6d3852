"""`enlaza verify`: recompute what can be recomputed, and say what differs."""

import sys

import click

from app.settings import Settings
from app.start import services_for_command
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.verify import verify_program
from loyalty.points.seals.rules import HeadAsked, read_head
from loyalty.programs.queries import programs


@click.command()
@click.option("--program", "program_id", type=int, help="Only this program.")
@click.option(
    "--head", help="A head of the ledger that somebody kept, as its mail says it: BLOCK:HASH."
)
def verify(program_id: int | None, head: str | None) -> None:
    """Recompute ledger, balances and links; exit code 1 when anything differs.

    With --head (and --program) the ledger's chain is held against a head that was kept.
    """
    kept = _head(program_id, head) if head is not None else None
    found = 0
    with services_for_command(Settings.from_env()) as services:
        with services.database.reading(NO_PROGRAM) as session:
            known = [(one.program_id, one.name) for one in programs(session)]
        for one, name in known:
            if program_id not in (None, one):
                continue
            with services.database.reading(one) as session:
                findings = verify_program(session, one, tools=services.tools, head=kept)
            for finding in findings:
                click.echo(
                    f"{name}: {finding.invariant}: {finding.subject}: "
                    f"stored {finding.told}, recomputed {finding.found}"
                )
            found += len(findings)
            click.echo(f"{name}: {'all is well' if not findings else f'{len(findings)} differ'}")
    sys.exit(1 if found else 0)


def _head(program_id: int | None, text: str) -> HeadAsked:
    """Read a head that was kept.

    Errors: `click.UsageError` when it is none, or nobody says whose it is.
    """
    head = read_head(text)
    if head is None:
        message = "--head is BLOCK:HASH, the hash as 64 hex digits or as its eight words"
        raise click.UsageError(message)
    if program_id is None:
        message = "--head needs --program: each program has a chain of its own"
        raise click.UsageError(message)
    return head
