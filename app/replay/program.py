"""Beside the server's data: makes a program of its own for a replay, and verifies it afterwards."""

from uuid import UUID

from app.wiring import Services
from loyalty.journeys.create_program import ProgramDraft, add_store, create_program
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.verify import Finding, verify_program
from loyalty.kernel.ids import random_program_id
from loyalty.programs.create import StoreDraft

# The data is from the United States and says no more of the place.
CURRENCY = "USD"
COUNTRY = "US"
LANGUAGE = "en"
TIME_ZONE = "America/New_York"


def make_replay_program(
    services: Services, stores: tuple[int, ...], *, run: str, tills: int
) -> tuple[str, ...]:
    """Make a program with these stores and so many tills in each; gives the keys of the tills.

    A program of its own, because nobody's real books should hold what was never sold.
    """
    program_id = random_program_id()
    draft = ProgramDraft(
        name=f"Complete Journey {run}",
        store_name=_store_name(stores[0]),
        slug=_slug(run, stores[0]),
        owner_email=f"{run}@replay.example",
        owner_name="Replay",
        language=LANGUAGE,
        time_zone=TIME_ZONE,
        currency=CURRENCY,
        country=COUNTRY,
    )
    tools = services.tools
    with services.database.unit_of_work(program_id) as session:
        made = create_program(session, draft, program_id=program_id, tools=tools)
        places = [made.store_id]
        for store in stores[1:]:
            other = StoreDraft(
                name=_store_name(store),
                slug=_slug(run, store),
                language=LANGUAGE,
                time_zone=TIME_ZONE,
                currency=CURRENCY,
                country=COUNTRY,
            )
            places.append(add_store(session, program_id, other, tools=tools))
    return tuple(
        _pair(services, program_id, place, name=f"Till {number}")
        for place in places
        for number in range(1, tills + 1)
    )


def verify_replay(services: Services, program_id: int) -> tuple[Finding, ...]:
    """Recompute everything that is kept twice in the program, as `enlaza verify` does."""
    with services.database.reading(program_id) as session:
        return verify_program(session, program_id, tools=services.tools)


def _pair(services: Services, program_id: int, store_id: UUID, *, name: str) -> str:
    with services.database.unit_of_work(program_id) as session:
        offer = offer_pairing(
            session, program_id, store_id, till_name=name, staff_id=None, tools=services.tools
        )
    till = pair_till(
        services.database,
        offer.code,
        client_address="replay",
        kind="agent",
        key_sha256=None,
        tools=services.tools,
    )
    return f"{till.program_id}.{till.till_id}.{till.key}"


def _store_name(store: int) -> str:
    return f"Store {store}"


def _slug(run: str, store: int) -> str:
    return f"{run}-{store}".upper()
