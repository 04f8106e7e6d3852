"""The sums of a ledger are written again from its entries while the shop goes on earning."""

import threading

import pytest
from sqlalchemy import delete, update

from loyalty.db.session import Database
from loyalty.journeys.rebuild_rollups import Rebuilt, rebuild_rollups
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.points.seals.rollups import ROLLUP, points_by_day
from tests.support.at_once import at_once
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place

EARNERS, SALES = 5, 12


def sealed(ledger: Ledger) -> int:
    return seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)


def findings(ledger: Ledger) -> set[str]:
    with ledger.database.reading(ledger.program_id) as session:
        found = verify_program(session, ledger.program_id, tools=ledger.tools)
    return {one.invariant for one in found}


def earned(ledger: Ledger) -> tuple[int, int]:
    """Say how many points the sums of today tell as earned, and by how many acts."""
    day = ledger.tools.clock.now().date()
    with ledger.database.reading(ledger.program_id) as session:
        told = points_by_day(session, ledger.program_id, since=day, until=day)
    own = [one for one in told if (one.account, one.kind) == ("wallet", "earn")]
    return sum(one.points for one in own), sum(one.acts for one in own)


def lose_sums(ledger: Ledger) -> None:
    with ledger.database.unit_of_work(ledger.program_id) as session:
        session.execute(delete(ROLLUP).where(ROLLUP.c.program_id == ledger.program_id))


def test_sums_that_are_wrong_are_written_again_and_right_ones_are_left_alone(
    ledger: Ledger, clock: ManualClock
) -> None:
    one, other = ledger.new_wallet(), ledger.new_wallet()
    for number in range(3):
        clock.advance(minutes=2)
        ledger.earn(f"a{number}", one, 10 + number)
        ledger.earn(f"b{number}", other, 5)
        sealed(ledger)
    ledger.take_back("c0", one, 4, of="a0")
    clock.advance(minutes=2)
    sealed(ledger)
    whole = earned(ledger)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        session.execute(
            update(ROLLUP).where(ROLLUP.c.block == 2).values(points=ROLLUP.c.points + 1)
        )
        session.execute(delete(ROLLUP).where(ROLLUP.c.block == 4))
    assert findings(ledger) == {"sums equal the postings of their block"}
    assert rebuild_rollups(ledger.database, ledger.program_id) == Rebuilt(blocks=4, changed=2)
    assert findings(ledger) == set()
    assert earned(ledger) == whole == (48, 6)
    assert rebuild_rollups(ledger.database, ledger.program_id) == Rebuilt(blocks=4, changed=0)


@pytest.mark.race
def test_whoever_earns_while_the_sums_are_written_again_is_in_them_once(
    ledger: Ledger,
) -> None:
    wallets = [ledger.new_wallet() for _ in range(EARNERS)]
    for number, wallet in enumerate(wallets):
        ledger.earn(f"before:{number}", wallet, 1)
        sealed(ledger)
    lose_sums(ledger)
    done = [threading.Event() for _ in range(EARNERS)]

    def act(number: int) -> None:
        if number < EARNERS:
            for sale in range(SALES):
                ledger.earn(f"earned:{number}:{sale}", wallets[number], 1)
            done[number].set()
            return
        while not all(each.is_set() for each in done):
            if number == EARNERS:
                sealed(ledger)
            else:
                rebuild_rollups(ledger.database, ledger.program_id)

    at_once(EARNERS + 3, act)
    sealed(ledger)
    rebuild_rollups(ledger.database, ledger.program_id)
    assert findings(ledger) == set()
    assert earned(ledger) == (EARNERS * (SALES + 1), EARNERS * (SALES + 1))


@pytest.mark.race
def test_a_posting_that_commits_after_the_sums_were_written_again_is_not_passed_over(
    postgres_only: Place, tools: Tools, clock: ManualClock
) -> None:
    database = Database(postgres_only.url)
    ledger = open_ledger(database, tools)
    slow, quick = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("early", quick, 1)
    with ledger.held_open("late", slow, 7):
        clock.advance(minutes=1)
        ledger.earn("meanwhile", quick, 1)
        sealed(ledger)
        lose_sums(ledger)
        assert rebuild_rollups(database, ledger.program_id).changed == 1
        assert earned(ledger) == (2, 2), "what is not committed is in no block and in no sum"
    sealed(ledger)
    assert earned(ledger) == (9, 3)
    lose_sums(ledger)
    assert rebuild_rollups(database, ledger.program_id) == Rebuilt(blocks=2, changed=2)
    assert earned(ledger) == (9, 3)
    assert findings(ledger) == set()
    database.close()
