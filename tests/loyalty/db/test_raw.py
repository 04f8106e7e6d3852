"""Rows as they stand in the database, however many."""

from sqlalchemy import select

from loyalty.db.raw import as_it_stands, raw_columns, stream, stream_plain
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.points.queries import ENTRY
from tests.support.ledger import open_ledger


def test_plain_rows_are_all_the_rows_from_the_first_to_the_last(
    database: Database, tools: Tools
) -> None:
    ledger = open_ledger(database, tools)
    wallet = ledger.new_wallet()
    for number in range(3):
        ledger.earn(f"a{number}", wallet, 1)
    with ledger.database.reading(ledger.program_id) as session, as_it_stands(session):
        asked = select(*raw_columns(session, ENTRY)).order_by(ENTRY.c.posting_id, ENTRY.c.line)
        named = [tuple(row) for row in stream(session, asked)]
        assert [*stream_plain(session, asked)] == named
        assert [*stream_plain(session, asked.where(ENTRY.c.points == 0))] == []
    assert len(named) == 6
