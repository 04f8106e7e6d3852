"""What the start page of the demo shows."""

from dataclasses import dataclass
from uuid import UUID

from flask import request

from app.auth import cookie_name, split_credential
from app.demo_street import CASHIER_NAME, CASHIER_PIN
from app.pages.admin_frame import LanguageChoice, language_choices
from app.wiring import Services
from loyalty.db.session import NO_PROGRAM
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import programs, staff_of, stores_of

OWNER = "owner"
# Where the phone beside the till comes from, so that the owner sees a channel.
ARRIVAL = "utm_source=instagram.com&utm_medium=social"


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """The demo's program, its first store, and its owner's address."""

    program_id: int
    store_id: UUID
    owner_email: str


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A demo store's public page."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """Everything the start page of the demo shows."""

    store: str
    owner: str
    phone_url: str
    accent_url: str
    has_till: bool
    cashier: str
    pin: str
    stores: tuple[StoreAddress, ...]
    sign_in_url: str
    languages: tuple[LanguageChoice, ...]


def demo_facts(parts: Services) -> DemoFacts:
    """Find the demo.

    Errors: `NotFoundError` outside the demo, or when its data was taken away.
    """
    program_id = _demo_program(parts)
    if program_id is None:
        raise NotFoundError
    with parts.database.reading(program_id) as session:
        stores = stores_of(session, program_id)
        owners = [
            person
            for person in staff_of(session, program_id)
            if OWNER in person.roles.values() and person.email
        ]
    if not stores or not owners:
        raise NotFoundError
    return DemoFacts(program_id, stores[0].store_id, str(owners[0].email))


def start_page(parts: Services) -> StartPage | None:
    """Lay out the demo: the first store's page in the phone, the till beside it.

    None when there is no demo here.
    """
    program_id = _demo_program(parts)
    if program_id is None:
        return None
    with parts.database.reading(program_id) as session:
        stores = stores_of(session, program_id)
        owners = [one for one in staff_of(session, program_id) if OWNER in one.roles.values()]
    till = request.cookies.get(cookie_name("till"), "")
    card = split_credential(request.cookies.get(cookie_name("card")))
    has_card = card is not None and card[0] == program_id
    return StartPage(
        store=stores[0].name,
        owner=owners[0].display_name.split()[0] if owners else "",
        phone_url="/card" if has_card else f"/S/{stores[0].slug}?{ARRIVAL}",
        accent_url=f"/accent/{program_id}-{stores[0].store_id}.css",
        has_till=till.startswith(f"{program_id}."),
        cashier=CASHIER_NAME,
        pin=CASHIER_PIN,
        stores=tuple(StoreAddress(one.name, f"/S/{one.slug}") for one in stores),
        sign_in_url=f"/sign-in/{program_id}",
        languages=language_choices(),
    )


def _demo_program(parts: Services) -> int | None:
    if not parts.settings.demo:
        return None
    with parts.database.reading(NO_PROGRAM) as session:
        return next((one.program_id for one in programs(session) if one.is_demo), None)
