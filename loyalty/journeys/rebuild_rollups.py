"""The sums of a program's ledger are written again from its entries, while the shop goes on."""

from dataclasses import dataclass

from loyalty.db.raw import as_it_stands
from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import store_zones
from loyalty.points.seals.rebuild import block_after, sums_to_write, write_sums


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many blocks were added up again, and of how many the sums were others."""

    blocks: int
    changed: int


def rebuild_rollups(database: Database, program_id: int) -> Rebuilt:
    """Add up every block again and write the sums that differ, each block in an act of its own.

    Days are those of the stores' zones as they are now. A posting is in the sums as soon as it is
    in a block, and no sooner: one that commits late is in none yet, and the block that takes it
    brings its sums along. So nobody has to wait, and nothing is counted twice or left out.
    """
    blocks = changed = 0
    with database.reading(program_id) as session:
        zones = store_zones(session, program_id)
    block: int | None = 0
    while block is not None:
        with database.reading(program_id) as session, as_it_stands(session):
            block = block_after(session, program_id, block)
            rows = None if block is None else sums_to_write(session, program_id, block, zones=zones)
        if block is None:
            break
        blocks += 1
        if rows is not None:
            changed += 1
            with database.unit_of_work(program_id) as session:
                write_sums(session, program_id, block, rows)
    return Rebuilt(blocks, changed)
