"""`enlaza demo`: the demo program, and how to get in."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import click

from app.cli.program import staff_link
from app.demo import demo_program, make_demo, pair_demo_till
from app.demo_street import BAKERY, CASHIER_NAME, CASHIER_PIN, GREENGROCER, OWNER_EMAIL
from app.keyfiles import create_keys, has_keys
from app.settings import Settings
from app.start import services_for_command
from app.wiring import Services
from loyalty.db.migrate import upgrade
from loyalty.journeys.pair_till import offer_pairing
from loyalty.programs.queries import stores_of


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Where the demo is and how to sign in to each part."""

    base_url: str
    program_id: int
    stores: list[str]
    shopper_page: str
    till_page: str
    till_key: str
    till_pairing_code: str
    cashier: str
    cashier_pin: str
    owner_page: str
    owner_email: str
    owner_sign_in_link: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def demo(*, as_json: bool) -> None:
    """Make the demo if it is not there yet, and say how to get in."""
    settings = demo_settings()
    prepare_demo(settings)
    if as_json:
        click.echo(json.dumps(asdict(ways_in(settings)), ensure_ascii=False, indent=2))
    else:
        tell_demo(settings)


def demo_settings() -> Settings:
    """Read the settings as the demo's, whatever the environment says about it."""
    return Settings.from_env({**os.environ, "ENLAZA_DEMO": "1"})


def prepare_demo(settings: Settings) -> None:
    """Make keys, database and demo program on first start; later starts change nothing."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not has_keys(settings.home):
        create_keys(settings.home)
    upgrade(settings.admin_database_url or settings.database, service_url=settings.database)
    with services_for_command(settings) as services:
        program_id = demo_program(services.database)
        if program_id is None:
            click.echo("Making a small street to try things in …", err=True)
            till = make_demo(services.database, services.tools)["horno"]
        elif not _key_file(settings).exists():
            # A first start that was stopped half-way: the street stays as far as it came.
            store_id = _bakery(services, program_id)
            till = pair_demo_till(services.database, program_id, store_id, tools=services.tools)
        else:
            return
        _keep(_key_file(settings), f"{till.program_id}.{till.till_id}.{till.key}")


def ways_in(settings: Settings) -> WaysIn:
    """Say how to get in; makes a fresh sign-in link and pairing code each time."""
    with services_for_command(settings) as services:
        program_id = demo_program(services.database)
        assert program_id is not None, "the demo was just prepared"
        return WaysIn(
            base_url=settings.base_url,
            program_id=program_id,
            stores=[BAKERY.slug, GREENGROCER.slug],
            shopper_page=f"{settings.base_url}/S/{BAKERY.slug}",
            till_page=f"{settings.base_url}/till",
            till_key=_key_file(settings).read_text(encoding="ascii").strip(),
            till_pairing_code=_pairing_code(services, program_id),
            cashier=CASHIER_NAME,
            cashier_pin=CASHIER_PIN,
            owner_page=f"{settings.base_url}/admin",
            owner_email=OWNER_EMAIL,
            owner_sign_in_link=staff_link(services, program_id, OWNER_EMAIL),
        )


def tell_demo(settings: Settings) -> None:
    """Print the ways in, in plain words."""
    ways = ways_in(settings)
    code = ways.till_pairing_code
    click.echo(
        f"""
  Enlaza: a demo street is ready.

  Start here       {ways.base_url}/
                   phone and till side by side: one computer is enough

  Shopper's page   {ways.shopper_page}
                   one tap and there is a card; nothing to sign in to
  Till             {ways.till_page}
                   pairing code {code[:4]} {code[4:]}  (ten minutes; later: owner's page)
                   cashier {ways.cashier}, PIN {ways.cashier_pin}
  Owner's page     {ways.owner_sign_in_link}
                   (works once, ten minutes; then `make demo` prints another)
  Mail             {ways.base_url}/outbox
                   what would be sent lands here
"""
    )


def _bakery(services: Services, program_id: int) -> UUID:
    with services.database.reading(program_id) as session:
        stores = stores_of(session, program_id)
    return next(store.store_id for store in stores if store.slug == BAKERY.slug)


def _pairing_code(services: Services, program_id: int) -> str:
    store_id = _bakery(services, program_id)
    with services.database.unit_of_work(program_id) as session:
        offer = offer_pairing(
            session,
            program_id,
            store_id,
            till_name="Caja 2",
            staff_id=None,
            tools=services.tools,
        )
    return offer.code


def _key_file(settings: Settings) -> Path:
    return settings.home / "demo-till.key"


def _keep(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="ascii")
