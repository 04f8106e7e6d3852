"""The clock goes over the orders: who did not accept, who did not come; nothing stays held."""

from typing import Final

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
    asks, so nothing waits for this; it frees places and stock for others.
    """
    now = tools.clock.now()
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    released = 0
    for program in known:
        program_id = program.program_id
        while True:
            with database.reading(program_id) as session:
                overdue = overdue_orders(session, program_id, at=now, limit=_AT_ONCE)
            for order_id in overdue:
                with database.unit_of_work(program_id) as session:
                    change = release(session, program_id, order_id, at=now)
                    follow_with_stock(session, program_id, change, tools=tools)
                    tell_change(session, change, actor=CLOCK, tools=tools)
                released += change.is_new
            if len(overdue) < _AT_ONCE:
                break
    return released
