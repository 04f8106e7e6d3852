"""Let a sale count for another card, or for none, from the next turn on."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty.sales import rules
from loyalty.sales.queries import TURN, TurnFacts


def reassign_hash(*, sale_id: str, code: str | None) -> str:
    """Hash what a reassignment means: which sale, and whose code it is given to."""
    given = None if code is None else "".join(code.split()).upper()
    return rules.request_hash({"sale_id": sale_id, "code": given})


def next_turn(  # noqa: PLR0913  each is one column of the row
    session: Session,
    program_id: int,
    before: TurnFacts,
    *,
    card_id: str | None,
    reassignment_id: str,
    request_hash: str,
    actor: str,
    at: datetime,
) -> TurnFacts:
    """Write the turn after `before`; the sale is locked, so nobody else writes the same one."""
    turn = TurnFacts(
        sale_id=before.sale_id,
        turn=before.turn + 1,
        card_id=card_id,
        reassignment_id=reassignment_id,
        request_hash=request_hash,
        actor=actor,
        at=at,
    )
    session.execute(
        insert(TURN).values(
            program_id=program_id,
            sale_id=turn.sale_id,
            turn=turn.turn,
            card_id=turn.card_id,
            reassignment_id=turn.reassignment_id,
            request_hash=turn.request_hash,
            actor=turn.actor,
            at=turn.at,
        )
    )
    return turn
