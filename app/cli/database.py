"""`enlaza db`: bring the database to what this version needs, or look whether it is."""

import sys

import click

from app.settings import Settings
from loyalty.db.migrate import check as find_drift
from loyalty.db.migrate import upgrade as migrate


@click.group()
def db() -> None:
    """Bring the database up to date, or look whether it is."""


@db.command("upgrade")
def upgrade() -> None:
    """Make or migrate the tables; on PostgreSQL as the owner, granting the service its rights."""
    settings = Settings.from_env()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate(settings.admin_database_url or settings.database, service_url=settings.database)
    click.echo("The database is up to date.")


@db.command("check")
def check() -> None:
    """Say what differs from what this version needs; exit code 1 when something does."""
    settings = Settings.from_env()
    differences = find_drift(settings.admin_database_url or settings.database)
    for difference in differences:
        click.echo(difference)
    if differences:
        sys.exit(1)
    click.echo("The database is up to date.")
