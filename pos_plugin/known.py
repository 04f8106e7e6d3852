"""What the till knows by itself: today's cards, the trust list, the last word about the session.

May be lost without harm: everything comes again with the line. No card id is kept, only a keyed
digest of it, and no person beyond the store's day.
"""

import hashlib
import hmac
import json
import logging
import os
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loyalty.wire.messages import moment_text, read_moment
from loyalty.wire.trust import SignedTrust, TrustList, UntrustedListError, open_trust
from pos_plugin.client import Json, Paired
from pos_plugin.clock import TillClock
from pos_plugin.queue_file import PRIVATE_FILE, forget_file

log = logging.getLogger("enlaza_till.known")

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS card (
        card_key TEXT PRIMARY KEY,
        display_name TEXT,
        points INTEGER,
        at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS word (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        at TEXT NOT NULL) WITHOUT ROWID""",
)


# The copy of the store's orders names who collects them, a promise whose card it is for.
_FORGET_WORDS: Final = "DELETE FROM word WHERE name IN ('orders', 'promised')"


@dataclass(frozen=True, slots=True)
class KnownCard:
    """What the server said of a card today."""

    display_name: str | None
    points: int | None
    at: datetime


class KnownBooks:
    """The till's own notes; every method may be called from any thread and never fails.

    A disk that is full or a file that is damaged costs the notes, not the sale.
    """

    def __init__(self, path: Path, paired: Paired, *, clock: TillClock) -> None:
        self._path = path
        self._paired = paired
        self._clock = clock
        self._lock = threading.Lock()
        self._trust: TrustList | None = None
        self._trust_at: datetime | None = None
        self._connection = self._open()
        self._load_trust()
        self.forget_yesterday()

    # Cards.

    def remember(self, card_id: str, *, display_name: str | None, points: int | None) -> None:
        """Note what the server said of a card."""
        self._write(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?)",
            self._card_key(card_id),
            display_name,
            points,
            moment_text(self._clock.now()),
        )

    def card(self, card_id: str) -> KnownCard | None:
        """Say what is known of a card today."""
        found = self._ask(
            "SELECT display_name, points, at FROM card WHERE card_key = ?",
            self._card_key(card_id),
        )
        if found is None:
            return None
        at = read_moment(found[2])
        if at < self.day_start():
            return None
        return KnownCard(found[0], found[1], at)

    def forget_yesterday(self) -> None:
        """Forget the persons of every day but the store's today."""
        self._forget("DELETE FROM card WHERE at < ?", moment_text(self.day_start()))
        self._forget(f"{_FORGET_WORDS} AND at < ?", moment_text(self.day_start()))

    def forget_persons(self) -> None:
        """Forget today's persons too: the service does not know this till any more."""
        self._forget("DELETE FROM card")
        self._forget(_FORGET_WORDS)

    # The trust list.

    def keep_trust(self, document: SignedTrust) -> bool:
        """Keep a list that the pinned root key signed; an older one is left aside.

        A lower sequence is only believed when the server stated it later: after it was restored
        from a backup. Errors: `UntrustedListError`.
        """
        trust = open_trust(
            document, root_public=self._paired.root_public, program_id=self._paired.program_id
        )
        with self._lock:
            held = self._trust
            if (
                held is not None
                and trust.sequence < held.sequence
                and trust.server_time <= held.server_time
            ):
                return False
            self._trust, self._trust_at = trust, self._clock.now()
        told = {"payload": document.payload, "signature": document.signature}
        self.keep("trust", told)
        return True

    def trust(self) -> TrustList | None:
        """Give the keys and revocations to judge codes with."""
        with self._lock:
            return self._trust

    def trust_at(self) -> datetime | None:
        """Say when the trust list was stated last."""
        with self._lock:
            return self._trust_at

    # The server's last word.

    def keep(self, name: str, told: Json) -> None:
        """Keep an answer of the server under a name, such as `session`."""
        self._write(
            "INSERT OR REPLACE INTO word VALUES (?, ?, ?)",
            name,
            json.dumps(told),
            moment_text(self._clock.now()),
        )

    def last(self, name: str) -> tuple[Json, datetime] | None:
        """Give the last answer kept under a name, and when it came."""
        found = self._ask("SELECT value, at FROM word WHERE name = ?", name)
        return None if found is None else (json.loads(found[0]), read_moment(found[1]))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _card_key(self, card_id: str) -> str:
        key = self._paired.key.encode()
        return hmac.new(key, card_id.encode(), hashlib.sha256).hexdigest()

    def day_start(self) -> datetime:
        """Say when the store's day began."""
        try:
            zone = ZoneInfo(str(self._paired.store.get("time_zone") or "UTC"))
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        local = self._clock.now().astimezone(zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    def _load_trust(self) -> None:
        kept = self.last("trust")
        if kept is None:
            return
        try:
            self._trust = open_trust(
                SignedTrust(str(kept[0].get("payload")), str(kept[0].get("signature"))),
                root_public=self._paired.root_public,
                program_id=self._paired.program_id,
            )
            self._trust_at = kept[1]
        except UntrustedListError:
            log.warning("the kept trust list is not signed by the pinned key; it is left aside")

    def _open(self) -> sqlite3.Connection | None:
        for attempt in range(2):
            try:
                return self._connect()
            except (sqlite3.Error, OSError) as error:
                log.warning("the notes cannot be opened (%s)", error)
                if attempt == 0:
                    with suppress(OSError):
                        forget_file(self._path)
        return None

    def _connect(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            for statement in _SCHEMA:
                connection.execute(statement)
            whole = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        except BaseException:
            connection.close()
            raise
        if not whole:
            connection.close()
            message = "the notes are damaged"
            raise sqlite3.DatabaseError(message)
        return connection

    def _write(self, sql: str, *values: object) -> None:
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.execute(sql, values)
            except sqlite3.Error as error:
                log.warning("a note was not kept (%s)", error)

    def _forget(self, sql: str, *values: object) -> None:
        """Forget for good: until the log is written into the file, the file shows the old."""
        self._write(sql, *values)
        self._ask("PRAGMA wal_checkpoint(TRUNCATE)")

    def _ask(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - a row or None
        with self._lock:
            if self._connection is None:
                return None
            try:
                return self._connection.execute(sql, values).fetchone()
            except sqlite3.Error as error:
                log.warning("the notes cannot be read (%s)", error)
                return None
