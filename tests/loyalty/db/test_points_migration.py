"""A ledger that was kept before lots could be held or pending is the same ledger afterwards."""

import re

from sqlalchemy import Connection, create_engine

from loyalty.db import migrate
from loyalty.db.session import Database
from loyalty.points.audit import audit_ledger
from tests.support.places import Place

BEFORE = "20261122_0816"
IDS = {
    name: f"{number:032x}"
    for number, name in enumerate(["STORE", "MEMBER", "WALLET", "SALE", "REFUND"], start=1)
}
NOON, EVENING = "2026-03-02 12:00:00.000000", "2026-03-02 20:00:00.000000"
ROWS = """
INSERT INTO program (program_id, name, language, is_demo, created_at)
    VALUES (7, 'P', 'es', false, NOON);
INSERT INTO store (program_id, store_id, name, slug, street, time_zone, country, currency,
    language, color, hours, contact_kind, contact_value, created_at)
    VALUES (7, STORE, 'S', 'SOL', '', 'Europe/Madrid', 'ES', 'EUR', 'es', '', '', 'none', '', NOON);
INSERT INTO identity_member (program_id, member_id, store_id, language, joined_at)
    VALUES (7, MEMBER, STORE, 'es', NOON);
INSERT INTO points_wallet (program_id, wallet_id, member_id, opened_at)
    VALUES (7, WALLET, MEMBER, NOON);
INSERT INTO points_posting (program_id, posting_id, act_id, kind, occurred_at, recorded_at,
    subject, request_hash) VALUES (7, SALE, 'sale:1', 'earn', NOON, EVENING, 'sale:1', ''),
    (7, REFUND, 'refund:1', 'take_back', EVENING, EVENING, 'sale:1', '');
INSERT INTO points_entry (program_id, posting_id, line, account, wallet_id, lot_id, points)
    VALUES (7, SALE, 1, 'issued', NULL, NULL, -12), (7, SALE, 2, 'wallet', WALLET, SALE, 12),
    (7, REFUND, 1, 'wallet', WALLET, SALE, -5), (7, REFUND, 2, 'issued', NULL, NULL, 5);
INSERT INTO points_lot (program_id, wallet_id, lot_id, earned_at, issued, remaining, held)
    VALUES (7, WALLET, SALE, NOON, 12, 7, 0);
INSERT INTO points_balance (program_id, wallet_id, posted, held, debt, version)
    VALUES (7, WALLET, 7, 0, 0, 2)
"""
LINES = (
    "SELECT line, account, points, occurred_at, recorded_at, earned_at, expires_at"
    " FROM points_entry ORDER BY posting_id, line"
)


def keep_rows(url: str) -> None:
    rows = ROWS
    for name, value in {**IDS, "NOON": NOON, "EVENING": EVENING}.items():
        rows = re.sub(rf"\b{name}\b", f"'{value}'", rows)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            _enter(connection)
            for statement in rows.split(";"):
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def told(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            _enter(connection)
            rows = connection.exec_driver_sql(query)
            return [tuple(None if v is None else str(v)[:19] for v in row) for row in rows]
    finally:
        engine.dispose()


def _enter(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('enlaza.program_id', '7', true)")
        connection.exec_driver_sql("SET TIME ZONE 'UTC'")


def test_an_old_ledger_keeps_its_lines_lots_and_times(empty_place: Place) -> None:
    url = empty_place.admin_url
    migrate.upgrade(url, revision=BEFORE)
    keep_rows(url)
    migrate.upgrade(url, service_url=empty_place.url)
    noon, evening = NOON[:19], EVENING[:19]
    assert told(url, LINES) == [
        ("1", "issued", "-12", noon, evening, None, None),
        ("2", "wallet", "12", noon, evening, noon, None),
        ("1", "wallet", "-5", evening, evening, None, None),
        ("2", "issued", "5", evening, evening, None, None),
    ]
    assert told(url, "SELECT unit FROM points_wallet") == [("points",)]
    database = Database(empty_place.url)
    with database.reading(7) as session:
        assert audit_ledger(session, 7) == ()
    database.close()
    migrate.downgrade(url, BEFORE)
    assert told(url, "SELECT line, points FROM points_entry ORDER BY posting_id, line") == [
        ("1", "-12"),
        ("2", "12"),
        ("1", "-5"),
        ("2", "5"),
    ]
    migrate.upgrade(url)
    assert migrate.check(url) == ()
