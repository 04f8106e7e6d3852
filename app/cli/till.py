"""`enlaza till`: pair a till without the owner's page, for installers and integrators."""

import click

from app.settings import Settings
from app.start import services_for_command
from loyalty.journeys.pair_till import offer_pairing
from loyalty.programs.queries import stores_of


@click.group()
def till() -> None:
    """Pair tills."""


@till.command("pair")
@click.argument("program_id", type=int, metavar="PROGRAM")
@click.argument("slug", metavar="STORE")
@click.option("--name", default="Caja 1", show_default=True, help="What the till is called.")
def pair(program_id: int, slug: str, name: str) -> None:
    """Print a pairing code for a till of STORE; it works once, for ten minutes."""
    settings = Settings.from_env()
    with services_for_command(settings) as services:
        with services.database.unit_of_work(program_id) as session:
            known = {one.slug: one.store_id for one in stores_of(session, program_id)}
            if slug.upper() not in known:
                message = f"program {program_id} has no store {slug.upper()}"
                raise click.ClickException(message)
            offer = offer_pairing(
                session,
                program_id,
                known[slug.upper()],
                till_name=name,
                staff_id=None,
                tools=services.tools,
            )
        click.echo(f"{settings.base_url}/till")
        click.echo(f"Pairing code: {offer.code}   (ten minutes, once)")
