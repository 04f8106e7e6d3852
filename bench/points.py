"""What the ledger can do, against a bare commit of the same run: `python -m bench.points`.

Acts per second, one hot store against many, a balance as of a moment, the audit of a million
postings, and whether an act costs the same in a small ledger and in a large one. Everything goes
through the ledger's verbs in units of work, without HTTP, with full durability. Trust ratios within
a run; neighbors on the machine change every absolute number.
"""

import argparse
import json
import logging
import random
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.points_bulk import Bulk, fill, long_ago, wallet_ids
from bench.spent import Spent, spent
from bench.stand import DURABLE
from loyalty.db.rates import count_try
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.seal_ledger import seal_ledger, store_zones
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys
from loyalty.points.as_of import balance_as_of
from loyalty.points.audit import audit_ledger
from loyalty.points.credit import credit
from loyalty.points.hold import HoldAsk, hold
from loyalty.points.post_hold import post_hold
from loyalty.points.posting import Act
from loyalty.points.seals.audit import audit_seals
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place, create_schema, postgres_place, sqlite_place
from tests.support.postgres import SERVICE_ROLE, create_roles, running_server
from tests.support.town import add_store

KINDS: Final = ("sqlite", "postgresql")
PARTS: Final = ("acts", "hot", "asof", "audit", "flat")
CLIENTS: Final = 16
CARDS: Final = 2_000
ROUND_S: Final = 4.0
AS_OF_ENTRIES: Final = 10_000  # of each card
AS_OF_CARDS: Final = 20
AS_OF_LOOKS: Final = 2000
KEYS: Final = ServerKeys(
    master=bytes(32), root_private=bytes(range(32)), link_secrets=("for the bench only",)
)

Report = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Desk:
    """A ledger with cards, and the acts that are measured."""

    place: Place
    ledger: Ledger
    cards: tuple[UUID, ...]
    server: int | None  # PostgreSQL's process

    @property
    def database(self) -> Database:
        """The doors to it."""
        return self.ledger.database

    def bare(self, number: int) -> None:
        """Commit one row, as the yardstick."""
        now = self.ledger.tools.clock.now()
        with self.database.unit_of_work(NO_PROGRAM) as session:
            count_try(session, f"n{number}", limit=1, window=timedelta(hours=1), at=now)

    def earn(self, card: UUID, *, store: UUID) -> None:
        """Let a receipt earn 100 points."""
        now = self.ledger.tools.clock.now()
        act_id = f"sale:{new_id(now)}"
        with self.database.unit_of_work(self.ledger.program_id) as session:
            credit(
                session,
                self.ledger.program_id,
                card,
                act=Act(act_id, now, act_id, store, rule_version=1),
                points=100,
                kind="earn",
                at=now,
            )

    def redeem(self, card: UUID, *, store: UUID) -> None:
        """Hold 10 points and take them, in one act."""
        now = self.ledger.tools.clock.now()
        name = str(new_id(now))
        with self.database.unit_of_work(self.ledger.program_id) as session:
            ask = HoldAsk(name, 10, "till", f"sale:{name}", "live", store_id=store)
            hold(session, self.ledger.program_id, card, ask=ask, at=now)
            act = Act(f"redeem:{name}", now, f"sale:{name}", store)
            post_hold(session, self.ledger.program_id, name, act=act, at=now)


@contextmanager
def desk(kind: str, folder: Path, bulk: Bulk | None = None) -> Iterator[Desk]:
    """Open a fresh ledger, as durable as a shop's, filled with `bulk`."""
    tools = Tools(clock=SystemClock(), keys=KEYS)
    with _place(kind, folder) as (place, server):
        create_schema(place.admin_url)
        database = Database(place.url, pool_size=CLIENTS + 2)
        ledger = open_ledger(database, tools)
        try:
            if bulk is None:
                bulk = Bulk(CARDS, CARDS, long_ago(tools.clock.now(), CARDS))
            fill(place, ledger, bulk)
            cards = wallet_ids(bulk, limit=CARDS)
            yield Desk(place, ledger, tuple(map(UUID, cards)), server)
        finally:
            database.close()


@contextmanager
def _place(kind: str, folder: Path) -> Iterator[tuple[Place, int | None]]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as inside:
            yield sqlite_place(Path(inside) / "bench.db"), None
        return
    with running_server(settings=(*DURABLE, "max_wal_size=8GB")) as server:
        create_roles(server)
        with postgres_place(server) as place:
            assert SERVICE_ROLE in place.url, "the bench serves as the service does"
            told = (server.socket_folder / "data" / "postmaster.pid").read_text("utf-8")
            yield place, int(told.split()[0])


def rate(act: Callable[[int], None], *, clients: int, seconds: float = ROUND_S) -> float:
    """Let some clients act in turn for a while; acts per second of them all."""
    until, done = time.perf_counter() + seconds, [0] * clients

    def work(client: int) -> None:
        while time.perf_counter() < until:
            act(client)
            done[client] += 1

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def measure_acts(kind: str, folder: Path) -> Report:
    """Earn and redeem, by one client and by sixteen, beside a bare commit."""
    told: Report = {}
    with desk(kind, folder) as one:
        store, numbers = one.ledger.street.store_id, count()
        picks = [random.Random(client) for client in range(CLIENTS)]
        acts: dict[str, Callable[[int], None]] = {
            "bare": lambda _: one.bare(next(numbers)),
            "earn": lambda client: one.earn(picks[client].choice(one.cards), store=store),
            "redeem": lambda client: one.redeem(picks[client].choice(one.cards), store=store),
        }
        for clients in (1, CLIENTS):
            rounds = [
                {name: rate(act, clients=clients) for name, act in acts.items()} for _ in range(3)
            ]
            for name in acts:
                each = statistics.median(one_round[name] for one_round in rounds)
                told[f"{name} c={clients}, per s"] = round(each)
            for name in ("earn", "redeem"):
                ratios = [one_round[name] / one_round["bare"] for one_round in rounds]
                told[f"{name} c={clients}, of a bare commit"] = round(statistics.median(ratios), 2)
    return told


def measure_hot(kind: str, folder: Path) -> Report:
    """Sixteen clients at one store, and at sixteen, in turns."""
    with desk(kind, folder) as one:
        stores = [one.ledger.street.store_id]
        now = one.ledger.tools.clock.now()
        with one.database.unit_of_work(one.ledger.program_id) as session:
            for number in range(1, CLIENTS):
                stores.append(new_id(now))
                slug = f"S{number}"
                add_store(session, one.ledger.program_id, stores[-1], slug=slug, at=now)
        picks = [random.Random(client) for client in range(CLIENTS)]

        def spread(client: int) -> None:
            one.earn(picks[client].choice(one.cards), store=stores[client])

        def hot(client: int) -> None:
            one.earn(picks[client].choice(one.cards), store=stores[0])

        rate(spread, clients=CLIENTS, seconds=1)
        pairs = [(rate(hot, clients=CLIENTS), rate(spread, clients=CLIENTS)) for _ in range(5)]
    share = statistics.median(at_one / at_many for at_one, at_many in pairs)
    return {
        "one hot store, per s": round(statistics.median(pair[0] for pair in pairs)),
        "sixteen stores, per s": round(statistics.median(pair[1] for pair in pairs)),
        "hot against spread (goal 0.80)": round(share, 2),
    }


def measure_as_of(kind: str, folder: Path) -> Report:
    """A balance as of a moment, of cards with ten thousand entries each, in a ledger of twenty."""
    now, postings = SystemClock().now(), AS_OF_ENTRIES * AS_OF_CARDS
    bulk = Bulk(postings, AS_OF_CARDS, long_ago(now, postings))
    pick, taken = random.Random(5), []
    with desk(kind, folder, bulk) as one, one.database.reading(one.ledger.program_id) as session:
        before = spent(one.server)
        for number in range(AS_OF_LOOKS):
            moment = bulk.since + timedelta(milliseconds=10 * pick.randrange(500, postings))
            began = time.perf_counter()
            found = balance_as_of(
                session,
                one.ledger.program_id,
                one.cards[number % AS_OF_CARDS],
                occurred_until=moment,
                recorded_until=moment,
            )
            taken.append((time.perf_counter() - began) * 1000)
            assert found.points > 0
        used = spent(one.server).since(before)
    taken.sort()
    each = 1000 / AS_OF_LOOKS
    return {
        "as of, p50 ms": round(taken[AS_OF_LOOKS // 2], 2),
        "as of, p99 ms (goal 5)": round(taken[AS_OF_LOOKS * 99 // 100], 2),
        "processor ms of a look, ours + server's": (
            f"{used.own * each:.2f} + {used.server * each:.2f}"
        ),
    }


def measure_audit(kind: str, folder: Path, postings: int) -> Report:
    """Seal and audit a ledger of a million postings."""
    now = SystemClock().now()
    with desk(kind, folder, Bulk(postings, postings // 10, long_ago(now, postings))) as one:
        ledger = one.ledger
        began = spent(one.server)
        blocks = seal_ledger(
            ledger.database, ledger.program_id, tools=ledger.tools, everything=True
        )
        sealed = spent(one.server)
        seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
        again = spent(one.server)
        with ledger.database.reading(ledger.program_id) as session:
            found = [*audit_ledger(session, ledger.program_id)]
            recomputed = spent(one.server)
            found += audit_seals(
                session,
                ledger.program_id,
                zones=store_zones(session, ledger.program_id),
                due_before=now,
            )
            held = spent(one.server)
    assert found == [], found[:3]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "postings": postings,
        "blocks": blocks,
        **_named("seal all", sealed.since(began)),
        "seal nothing new, ms": round(again.since(sealed).clock * 1000, 1),
        **_named("audit of lots, balances and lines", recomputed.since(again)),
        **_named("audit of seals and sums", held.since(recomputed)),
        **_named("audit in all (goal 60)", held.since(again)),
        "most memory of this process, MB": peak_mb,
    }


def _named(what: str, used: Spent) -> Report:
    return {
        f"{what}, s": round(used.clock, 1),
        f"{what}, processor s, ours + server's": f"{used.own:.1f} + {used.server:.1f}",
    }


def measure_flat(kind: str, folder: Path, sizes: list[int]) -> Report:
    """What an act costs in ledgers of growing size, by one client."""
    told: Report = {}
    costs: dict[tuple[str, int], Spent] = {}
    for entries in sizes:
        for name, each in _costs(kind, folder, entries).items():
            costs[name, entries] = each
            told[f"{name} at {entries:,} entries, ms"] = (
                f"{each.clock * 1000:.2f}, processor {each.own * 1000:.2f}"
                f" + {each.server * 1000:.2f}"
            )
    for name in ("bare", "earn", "redeem"):
        first, last = costs[name, sizes[0]], costs[name, sizes[-1]]
        told[f"{name}: {sizes[-1]:,} against {sizes[0]:,}"] = (
            f"{last.clock / first.clock:.2f}, by processor time"
            f" {(last.own + last.server) / (first.own + first.server):.2f}"
        )
    return told


def _costs(kind: str, folder: Path, entries: int) -> dict[str, Spent]:
    """What an act takes, in seconds, in a ledger of so many entries; medians of three turns."""
    postings = entries // 2
    bulk = Bulk(postings, postings // 10, long_ago(SystemClock().now(), postings))
    with desk(kind, folder, bulk) as one:
        store, pick, numbers = one.ledger.street.store_id, random.Random(1), count()
        acts: dict[str, Callable[[int], None]] = {
            "bare": lambda _: one.bare(next(numbers)),
            "earn": lambda _: one.earn(pick.choice(one.cards), store=store),
            "redeem": lambda _: one.redeem(pick.choice(one.cards), store=store),
        }
        found: dict[str, list[Spent]] = {name: [] for name in acts}
        for _ in range(4):  # in turns, so that what neighbors do falls on all
            for name, act in acts.items():
                began = spent(one.server)
                done = rate(act, clients=1, seconds=2)
                used = spent(one.server).since(began)
                each = used.clock * done
                found[name].append(Spent(1 / done, used.own / each, used.server / each))
    return {name: _middle(each[1:]) for name, each in found.items()}


def _middle(each: list[Spent]) -> Spent:
    return Spent(*(statistics.median(parts) for parts in zip(*map(astuple, each), strict=True)))


def main() -> None:
    """Measure what was asked for and print it."""
    logging.disable(logging.CRITICAL)
    read = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    read.add_argument("--part", action="append", choices=PARTS, help="only this (may be repeated)")
    read.add_argument("--database", action="append", choices=KINDS, help="only this kind")
    read.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    read.add_argument("--postings", type=int, default=1_000_000, help="of the audit")
    read.add_argument(
        "--entries", type=int, default=10_000_000, help="of the largest ledger (part flat)"
    )
    read.add_argument("--json", type=Path, help="write the figures there, too")
    asked = read.parse_args()
    sizes = [size for size in (10_000, 100_000, 1_000_000, 10_000_000) if size <= asked.entries]
    parts: dict[str, Callable[[str], Report]] = {
        "acts": lambda kind: measure_acts(kind, asked.folder),
        "hot": lambda kind: measure_hot(kind, asked.folder),
        "asof": lambda kind: measure_as_of(kind, asked.folder),
        "audit": lambda kind: measure_audit(kind, asked.folder, asked.postings),
        "flat": lambda kind: measure_flat(kind, asked.folder, sizes),
    }
    told: dict[str, Report] = {}
    for name in asked.part or PARTS:
        for kind in asked.database or KINDS:
            told[f"{name}, {kind}"] = parts[name](kind)
            print(f"{name}, {kind}", flush=True)
            for what, figure in told[f"{name}, {kind}"].items():
                print(f"    {what:44} {figure}", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2), "utf-8")


if __name__ == "__main__":
    main()
