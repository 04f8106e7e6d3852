"""Write the next block: the rows that were found, their sums, and the seal that chains them."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db.bulk import insert_many
from loyalty.db.prepared import insert_row, insert_rows
from loyalty.db.raw import moment_text
from loyalty.db.writes import hold, table_of
from loyalty.points.seals.find import SEAL, SEALED, Batch, last_seal
from loyalty.points.seals.models import Head
from loyalty.points.seals.rollups import ROLLUP, rollup_rows
from loyalty.points.seals.rules import SealFacts, next_seal, root_of

HEAD: Final = table_of(Head)


def seal_batch(
    session: Session, program_id: int, batch: Batch, *, at: datetime
) -> SealFacts | None:
    """Seal a batch; None when somebody sealed since it was looked up: look again.

    One act seals at a time in a program, and what was found follows the last block, so no row
    comes into two blocks and the chain has one end.
    """
    assert batch.rows, "a block of nothing"
    hold(session, "seal", program_id, "")
    if last_seal(session, program_id) != batch.before:
        return None
    seal = next_seal(
        program_id,
        batch.before,
        root=root_of(row.digest for row in batch.rows),
        count=len(batch.rows),
        sealed_at=moment_text(at),
    )
    insert_row(
        session,
        SEAL,
        {
            "program_id": program_id,
            "block": seal.block,
            "first": seal.first,
            "last": seal.last,
            "count": seal.count,
            "root": seal.root,
            "prev": seal.prev,
            "hash": seal.hash,
            "sealed_at": at,
        },
    )
    insert_many(
        session,
        SEALED,
        {
            "program_id": program_id,
            "place": list(range(seal.first, seal.last + 1)),
            "block": seal.block,
            "kind": [row.kind for row in batch.rows],
            "key": [row.key for row in batch.rows],
            "digest": [row.digest for row in batch.rows],
        },
    )
    insert_rows(session, ROLLUP, rollup_rows(program_id, seal.block, batch.sums))
    return seal
