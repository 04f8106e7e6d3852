"""A ledger of any size, written by SQL and not act by act: for benches of the points.

What it writes is what the verbs would have written: postings that sum to zero, a lot for each,
balances that equal both. Ids are UUIDv7 of the moments told, so ranges of ids are ranges of time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, create_engine, event, make_url

from tests.support.ledger import Ledger
from tests.support.places import Place

POINTS = 100
STEP_MS = 10  # between two receipts
UNCHECKED = "-c session_replication_role=replica -c synchronous_commit=off"
WALLET_TAG, MEMBER_TAG, POSTING_TAG = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Bulk:
    """How much to write: receipts, cards, and when the first was recorded."""

    postings: int
    wallets: int
    since: datetime


@dataclass(frozen=True, slots=True)
class _Words:
    """How one kind of database counts and makes ids and moments of a number `i`."""

    ms: int
    is_sqlite: bool

    def numbers(self, count: int) -> str:
        """Count from 0."""
        if self.is_sqlite:
            return (
                "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i + 1 < {count}) SELECT i FROM n) n"
            )
        return f"generate_series(0::bigint, {count - 1}) AS n(i)"

    def id(self, tag: int, number: str = "i") -> str:
        """Make a UUIDv7 of a number's moment."""
        ms = f"({self.ms} + ({number}) * {STEP_MS})"
        if self.is_sqlite:
            return f"printf('%012x7%03x8%015x', {ms}, {tag}, {number})"
        return (
            f"(lpad(to_hex({ms}), 12, '0') || '7' || lpad(to_hex({tag}), 3, '0') || '8'"
            f" || lpad(to_hex({number}), 15, '0'))::uuid"
        )

    def moment(self, number: str = "i") -> str:
        """Make a number's moment."""
        seconds = f"({self.ms} + ({number}) * {STEP_MS}) / 1000.0"
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f', {seconds}, 'unixepoch') || '000'"
        return f"to_timestamp({seconds})"


def fill(place: Place, ledger: Ledger, bulk: Bulk) -> None:
    """Write the postings, lots, wallets and balances of `bulk` into a program's ledger."""
    url = make_url(place.admin_url)
    if not place.is_sqlite:  # only the server's own role may leave the keys of rows unlooked at
        url = url.set(username="postgres", query={**url.query, "options": UNCHECKED})
    engine = create_engine(url)
    if place.is_sqlite:
        event.listen(engine, "connect", _quickly)
    try:
        with engine.begin() as connection:
            for statement in _statements(place, ledger, bulk):
                told = statement if place.is_sqlite else statement.replace("%", "%%")
                connection.exec_driver_sql(told)
        if not place.is_sqlite:
            _settle(engine.connect())
    finally:
        engine.dispose()


def wallet_ids(bulk: Bulk, *, limit: int) -> list[str]:
    """Name some of the wallets, from one end to the other."""
    step = max(1, bulk.wallets // limit)
    ms = _ms(bulk)
    return [
        f"{ms + number * STEP_MS:012x}7{WALLET_TAG:03x}8{number:015x}"
        for number in range(0, bulk.wallets, step)
    ][:limit]


def _ms(bulk: Bulk) -> int:
    return int(bulk.since.timestamp() * 1000)


def _statements(place: Place, ledger: Ledger, bulk: Bulk) -> list[str]:
    words = _Words(_ms(bulk), place.is_sqlite)
    program = ledger.program_id
    store = f"'{ledger.street.store_id.hex}'" + ("" if place.is_sqlite else "::uuid")
    of_wallet = words.id(WALLET_TAG, f"i % {bulk.wallets}")
    posting, moment = words.id(POSTING_TAG), words.moment()
    wallets, postings = words.numbers(bulk.wallets), words.numbers(bulk.postings)
    per_wallet = f"({bulk.postings} - i + {bulk.wallets} - 1) / {bulk.wallets} * {POINTS}"
    line = "(program_id, posting_id, line, account, wallet_id, store_id, lot_id, points,"
    line += " occurred_at, recorded_at, earned_at)"
    no_uuid = "NULL" if place.is_sqlite else "NULL::uuid"
    tables = {
        "identity_member (program_id, member_id, store_id, language, joined_at)": (
            f"{words.id(MEMBER_TAG)}, {store}, 'es', {moment} FROM {wallets}"
        ),
        "points_wallet (program_id, wallet_id, member_id, unit, opened_at)": (
            f"{words.id(WALLET_TAG)}, {words.id(MEMBER_TAG)}, 'points', {moment} FROM {wallets}"
        ),
        "points_posting (program_id, posting_id, act_id, kind, occurred_at, recorded_at,"
        " store_id, subject, rule_version, request_hash)": (
            f"{posting}, 'sale:' || i, 'earn', {moment}, {moment}, {store}, 'sale:' || i, 1,"
            f" '{'0' * 64}' FROM {postings}"
        ),
        f"points_entry {line}": (
            f"{posting}, 1, 'issued', {no_uuid}, {store}, {no_uuid}, -{POINTS}, {moment},"
            f" {moment}, NULL FROM {postings}"
        ),
        f"points_entry  {line}": (
            f"{posting}, 2, 'wallet', {of_wallet}, {store}, {posting}, {POINTS}, {moment},"
            f" {moment}, {moment} FROM {postings}"
        ),
        "points_lot (program_id, wallet_id, lot_id, earned_at, issued, remaining, held)": (
            f"{of_wallet}, {posting}, {moment}, {POINTS}, {POINTS}, 0 FROM {postings}"
        ),
        "points_balance (program_id, wallet_id, posted, held, debt, version)": (
            f"{words.id(WALLET_TAG)}, {per_wallet}, 0, 0, 1 FROM {wallets}"
        ),
    }
    return [f"INSERT INTO {into} SELECT {program}, {what}" for into, what in tables.items()]


def _quickly(driver: object, _: object) -> None:
    """Let the filling forget: the file is thrown away when it ends half-way."""
    for setting in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-400000"):
        driver.execute(f"PRAGMA {setting}")  # type: ignore[attr-defined]


def _settle(connection: Connection) -> None:
    """Do what a running PostgreSQL does by itself after so many rows."""
    with connection:
        told = connection.execution_options(isolation_level="AUTOCOMMIT")
        told.exec_driver_sql("VACUUM (ANALYZE)")


def long_ago(now: datetime, postings: int) -> datetime:
    """Say when to begin so that everything is older than the last hours."""
    return now - timedelta(days=2, milliseconds=postings * STEP_MS)
