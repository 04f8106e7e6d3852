"""A town of a million identifiers as rows, written past the service, for `identity.py`.

Most are members with a card, an address and a web session; some are an address with two visits
that nobody knows yet. One person has ten thousand web sessions, one is a chain of ten thousand.
`enlaza`'s own audit holds the town against its evidence (`--audit`, slow).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from loyalty.db.sqlite import database_path
from loyalty.identity.identifiers import KEY_PURPOSE
from loyalty.identity.rules import link_id_of, person_id_of
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash
from tests.support.places import Place

START = datetime(2024, 1, 1, tzinfo=UTC)
LONG = 10_000
MEMBERS_A_VISITOR = 8
TABLES = {
    "identity_identifier": (
        "program_id, identifier_id, kind, value_hmac, cluster_id, state, first_occurred_at"
    ),
    "identity_cluster": (
        "program_id, cluster_id, block_id, person_id, first_id, size, known, open_member_id,"
        " version"
    ),
    "identity_block": "program_id, block_id, size, conflicted",
    "identity_link": (
        "program_id, link_id, a, b, kind, strength, occurred_at, recorded_at, event, actor, basis,"
        " active"
    ),
    "identity_log": "program_id, log_id, act, cause, before, after, at",
}
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """An identifier of the town."""

    identifier_id: UUID
    kind: str
    value_hmac: str
    at: datetime


@dataclass
class Town:
    """Makes persons and the rows they are."""

    program_id: int
    keys: ServerKeys
    made: int = 0

    def __post_init__(self) -> None:
        # The values are in the form that is hashed already, so that a million cost no minute.
        self._key = derived_key(self.keys, KEY_PURPOSE, self.program_id)

    def own(self, kind: str) -> Own:
        """Make an identifier, a second younger than the last."""
        self.made += 1
        own = UUID(int=(0x0190 << 112) | self.made)
        value = str(own) if kind != "email" else f"p{self.made}@correo.example"
        hashed = keyed_hash(self._key, kind if kind == "email" else "device", value)
        return Own(own, kind, hashed, START + timedelta(seconds=self.made))

    def member(self) -> tuple[list[Own], list[tuple[int, int]]]:
        """Make a member with a card, an address and a web session."""
        return [self.own(each) for each in ("member", "card", "email", "session")], [
            (1, 0),
            (2, 0),
            (3, 1),
        ]

    def visitor(self) -> tuple[list[Own], list[tuple[int, int]]]:
        """Make an address with two visits."""
        return [self.own(each) for each in ("email", "session", "session")], [(1, 0), (2, 0)]

    def star(self) -> tuple[list[Own], list[tuple[int, int]]]:
        """Make a member whose card has ten thousand visits."""
        owns = [self.own("member"), self.own("card")]
        owns += [self.own("session") for _ in range(LONG - 2)]
        return owns, [(1, 0), *((turn, 1) for turn in range(2, LONG))]

    def chain(self) -> tuple[list[Own], list[tuple[int, int]]]:
        """Make visits that hang on each other, one by one."""
        owns = [self.own("session") for _ in range(LONG)]
        return owns, [(turn, turn - 1) for turn in range(1, LONG)]


def rows_of(
    program_id: int, owns: Sequence[Own], ends: Iterable[tuple[int, int]]
) -> Iterator[tuple[str, Row]]:
    """Write one person as rows of the five tables."""
    first, size = owns[0], len(owns)
    cluster = first.identifier_id
    person = person_id_of(program_id, first.kind, first.value_hmac)
    member = next((own.identifier_id for own in owns if own.kind == "member"), None)
    known = any(own.kind in {"member", "email"} for own in owns)
    for own in owns:
        key = (program_id, own.identifier_id, own.kind, own.value_hmac)
        yield "identity_identifier", (*key, cluster, "ok", own.at)
    row = (program_id, cluster, cluster, person, first.identifier_id, size, known, member, 1)
    yield "identity_cluster", row
    yield "identity_block", (program_id, cluster, size, False)
    for one, other in ends:
        a, b = sorted((owns[one], owns[other]), key=lambda own: (own.kind, own.value_hmac))
        values = [(a.kind, a.value_hmac), (b.kind, b.value_hmac)]
        event = f"event:{owns[one].identifier_id}"
        link_id = link_id_of(program_id, "staff", values, event)
        at = max(a.at, b.at)
        ids = (program_id, link_id, a.identifier_id, b.identifier_id)
        yield "identity_link", (*ids, "staff", 1, at, at, event, "staff:1", "contract", True)
    told = (UUID(int=cluster.int + (1 << 100)), "merge", "filled", person, person, first.at)
    yield "identity_log", (program_id, *told)


@dataclass(frozen=True, slots=True)
class Filled:
    """What the bench asks about: members and visitors by their first identifier, and two long ones.

    Of those: the first identifier, the last, and one in the middle.
    """

    members: tuple[UUID, ...]
    visitors: tuple[UUID, ...]
    star: tuple[UUID, UUID, UUID]
    chain: tuple[UUID, UUID, UUID]


def fill(place: Place, program_id: int, keys: ServerKeys, *, identifiers: int) -> Filled:
    """Fill a place with about so many identifiers."""
    town = Town(program_id, keys)
    members: list[UUID] = []
    visitors: list[UUID] = []
    ends: dict[str, tuple[UUID, UUID, UUID]] = {}

    def persons() -> Iterator[tuple[str, Row]]:
        for name, made in (("star", town.star()), ("chain", town.chain())):
            ids = [own.identifier_id for own in made[0]]
            ends[name] = (ids[0], ids[-1], ids[LONG // 2])
            yield from rows_of(program_id, *made)
        while town.made < identifiers:
            visits = len(members) % 8 == 7
            owns, links = (
                town.visitor() if visits and len(visitors) * 8 < len(members) else town.member()
            )
            (visitors if len(owns) == 3 else members).append(owns[0].identifier_id)
            yield from rows_of(program_id, owns, links)

    write = _write_sqlite if place.is_sqlite else _write_postgres
    write(place, persons())
    return Filled(tuple(members), tuple(visitors), ends["star"], ends["chain"])


_AT_ONCE = 50_000


def _parts(rows: Iterator[tuple[str, Row]]) -> Iterator[dict[str, list[Row]]]:
    part: dict[str, list[Row]] = {table: [] for table in TABLES}
    for number, (table, row) in enumerate(rows, start=1):
        part[table].append(row)
        if number % _AT_ONCE == 0:
            yield part
            part = {table: [] for table in TABLES}
    yield part


def _write_sqlite(place: Place, rows: Iterator[tuple[str, Row]]) -> None:
    connection = sqlite3.connect(database_path(make_url(place.admin_url)), isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    for part in _parts(rows):
        for table, told in part.items():
            marks = ", ".join("?" for _ in TABLES[table].split(","))
            command = f"INSERT INTO {table} ({TABLES[table]}) VALUES ({marks})"
            connection.executemany(command, [[_plain(value) for value in row] for row in told])
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value


def _write_postgres(place: Place, rows: Iterator[tuple[str, Row]]) -> None:
    """Copy the rows as text, without asking for each whether what it names is there."""
    url = make_url(place.admin_url)
    with psycopg.connect(
        host=str(url.query["host"]), user="postgres", dbname=url.database
    ) as connection:
        connection.execute("SET session_replication_role = replica")
        for part in _parts(rows):
            for table, told in part.items():
                with connection.cursor().copy(f"COPY {table} ({TABLES[table]}) FROM STDIN") as copy:
                    copy.write("".join(map(_line, told)))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _line(row: Row) -> str:
    """Write a row as COPY reads it; nothing in the town needs to be escaped."""
    return "\t".join("\\N" if value is None else str(value) for value in row) + "\n"
