"""Rows as they stand in the database, and those of many keys, however many."""

from contextlib import closing

import pytest
from sqlalchemy import select, text

from loyalty.db.bulk import among, told_rows
from loyalty.db.raw import as_it_stands, everything_joined, raw_columns, stream, stream_plain
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.points.queries import ENTRY
from tests.support.ledger import open_ledger
from tests.support.places import Place


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


def test_only_whole_tables_are_joined_without_loops(postgres_only: Place, tools: Tools) -> None:
    with closing(Database(postgres_only.url)) as database:
        ledger = open_ledger(database, tools)
        shown = text("SHOW enable_nestloop")
        with ledger.database.reading(ledger.program_id) as session:
            with everything_joined(session):
                assert session.scalar(shown) == "off"
            assert session.scalar(shown) == "on"
            with pytest.raises(ValueError, match="unreadable"), everything_joined(session):
                raise ValueError("unreadable")
            assert session.scalar(shown) == "on"


def test_many_keys_find_their_rows_and_no_other(database: Database, tools: Tools) -> None:
    ledger = open_ledger(database, tools)
    wallets = [ledger.new_wallet() for _ in range(4)]
    for number, wallet in enumerate(wallets):
        ledger.earn(f"a{number}", wallet, 1)
    with ledger.database.reading(ledger.program_id) as session:
        asked = select(ENTRY.c.wallet_id).where(among(session, ENTRY.c.wallet_id, wallets[1:3]))
        assert {*session.scalars(asked)} == {*wallets[1:3]}
        assert not [*session.scalars(asked.where(among(session, ENTRY.c.wallet_id, [])))]
        told = told_rows(session, ["b", "a'é", "b"])
        assert sorted(session.scalars(select(told.c.told))) == ["a'é", "b", "b"]
