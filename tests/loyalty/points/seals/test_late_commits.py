"""A posting that is held open while a thousand others commit is in every seal and every sum."""

import pytest

from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.points.seals.rollups import points_by_day
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place
from tests.support.sizes import SIZE_NAME

OTHERS = 1_000 if SIZE_NAME == "prove" else 60


def sealed(ledger: Ledger) -> int:
    return seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)


@pytest.mark.race
def test_a_posting_held_open_while_others_commit_is_passed_over_by_nobody(
    postgres_only: Place, tools: Tools, clock: ManualClock
) -> None:
    database = Database(postgres_only.url)
    ledger = open_ledger(database, tools)
    slow, quick = ledger.new_wallet(), ledger.new_wallet()
    with ledger.held_open("late", slow, 7):
        for number in range(OTHERS):
            clock.advance(s=0.005)
            ledger.earn(f"a{number}", quick, 1)
            if number % 250 == 0:
                sealed(ledger)
        sealed(ledger)
    assert sealed(ledger) == 1
    clock.advance(hours=1)
    day = clock.now().date()
    with database.reading(ledger.program_id) as session:
        assert verify_program(session, ledger.program_id, tools=tools) == ()
        found = points_by_day(session, ledger.program_id, since=day, until=day)
    earned = {(one.account, one.kind): (one.points, one.acts) for one in found}
    assert earned["wallet", "earn"] == (OTHERS + 7, OTHERS + 1)
    database.close()
