"""`enlaza program` and `enlaza sign-in-link`: a real program, and a way in when mail is down."""

import click

from app.addresses import staff_sign_in_address
from app.settings import Settings
from app.start import services_for_command
from app.wiring import Services
from loyalty.journeys.create_program import ProgramDraft, create_program
from loyalty.journeys.sign_in import owner_sign_in_link
from loyalty.kernel.ids import random_program_id


@click.group()
def program() -> None:
    """Make programs."""


@program.command("create")
@click.option("--name", required=True, help="Name of the program, often that of the shop.")
@click.option("--store-name", help="Name of its first store; the program's name otherwise.")
@click.option("--slug", required=True, help="The store's public address: /S/<SLUG>.")
@click.option("--owner-email", required=True)
@click.option("--owner-name", required=True)
@click.option("--street", default="", help="Street and number, for pages and the poster.")
@click.option("--language", type=click.Choice(["es", "en"]), default="es", show_default=True)
@click.option("--time-zone", default="Europe/Madrid", show_default=True)
@click.option("--currency", default="EUR", show_default=True)
@click.option("--country", default="ES", show_default=True)
def create(**told: str) -> None:
    """Make a real, empty program with one store; prints the owner's sign-in link."""
    settings = Settings.from_env()
    with services_for_command(settings) as services:
        program_id = random_program_id()
        draft = ProgramDraft(
            name=told["name"],
            store_name=told["store_name"] or told["name"],
            slug=told["slug"],
            owner_email=told["owner_email"],
            owner_name=told["owner_name"],
            language=told["language"],
            time_zone=told["time_zone"],
            currency=told["currency"],
            country=told["country"],
            street=told["street"],
        )
        with services.database.unit_of_work(program_id) as session:
            create_program(session, draft, program_id=program_id, tools=services.tools)
        click.echo(f"Program {program_id} is ready.")
        click.echo(f"Shop page:     {settings.base_url}/S/{draft.slug.upper()}")
        click.echo(f"Owner sign-in: {staff_link(services, program_id, told['owner_email'])}")
        click.echo("The link works once, for ten minutes; `enlaza sign-in-link` makes another.")


@click.command("sign-in-link")
@click.argument("program_id", type=int, metavar="PROGRAM")
@click.argument("email")
def sign_in_link(program_id: int, email: str) -> None:
    """Print a link that signs EMAIL in to PROGRAM, once, within ten minutes."""
    with services_for_command(Settings.from_env()) as services:
        click.echo(staff_link(services, program_id, email))


def staff_link(services: Services, program_id: int, email: str) -> str:
    """Make a one-time sign-in link for a member of staff.

    Errors: `NotFoundError` when nobody in the program has that address.
    """
    with services.database.unit_of_work(program_id) as session:
        challenge_id = owner_sign_in_link(session, program_id, email, tools=services.tools)
    return staff_sign_in_address(services.settings, services.links, program_id, challenge_id)
