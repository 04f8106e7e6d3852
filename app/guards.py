"""Doors of pages that count how often somebody knocks; the counts are kept in the database."""

from datetime import timedelta
from typing import Final

from app.wiring import client_network, services
from loyalty.db.rates import count_try
from loyalty.db.session import NO_PROGRAM
from loyalty.kernel.errors import TooManyTriesError
from loyalty.kernel.keys import derived_key, keyed_hash

WINDOW: Final = timedelta(minutes=10)
ASKS_PER_CLIENT: Final = 20
ASKS_PER_EMAIL: Final = 5
ANSWERS_PER_CLIENT: Final = 30
FETCHES_PER_CLIENT: Final = 30
ORDERS_PER_CLIENT: Final = 30
ORDERS_PER_EMAIL: Final = 10


def guard_asking(door: str, program_id: int, email: str) -> None:
    """Let one client and one address ask for a few codes only; a counter keeps no address.

    `email` is in its normal form: another way to write it is no other address.

    Errors: `TooManyTriesError`.
    """
    key = derived_key(services().tools.keys, "asking", program_id)
    _guard(f"{door}:{client_network()}", ASKS_PER_CLIENT)
    _guard(f"{door}:{program_id}:{keyed_hash(key, email)}", ASKS_PER_EMAIL)


def guard_answering(door: str) -> None:
    """Let one client try a few codes only, whoever they are for.

    Errors: `TooManyTriesError`.
    """
    _guard(f"{door}-code:{client_network()}", ANSWERS_PER_CLIENT)


def guard_fetching(door: str) -> None:
    """Let one client send us to other servers a few times only.

    Errors: `TooManyTriesError`.
    """
    _guard(f"{door}-fetch:{client_network()}", FETCHES_PER_CLIENT)


def guard_ordering(program_id: int, email: str) -> None:
    """Let one client and one address order a few times only; a counter keeps no address.

    Errors: `TooManyTriesError`.
    """
    _guard(f"order:{client_network()}", ORDERS_PER_CLIENT)
    if email:
        key = derived_key(services().tools.keys, "asking", program_id)
        _guard(f"order:{program_id}:{keyed_hash(key, email)}", ORDERS_PER_EMAIL)


def _guard(subject: str, limit: int) -> None:
    """Count a try at this door; one too many is refused before anything is looked up."""
    parts = services()
    with parts.database.unit_of_work(NO_PROGRAM) as session:
        within = count_try(session, subject, limit=limit, window=WINDOW, at=parts.tools.clock.now())
    if not within:
        raise TooManyTriesError(retry_after_s=int(WINDOW.total_seconds()))
