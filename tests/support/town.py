"""A program with two stores, for tests that need a place where something happens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.kernel.ids import new_id
from loyalty.programs.models import Program, Store, StoreAddress
from tests.support.clock import ManualClock

PROGRAM_ID = 7


@dataclass(frozen=True, slots=True)
class Town:
    """One street: a bakery and a greengrocer of one program."""

    program_id: int
    bakery_id: UUID
    greengrocer_id: UUID


def build_town(database: Database, clock: ManualClock, *, program_id: int = PROGRAM_ID) -> Town:
    """Make the program and its two stores, as rows."""
    with database.unit_of_work(NO_PROGRAM) as session:
        session.execute(
            insert(Program).values(
                program_id=program_id,
                name="Calle Mayor",
                language="es",
                is_demo=False,
                created_at=clock.now(),
            )
        )
    with database.unit_of_work(program_id) as session:
        bakery = _store(session, program_id, "Panadería Sol", "PANADERIA-SOL", clock)
        greengrocer = _store(session, program_id, "Verduras Luz", "VERDURAS-LUZ", clock)
    return Town(program_id, bakery, greengrocer)


def _store(session: Session, program_id: int, name: str, slug: str, clock: ManualClock) -> UUID:
    store_id = new_id(clock.now())
    add_store(session, program_id, store_id, name=name, slug=slug, at=clock.now())
    session.execute(
        insert(StoreAddress).values(slug=slug, program_id=program_id, store_id=store_id)
    )
    return store_id


def add_store(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    slug: str,
    at: datetime,
    name: str = "Panadería Sol",
) -> None:
    """Add a store as a row, without its public address."""
    session.execute(
        insert(Store).values(
            program_id=program_id,
            store_id=store_id,
            name=name,
            slug=slug,
            street="Calle Mayor 3",
            time_zone="Europe/Madrid",
            country="ES",
            currency="EUR",
            language="es",
            color="#2B3A9B",
            hours="Mo-Fr 09:00-14:00",
            contact_kind="none",
            contact_value="",
            created_at=at,
        )
    )
