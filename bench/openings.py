"""How long balances of an older program take to come over: `python -m bench.openings`.

One list names each member once, by the card's number, by the letters printed on it, or by a saved
address. Told are the seconds on the clock and those of the processor, ours and PostgreSQL's: on a
machine that does other things besides, only the second compare.
"""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from bench.bare import KINDS
from bench.spent import processor_s
from bench.stand import DURABLE
from loyalty.codes.models import Card
from loyalty.db.base import Base
from loyalty.db.migrate import upgrade
from loyalty.db.prepared import insert_rows
from loyalty.db.session import Database
from loyalty.db.writes import table_of
from loyalty.identity.identifiers import KEY_PURPOSE
from loyalty.identity.models import Cluster, Identifier, Member
from loyalty.journeys.open_balances import KeptBalances, keep_balances, plan_balances
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import derived_key, keyed_hash
from loyalty.points.audit import audit_ledger
from loyalty.points.opening_list import read_openings
from loyalty.programs.queries import StoreFacts, store_by_id
from tests.support.keys import KEYS
from tests.support.places import Place, postgres_place, sqlite_place
from tests.support.postgres import create_roles, running_server
from tests.support.street import open_street

LETTERS: Final = 12  # of a card's 16, as they are printed on it
T = TypeVar("T")
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stand:
    """A program full of members, and the list that brings their balances."""

    database: Database
    store: StoreFacts
    tools: Tools
    data: bytes
    server: int | None  # PostgreSQL's process


def main() -> None:
    """Measure each part on each database."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--database", choices=KINDS, action="append")
    told = asked.parse_args()
    for kind in told.database or KINDS:
        with tempfile.TemporaryDirectory() as folder, _place(kind, Path(folder)) as (place, server):
            upgrade(place.admin_url, service_url=place.url)
            with closing(Database(place.url)) as database:
                _measure(_filled(database, told.rows, server), kind)


def _measure(stand: Stand, kind: str) -> None:
    program_id = stand.store.program_id
    told = KeptBalances(stand.data, None, again=False, made_by="bench")
    read, _ = _timed(stand, f"{kind}: read", lambda: read_openings(stand.data, mark=None))
    rows = len(read.rows)

    def plan() -> int:
        with stand.database.reading(program_id) as session:
            planned = plan_balances(session, stand.store, read, told, tools=stand.tools)
        assert not planned.slips, planned.slips[:3]
        return len(planned.give)

    def keep() -> int:
        kept = keep_balances(stand.database, told, stand.store, seconds=1e9, tools=stand.tools)
        assert kept is not None
        return kept.rows

    assert _timed(stand, f"{kind}: preview", plan) == rows
    assert _timed(stand, f"{kind}: keep", keep) == rows
    assert _timed(stand, f"{kind}: keep again", keep) == 0, "each row once"
    _timed(
        stand, f"{kind}: seal", lambda: seal_ledger(stand.database, program_id, tools=stand.tools)
    )
    with stand.database.reading(program_id) as session:
        assert audit_ledger(session, program_id) == ()


def _timed(stand: Stand, name: str, work: Callable[[], T]) -> T:
    wall, own, server = time.monotonic(), time.process_time(), _server_s(stand.server)
    done = work()
    told = (
        f"{name:24} {time.monotonic() - wall:7.1f} s on the clock,"
        f" {time.process_time() - own:6.1f} s of our processor"
    )
    if stand.server is not None:
        told += f", {_server_s(stand.server) - server:6.1f} s of the server's"
    sys.stdout.write(told + "\n")
    sys.stdout.flush()
    return done


def _server_s(process: int | None) -> float:
    return 0.0 if process is None else processor_s(process)


@contextmanager
def _place(kind: str, folder: Path) -> Iterator[tuple[Place, int | None]]:
    if kind == "sqlite":
        yield sqlite_place(folder / "enlaza.db"), None
        return
    with running_server(settings=DURABLE) as server:
        create_roles(server)
        with postgres_place(server) as place:
            told = (server.socket_folder / "data" / "postmaster.pid").read_text("utf-8")
            yield place, int(told.split()[0])


def _filled(database: Database, members: int, server: int | None) -> Stand:
    """Make members with a card and an address each, without a wallet yet."""
    tools = Tools(clock=SystemClock(), keys=KEYS)
    street = open_street(database, tools)
    with database.reading(street.program_id) as session:
        store = store_by_id(session, street.program_id, street.store_id)
    assert store is not None
    rows = ["tarjeta;correo;puntos;caduca"]
    for first in range(0, members, 5000):
        numbers = range(first, min(first + 5000, members))
        with database.unit_of_work(street.program_id) as session:
            made = [_member(store, tools, number) for number in numbers]
            for model in (Member, Card, Cluster, Identifier):
                lines = [line for one in made for line in one[model]]
                insert_rows(session, table_of(model), lines)
        rows += [
            _row(number, one[Card][0]["card_id"]) for number, one in zip(numbers, made, strict=True)
        ]
    return Stand(database, store, tools, "\n".join(rows).encode(), server)


def _member(store: StoreFacts, tools: Tools, number: int) -> dict[type[Base], list[Values]]:
    """Write what a member is: membership, card and address of one person."""
    at = tools.clock.now()
    member_id, cluster_id, card_id = new_id(at), new_id(at), secrets.token_hex(8)
    program = {"program_id": store.program_id}
    key = derived_key(tools.keys, KEY_PURPOSE, store.program_id)
    hmac = keyed_hash(key, "email", _email(number))
    known = {"cluster_id": cluster_id, "state": "ok", "first_occurred_at": at}
    identifiers: tuple[tuple[UUID, str, str], ...] = (
        (member_id, "member", keyed_hash(key, "member", str(member_id))),
        (UUID(int=int(card_id, 16)), "card", keyed_hash(key, "card", card_id)),
        (new_id(at), "email", hmac),
    )
    return {
        Member: [
            program
            | {"member_id": member_id, "store_id": store.store_id, "display_name": None}
            | {"language": "es", "joined_at": at}
        ],
        Card: [
            program
            | {"card_id": card_id, "member_id": member_id, "store_id": store.store_id}
            | {"kind": "phone", "state": "active", "epoch": 0, "min_epoch": 0, "created_at": at}
            | {"claimed_at": None, "voided_at": None, "void_reason": None}
        ],
        Cluster: [
            program
            | {"cluster_id": cluster_id, "block_id": cluster_id, "first_id": member_id}
            | {"person_id": member_id.hex, "size": 3, "known": True}
            | {"open_member_id": member_id, "version": 1}
        ],
        Identifier: [
            program | known | {"identifier_id": identifier_id, "kind": kind, "value_hmac": value}
            for identifier_id, kind, value in identifiers
        ],
    }


def _email(number: int) -> str:
    return f"socia{number}@correo.example"


def _row(number: int, card_id: object) -> str:
    card = str(card_id)
    named = (f"{card};", f"{card[:LETTERS]};", f";{_email(number)}")[number % 3]
    return f"{named};{number % 900 + 1};31/12/2030"


if __name__ == "__main__":
    main()
