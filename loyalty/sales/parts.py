"""How many things of a sale could come back by themselves."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from loyalty.sales.queries import LINE

ONE_PIECE_MILLI: Final = 1000


def parts_of_sales(session: Session, program_id: int, sale_ids: Sequence[str]) -> dict[str, int]:
    """Count what of some sales could come back by itself: their lines of goods.

    A line of several pieces counts as two. Sales without lines are left out.
    """
    parts = func.sum(case((LINE.c.quantity_milli > ONE_PIECE_MILLI, 2), else_=1))
    rows = session.execute(
        select(LINE.c.sale_id, parts.label("parts"))
        .where(
            LINE.c.program_id == program_id,
            LINE.c.sale_id.in_(sale_ids),
            LINE.c.quantity_milli > 0,
            LINE.c.total_minor >= 0,
        )
        .group_by(LINE.c.sale_id)
    )
    return {row.sale_id: int(row.parts) for row in rows}
