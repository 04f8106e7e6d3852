"""Many rows are written as if one by one, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from loyalty.db.bulk import add_many, insert_many
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.points.queries import BALANCE
from loyalty.programs.integrators import INTEGRATOR
from tests.support.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


def integrators(ledger: Ledger, ids: list[UUID], names: list[str]) -> dict[str, object]:
    at = ledger.tools.clock.now()
    return {
        "program_id": ledger.program_id,
        "integrator_id": ids,
        "name": names,
        "scopes": "",
        "key_hash": "",
        "made_at": at,
        "made_by": "test",
        "revoked_at": [None, at + timedelta(seconds=1)],
        "last_seen_at": None,
    }


def test_rows_are_read_as_they_were_told(ledger: Ledger) -> None:
    at = ledger.tools.clock.now()
    first, second, third = (new_id(at) for _ in range(3))
    with ledger.database.unit_of_work(ledger.program_id) as session:
        insert_many(session, INTEGRATOR, integrators(ledger, [first, second], ["a'b", "ñ%s?"]))
        again = integrators(ledger, [third, first], ["new", "not taken"])
        insert_many(session, INTEGRATOR, again, unless_known=True)
        rows = session.execute(
            select(INTEGRATOR.c.integrator_id, INTEGRATOR.c.name, INTEGRATOR.c.revoked_at)
        )
        told = {row.integrator_id: (row.name, row.revoked_at) for row in rows}
    later = at + timedelta(seconds=1)
    assert told == {first: ("a'b", None), second: ("ñ%s?", later), third: ("new", None)}


def test_a_taken_key_undoes_the_act(ledger: Ledger) -> None:
    one = new_id(ledger.tools.clock.now())
    with (
        pytest.raises(IntegrityError),
        ledger.database.unit_of_work(ledger.program_id) as session,
    ):
        insert_many(session, INTEGRATOR, integrators(ledger, [one, one], ["a", "b"]))


def test_each_row_that_is_named_changes_by_its_own(ledger: Ledger) -> None:
    wallets = [ledger.new_wallet() for _ in range(3)]
    ends = ledger.tools.clock.now() + timedelta(days=3)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        for turn in range(2):
            add_many(
                session,
                BALANCE,
                {"program_id": ledger.program_id, "wallet_id": wallets[:2]},
                sets={"expires_next": [ends, None]},
                adds={"posted": [5 + turn, 7], "version": 1},
            )
        rows = session.execute(
            select(BALANCE.c.wallet_id, BALANCE.c.posted, BALANCE.c.expires_next, BALANCE.c.version)
        )
        told = {row.wallet_id: (row.posted, row.expires_next, row.version) for row in rows}
    assert told == {wallets[0]: (11, ends, 2), wallets[1]: (14, None, 2), wallets[2]: (0, None, 0)}
