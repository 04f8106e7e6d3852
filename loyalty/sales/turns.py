"""Every turn of sales that came to some cards, for who adds up what the cards ever counted for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.sales.queries import TURN, TURN_FACTS, TurnFacts


def turns_of_cards(
    session: Session, program_id: int, card_ids: Sequence[str]
) -> tuple[TurnFacts, ...]:
    """List every turn by which a sale came to some cards, also those that went on since."""
    rows = session.execute(
        select(*TURN_FACTS).where(TURN.c.program_id == program_id, TURN.c.card_id.in_(card_ids))
    )
    return tuple(TurnFacts(*row) for row in rows)
