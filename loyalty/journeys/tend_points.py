"""What time does to points is written down: holds that ran out are let go, past lots written off.

Nothing here decides anything: who reads a wallet judged it by the clock before.
"""

from typing import Final

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.points.expire_lots import expire_lots, past_wallets
from loyalty.points.policy import policy_in_force
from loyalty.points.release_overdue import overdue_wallets, release_overdue
from loyalty.programs.queries import programs

# Wallets in one act, so that nobody waits long behind the job.
BATCH: Final = 50


def tend_points(database: Database, *, tools: Tools) -> None:
    """Tidy up the points of every program, a few wallets in each act."""
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    for program in known:
        if _is_due(database, program.program_id, tools=tools):
            _release(database, program.program_id, tools=tools)
            _expire(database, program.program_id, tools=tools)


def _is_due(database: Database, program_id: int, *, tools: Tools) -> bool:
    """Look first, so that a quiet program is not written to each minute."""
    now = tools.clock.now()
    with database.reading(program_id) as session:
        grace = policy_in_force(session, program_id, at=now).expiry_grace
        return bool(
            overdue_wallets(session, program_id, at=now, limit=1)
            or past_wallets(session, program_id, until=now - grace, limit=1)
        )


def _release(database: Database, program_id: int, *, tools: Tools) -> None:
    let_go = BATCH
    while let_go == BATCH:
        with database.unit_of_work(program_id) as session:
            let_go = release_overdue(session, program_id, at=tools.clock.now(), limit=BATCH)


def _expire(database: Database, program_id: int, *, tools: Tools) -> None:
    after = None
    while True:
        with database.unit_of_work(program_id) as session:
            expired = expire_lots(
                session, program_id, at=tools.clock.now(), limit=BATCH, after=after
            )
        if expired.last is None:
            return
        after = expired.last
