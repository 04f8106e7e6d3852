"""The clock goes over the orders: who did not accept, who did not come; nothing stays held."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.order_stock import follow_with_stock
from loyalty.journeys.tell_shopper import CLOCK, tell_change
from loyalty.journeys.tools import Tools
from loyalty.orders.queries import overdue_orders
from loyalty.orders.release import release
from loyalty.programs.queries import programs

_AT_ONCE: Final = 100


def release_orders(database: Database, *, tools: Tools) -> int:
    """Let every overdue order go, each in an act of its own; says how many.

    May run twice at once: an order's row decides who let it go. Deadlines are judged by whoever
    asks, so nothing waits for this; it frees places and stock for others. An order whose books
    are broken stays and is told by raising, after all the others went.
    """
    now = tools.clock.now()
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    released, broken = 0, dict[UUID, Exception]()
    for program in known:
        program_id = program.program_id
        while True:
            with database.reading(program_id) as session:
                limit = _AT_ONCE + len(broken)
                found = overdue_orders(session, program_id, at=now, limit=limit)
            overdue = [order_id for order_id in found if order_id not in broken]
            for order_id in overdue:
                try:
                    released += _let_go(database, program_id, order_id, at=now, tools=tools)
                except (AssertionError, IntegrityError) as error:
                    broken[order_id] = error
            if len(overdue) < _AT_ONCE:
                break
    if broken:
        message = f"{len(broken)} overdue orders cannot be let go: run `enlaza verify`"
        raise ExceptionGroup(message, list(broken.values()))
    return released


def _let_go(
    database: Database, program_id: int, order_id: UUID, *, at: datetime, tools: Tools
) -> bool:
    with database.unit_of_work(program_id) as session:
        change = release(session, program_id, order_id, at=at)
        follow_with_stock(session, program_id, change, tools=tools)
        tell_change(session, change, actor=CLOCK, tools=tools)
    return change.is_new
