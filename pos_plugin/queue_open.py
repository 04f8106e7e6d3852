"""Opens a queue file: makes it, checks it, and rescues what can be read when it is damaged."""

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pos_plugin.acts import ACT_FORMAT, digest_of
from pos_plugin.queue_file import (
    PAGE_BYTES,
    Connect,
    Connection,
    QueueDamagedError,
    QueueFullError,
    check_file,
    copy_file,
    create_file,
    prepare,
    told_apart,
)
from pos_plugin.rescue import (
    Found,
    FoundAct,
    committed_acts,
    finish_rescue,
    rescue_into,
)

log = logging.getLogger("enlaza_till.queue")

_INSERT_ACT: Final = "INSERT INTO act VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ACT_ROWS: Final = (
    "SELECT number, format, act_id, kind, sale_id, place, staff_id, made_at, body, shown, digest"
    " FROM act"
)


@dataclass(frozen=True, slots=True)
class Damage:
    """What a damaged file cost: acts rescued, acts known to be lost, and where the file is."""

    at: str
    rescued: int
    lost: int
    file: str


def open_file(path: Path, *, connect: Connect, now: Callable[[], str]) -> Connection:
    """Connect to a queue that can be believed.

    Errors: `QueueFullError`.
    """
    try:
        finish_rescue(path)
        if not path.exists():
            create_file(path, connect=connect)
        # Read before SQLite does: it drops what lies behind a damaged place of the log.
        logged, torn_from = committed_acts(path)
    except OSError as error:
        raise QueueFullError(str(error)) from error
    connection: Connection | None = None
    try:
        connection = _connected(path, connect)
        check_file(connection)
        _check_acts(connection)
        _keep_logged(connection, path, logged, torn_from=torn_from, now=now)
    except QueueDamagedError as damage:
        _drop(connection)
        return mend_file(path, connect=connect, now=now, besides=logged, why=str(damage))
    except BaseException:
        _drop(connection)
        raise
    return connection


def mend_file(
    path: Path,
    *,
    connect: Connect,
    now: Callable[[], str],
    besides: Sequence[FoundAct] = (),
    why: str = "",
) -> Connection:
    """Set a damaged file aside, put what is readable into a new queue and connect to that.

    Errors: `QueueFullError`, and the damaged file stays where it is.
    """
    at = now()
    aside = _aside_name(path, at)

    def write(connection: Connection, found: Found) -> None:
        rescued = write_found(connection, found)
        note_damage(connection, Damage(at, rescued, found.lost, aside.name))

    try:
        found = rescue_into(path, aside, connect=connect, write=write, besides=besides)
    except OSError as error:
        raise QueueFullError(str(error)) from error
    log.error(
        "the queue file is damaged (%s): %d acts rescued, %d lost, the file is kept as %s",
        " ".join(why.split())[:80],
        len(found.acts),
        found.lost,
        aside.name,
    )
    return _connected(path, connect)


def write_found(connection: Connection, found: Found) -> int:
    """Write rescued acts into a new queue; gives how many the server has not accepted.

    What waits is numbered anew; what was settled keeps its standing and is sent no more.
    """
    seq = number = open_acts = 0
    for act in found.acts:
        event = found.events.get(act.act_id)
        state = event.state if event is not None else "waiting"
        open_acts += state in {"waiting", "aside"}
        seq += state == "waiting"
        number = max(act.number, number + 1)
        connection.execute(_INSERT_ACT, (number, *act.columns, digest_of((number, *act.columns))))
        facts = (event.answer, event.problem, event.ended_at, event.dismissed_at) if event else ()
        connection.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                act.act_id,
                seq if state == "waiting" else None,
                state,
                *(facts or (None,) * 4),
            ),
        )
    if found.acts:
        _put(connection, "place", found.acts[-1].place)
    return open_acts


def note_damage(connection: Connection, damage: Damage) -> None:
    """Write the notice that a person has to read."""
    _put(connection, "damage", json.dumps(asdict(damage)))


def _connected(path: Path, connect: Connect) -> Connection:
    if path.stat().st_size < PAGE_BYTES:
        # SQLite would take it for a new database and throw its log away.
        message = "the file was cut"
        raise QueueDamagedError(message)
    with told_apart():
        connection = connect(str(path))
    try:
        prepare(connection)
    except BaseException:
        _drop(connection)
        raise
    return connection


_EVENT_ROWS: Final = (
    "SELECT answer, problem, number, act_id, seq, state, ended_at, dismissed_at FROM event"
)


def _check_acts(connection: Connection) -> None:
    """Compare every act with its digest."""
    with told_apart():
        for row in connection.execute(_ACT_ROWS):
            if row[1] != ACT_FORMAT or digest_of(row[:-1]) != row[-1]:
                message = f"row {row[0]} is not what was confirmed"
                raise QueueDamagedError(message)
        # What cannot be read here would be found only when somebody asks for it.
        connection.execute("SELECT name, value FROM setting").fetchall()
        for told in connection.execute(_EVENT_ROWS):
            for text in told[:2]:
                json.loads(text or "null")
        torn = connection.execute(
            "SELECT (SELECT count(*) FROM act) - (SELECT count(*) FROM event)"
        ).fetchone()[0]
    if torn:
        message = "an act has no outbox row"
        raise QueueDamagedError(message)


def _keep_logged(
    connection: Connection,
    path: Path,
    logged: Sequence[FoundAct],
    *,
    torn_from: int,
    now: Callable[[], str],
) -> None:
    """Take over acts that the log holds and SQLite did not read, because the log is broken.

    Only the very last transaction may be torn by a power cut; an earlier one is damage.
    """
    missing = [act for act in logged if not _is_known(connection, act)]
    if not missing:
        return
    at = now()
    aside = _aside_name(path, at)
    damaged = any(act.frame <= torn_from for act in missing)
    if damaged:
        copy_file(path, aside)
    with told_apart():
        connection.execute("BEGIN IMMEDIATE")
        for act in missing:
            _append(connection, act)
        if damaged:
            note_damage(connection, Damage(at, len(missing), 0, aside.name))
        connection.execute("COMMIT")
    log.warning("%d acts were read from a broken log (damaged: %s)", len(missing), damaged)


def _is_known(connection: Connection, act: FoundAct) -> bool:
    with told_apart():
        found = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM act WHERE act_id = ?)"
            " OR EXISTS (SELECT 1 FROM setting WHERE name = 'pruned' AND ? <= CAST(value AS INT))",
            (act.act_id, act.number),
        ).fetchone()
    return bool(found[0])


def _append(connection: Connection, act: FoundAct) -> None:
    number = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM act").fetchone()[0]
    connection.execute(_INSERT_ACT, (number, *act.columns, digest_of((number, *act.columns))))
    connection.execute(
        "INSERT INTO event (number, act_id, seq, state)"
        " SELECT ?, ?, coalesce(max(seq), 0) + 1, 'waiting' FROM event",
        (number, act.act_id),
    )


def _put(connection: Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))


def _aside_name(path: Path, at: str) -> Path:
    stamp = "".join(letter for letter in at if letter.isalnum())
    return path.with_name(f"{path.stem}.damaged-{stamp}.db")


def _drop(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()
