"""Seal what was written into the ledger: block after block until nothing is left to seal."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db.raw import as_it_stands
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.points.seals.audit import last_sealed_at
from loyalty.points.seals.find import Passed, next_batch
from loyalty.points.seals.rollups import Zones
from loyalty.points.seals.seal import seal_batch
from loyalty.programs.queries import programs, stores_of

# Far longer than any transaction can live: one that waits longer than seconds is ended.
WINDOW: Final = timedelta(hours=2)
BLOCK: Final = 1000
# The job by its lease, and how far behind it a row may lag before `enlaza verify` tells it.
SEAL_JOB: Final = "seal"
SEAL_LATE: Final = timedelta(minutes=10)


def seal_ledgers(database: Database, *, tools: Tools, everything: bool = False) -> int:
    """Seal what is unsealed in every program; says how many blocks that made.

    Looks at what was written in the last hours, or with `everything` at all that ever was. May
    run twice at once: a block is written only after the last one it knows of.
    """
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    return sum(
        seal_ledger(database, one.program_id, tools=tools, everything=everything) for one in known
    )


def seal_ledger(
    database: Database, program_id: int, *, tools: Tools, everything: bool = False
) -> int:
    """Seal what is unsealed in one program; says how many blocks that made."""
    blocks = 0
    passed: Passed = {}
    with database.reading(program_id) as session:
        last, zones = last_sealed_at(session, program_id), store_zones(session, program_id)
    # The clock may have gone back, or nothing may have been sealed for days.
    since = None if everything or last is None else min(tools.clock.now(), last) - WINDOW
    while True:
        with database.reading(program_id) as session, as_it_stands(session):
            batch = next_batch(
                session, program_id, since=since, passed=passed, zones=zones, limit=BLOCK
            )
        if not batch.rows:
            return blocks
        with database.unit_of_work(program_id) as session:
            seal = seal_batch(session, program_id, batch, at=tools.clock.now())
        if seal is None:
            continue
        blocks, passed = blocks + 1, batch.passed
        if len(batch.rows) < BLOCK:
            # Everything there was. What came meanwhile waits for the next time: while a shop
            # sells something always comes, and whoever waits for nothing to come never ends.
            return blocks


def store_zones(session: Session, program_id: int) -> Zones:
    """Say in which zone each store's days are, by its id as the sealed rows tell it."""
    return {store.store_id.hex: store.time_zone for store in stores_of(session, program_id)}
