"""Who is who among a million identifiers: look-ups, merges, explanations, on both databases.

`python -m bench.identity` (minutes; about 3 GB in /dev/shm, given back). Each figure is of one
caller with a transaction of its own; "act" leaves the commit out, which is the disk's.
"""

import argparse
import gc
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.identity_rows import Filled, fill
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.dry_run import would_split
from loyalty.identity.links import LinkDraft, LinkResult, add_link, retract_link
from loyalty.identity.queries import person_of_identifier
from loyalty.journeys.explain import explain
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.keys import ServerKeys
from loyalty.programs.models import Program
from tests.support.places import Place, create_schema, postgres_place, sqlite_place
from tests.support.postgres import create_roles, running_server

KEYS = ServerKeys(master=bytes(32), root_private=bytes(32), link_secrets=("for the bench only",))
PROGRAM_ID = 7
ASKED = 10
MEMORY = Path("/dev/shm")  # noqa: S108  given back at the end


def main() -> None:
    """Measure and print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--identifiers", type=int, default=1_000_000)
    asked.add_argument("--acts", type=int, default=2_000)
    asked.add_argument("--database", choices=["sqlite", "postgresql"])
    asked.add_argument("--audit", action="store_true", help="hold the result against its evidence")
    options = asked.parse_args()
    tempfile.tempdir = str(MEMORY)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"by the clock | of the client's processor, which on SQLite is all of it; load {load}")
    for kind in ["sqlite", "postgresql"] if options.database is None else [options.database]:
        with _place(kind) as place:
            began = time.perf_counter()
            database = Database(place.url)
            _program(database)
            filled = fill(place, PROGRAM_ID, KEYS, identifiers=options.identifiers)
            print(
                f"{kind}: {options.identifiers} in {time.perf_counter() - began:.0f} s", flush=True
            )
            gc.freeze()  # the bench's own million of ids, which no service carries along
            _measure(database, filled, acts=options.acts)
            if options.audit:
                with database.reading(PROGRAM_ID) as session:
                    print(f"{kind}: {len(audit_persons(session, PROGRAM_ID))} differences")
            database.close()


@contextmanager
def _place(kind: str) -> Iterator[Place]:
    with ExitStack() as stack:
        if kind == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="enlaza-bench-"))
            place = sqlite_place(Path(folder) / "town.db")
        else:
            server = stack.enter_context(running_server())
            create_roles(server)
            place = stack.enter_context(postgres_place(server))
        create_schema(place.admin_url)
        yield place


def _program(database: Database) -> None:
    row = {"program_id": PROGRAM_ID, "name": "Calle Mayor", "language": "es", "is_demo": False}
    with database.unit_of_work(NO_PROGRAM) as session:
        session.execute(insert(Program).values(**row, created_at=SystemClock().now()))


def _measure(database: Database, filled: Filled, *, acts: int) -> None:
    draw = random.Random(7)
    members = draw.sample(filled.members, min(acts * 5, len(filled.members)))
    with database.reading(PROGRAM_ID) as session:
        looks = _timed(members, lambda own: person_of_identifier(session, PROGRAM_ID, own))
        persons = [person_of_identifier(session, PROGRAM_ID, own) for own in members[:acts]]
    _tell("look-up", looks)
    visitors = draw.sample(filled.visitors, min(acts, len(filled.visitors)))
    acted: list[Spent] = []
    links: list[str] = []

    def merge(pair: tuple[UUID, UUID]) -> None:
        began = _now()
        with database.unit_of_work(PROGRAM_ID) as session:
            links.append(_link(session, *pair).link_id)
            acted.append(_since(began))

    whole = _timed(list(zip(visitors, members, strict=False)), merge)
    _tell("merge (act)", acted)
    _tell("merge, committed", whole)

    def take_back(link_id: str) -> None:
        with database.unit_of_work(PROGRAM_ID) as session:
            retract_link(session, PROGRAM_ID, link_id, actor="bench", at=SystemClock().now())

    with database.reading(PROGRAM_ID) as session:
        _tell(
            "what would split",
            _timed(links[:acts], lambda link_id: would_split(session, PROGRAM_ID, [link_id])),
        )
    _tell("unmerge, committed", _timed(links[:acts], take_back))
    with database.reading(PROGRAM_ID) as session:
        pairs = [(p.person_id, m) for p, m in zip(persons, members, strict=False) if p]
        _tell("explain", _timed(pairs, lambda pair: explain(session, PROGRAM_ID, *pair)))
        for name, ends in (("star", filled.star), ("chain", filled.chain)):
            person = person_of_identifier(session, PROGRAM_ID, ends[0])
            assert person is not None
            for where, goal in (("last", ends[1]), ("middle", ends[2])):
                asked = [(person.person_id, goal)] * ASKED
                told = _timed(asked, lambda pair: explain(session, PROGRAM_ID, *pair))
                _tell(f"explain, {name} of 10,000, {where}", told)
    _long_merges(database, filled)


def _long_merges(database: Database, filled: Filled) -> None:
    """Merge the two persons of ten thousand, and take it back: the worst there is."""
    found: list[str] = []

    def merge(_: int) -> None:
        with database.unit_of_work(PROGRAM_ID) as session:
            found.append(_link(session, filled.chain[1], filled.star[0], kind="staff").link_id)

    def take_back(_: int) -> None:
        with database.unit_of_work(PROGRAM_ID) as session:
            retract_link(session, PROGRAM_ID, found[0], actor="bench", at=SystemClock().now())

    _tell("merge of 10,000 with 10,000", _timed([1], merge))
    _tell("unmerge of 20,000", _timed([1], take_back))


def _link(session: Session, one: UUID, other: UUID, kind: str = "email") -> LinkResult:
    at = SystemClock().now()
    draft = LinkDraft(
        program_id=PROGRAM_ID,
        kind=kind,
        a=one,
        b=other,
        event=f"bench:{one}",
        occurred_at=at - timedelta(minutes=1),
        actor="bench",
    )
    return add_link(session, draft, at=at)


T = TypeVar("T")


Spent = tuple[float, float]  # seconds by the clock, and of this thread's processor time


def _now() -> Spent:
    return time.perf_counter(), time.thread_time()


def _since(began: Spent) -> Spent:
    now = _now()
    return now[0] - began[0], now[1] - began[1]


def _timed(asked: Sequence[T], act: Callable[[T], object]) -> list[Spent]:
    found = []
    for each in asked:
        began = _now()
        act(each)
        found.append(_since(began))
    return found


def _tell(what: str, spent: Sequence[Spent]) -> None:
    print(f"  {what:34} {_figures([s[0] for s in spent])} | {_figures([s[1] for s in spent])}")


def _figures(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.99))
    return f"p50 {p50 * 1e3:8.3f}  p99 {p99 * 1e3:8.3f}  worst {ordered[-1] * 1e3:8.3f} ms"


if __name__ == "__main__":
    main()
