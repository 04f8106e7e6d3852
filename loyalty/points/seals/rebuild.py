"""Write the sums of a block again, from the lines of its postings."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_rows
from loyalty.db.raw import raw_columns
from loyalty.db.writes import hold
from loyalty.points.seals.find import SEAL, sums_of_block
from loyalty.points.seals.rollups import ROLLUP, Zones, rollup_rows


def block_after(session: Session, program_id: int, block: int) -> int | None:
    """Find the next block; None after the last one."""
    found: int | None = session.scalar(
        select(SEAL.c.block)
        .where(SEAL.c.program_id == program_id, SEAL.c.block > block)
        .order_by(SEAL.c.block)
        .limit(1)
    )
    return found


def sums_to_write(
    session: Session, program_id: int, block: int, *, zones: Zones
) -> list[dict[str, object]] | None:
    """Add up a block again; None when its sums are what its postings add up to.

    What a block holds never changes, so this may be looked up before it is written: what is
    recorded meanwhile, late or not, comes into a later block, with sums of its own.
    """
    sums = sums_of_block(session, program_id, block, zones=zones)
    wanted = [
        (line, group.day, group.store_id or None, group.unit, group.account, group.kind, *told)
        for line, group, *told in sums.rows()
    ]
    kept = session.execute(
        select(*raw_columns(session, ROLLUP))
        .where(ROLLUP.c.program_id == program_id, ROLLUP.c.block == block)
        .order_by(ROLLUP.c.line)
    )
    told = [
        (row.line, row.day, row.store_id, row.unit, row.account, row.kind, row.points, row.acts)
        for row in kept
    ]
    return None if told == wanted else rollup_rows(program_id, block, sums)


def write_sums(
    session: Session, program_id: int, block: int, rows: list[dict[str, object]]
) -> None:
    """Put the sums of a block in the place of those that are there; one act at a time."""
    hold(session, "rollup", program_id, str(block))
    session.execute(
        delete(ROLLUP).where(ROLLUP.c.program_id == program_id, ROLLUP.c.block == block)
    )
    insert_rows(session, ROLLUP, rows)
