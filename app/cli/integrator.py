"""`enlaza integrator`: let programs of others ask for the shop's news."""

from uuid import UUID

import click

from app.settings import Settings
from app.start import services_for_command
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.programs.integrators import (
    Scope,
    add_integrator,
    integrators_of,
    revoke_integrator,
)
from loyalty.programs.queries import program_by_id

WHO = "cli"


@click.group()
def integrator() -> None:
    """Give keys to programs that follow the shop."""


@integrator.command("add")
@click.argument("program_id", type=int, metavar="PROGRAM")
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([each.value for each in Scope]),
    multiple=True,
    default=[Scope.FEED.value],
    show_default=True,
    help="What it may ask for.",
)
def add(program_id: int, name: str, scopes: tuple[str, ...]) -> None:
    """Print the key of a new integrator; it is told once and cannot be read again."""
    with services_for_command(Settings.from_env()) as services:
        with services.database.unit_of_work(program_id) as session:
            if program_by_id(session, program_id) is None:
                message = f"there is no program {program_id}"
                raise click.ClickException(message)
            try:
                integrator_id, key = add_integrator(
                    session,
                    program_id,
                    name=name,
                    scopes={Scope(each) for each in scopes},
                    made_by=WHO,
                    at=services.tools.clock.now(),
                )
            except SettingInvalidError as error:
                message = f"this cannot be kept: {error}"
                raise click.ClickException(message) from None
        click.echo(f"Authorization: Bearer {program_id}.{integrator_id}.{key}")
        click.echo("Keep it where nobody reads it; it is not told again.")


@integrator.command("list")
@click.argument("program_id", type=int, metavar="PROGRAM")
def list_all(program_id: int) -> None:
    """Print who has a key, for what, when it was used last, and who gave it or took it back."""
    with (
        services_for_command(Settings.from_env()) as services,
        services.database.reading(program_id) as session,
    ):
        for one in integrators_of(session, program_id):
            seen = "never used" if one.last_seen_at is None else f"used {one.last_seen_at:%F %R}Z"
            state = seen
            if one.revoked_at is not None:
                # Keys that were taken back before this was kept have nobody beside them.
                who = f" by {one.revoked_by}" if one.revoked_by else ""
                state = f"revoked {one.revoked_at:%F %R}Z{who}"
            scopes = ",".join(sorted(one.scopes))
            made = f"made {one.made_at:%F %R}Z by {one.made_by}"
            click.echo(f"{one.integrator_id}  {scopes}  {made}  {state}  {one.name}")


@integrator.command("revoke")
@click.argument("program_id", type=int, metavar="PROGRAM")
@click.argument("integrator_id", type=UUID, metavar="INTEGRATOR")
def revoke(program_id: int, integrator_id: UUID) -> None:
    """Take a key back; it opens nothing from now on."""
    with services_for_command(Settings.from_env()) as services:
        at = services.tools.clock.now()
        try:
            with services.database.unit_of_work(program_id) as session:
                revoke_integrator(session, program_id, integrator_id, revoked_by=WHO, at=at)
        except NotFoundError:
            message = f"program {program_id} gave no key to {integrator_id}"
            raise click.ClickException(message) from None
        click.echo("Revoked.")
