"""Scans and sales per second through HTTP, against bare views loaded in the same run.

The service runs as `enlaza serve` runs it, fully durable, on SQLite and on PostgreSQL. "fixed"
divides its rate by that of a null view on gunicorn with two synchronous workers; "own" by that
of a null view served as the service is on that database; "commit" by that of a view there which
commits one row; "server" is the service's processor time for one request. All are loaded in turn,
round by round; each figure is the median of the rounds.
Client, servers and databases share the machine: trust the ratios. `--gate` fails below a floor.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

from bench.bare import KINDS
from bench.load import Load, drive
from bench.spent import processor_s
from bench.stand import Stand, Trade, fresh_name, stand
from loyalty.kernel.clock import SystemClock
from loyalty.wire.codes import CodeHeader, CodeKind, seconds_of

CLIENTS = (1, 8, 32)
ROUNDS = 3
SECONDS = 0.7
# More than can be answered: requests are written, and their codes signed, before the clock runs.
PER_S_MAX = 2000
NULLS_MAX = 100_000
CODE_LEFT = timedelta(seconds=100)
FIXED, NULL = "null, gunicorn sync 2", "null"
# Shares of a null view: (kind of ratio, database, clients) to (floor, goal).
FLOORS = {
    ("fixed", "sqlite", 1): (0.14, 0.25),
    ("fixed", "sqlite", 8): (0.12, 0.25),
    ("fixed", "sqlite", 32): (0.13, 0.30),
    ("own", "postgresql", 8): (0.08, 0.15),
}
GATED = ("scan", "sale")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing under load, and how to write its requests."""

    name: str
    kind: str  # of database; "" for the null views
    address: tuple[str, int]
    requests: Callable[[int], Sequence[bytes]]
    expect: bytes
    process: int | None = None  # whose processor time is measured


@dataclass(frozen=True, slots=True)
class Line:
    """The medians of one target under so many clients."""

    name: str
    kind: str
    clients: int
    per_s: float
    p50_ms: float
    p99_ms: float
    client_us: float
    server_us: float
    fixed: float
    own: float | None
    commit: float | None
    floor: float | None
    goal: float | None
    holds: bool | None


class Writer:
    """Writes the requests of one shop's tills: each with another member, freshly signed."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._clock = SystemClock()
        self._scans, self._sales = count(), count()
        self._run = fresh_name()

    def scans(self, wanted: int) -> list[bytes]:
        """Write scans: a card comes back to a till only when every card was at every till."""
        return [
            self._request("/api/v1/scans", number, {"code": code, "scanned_at": now})
            for number, code, now in self._shown(wanted, self._trade.cards, self._scans)
        ]

    def sales(self, wanted: int) -> list[bytes]:
        """Write sales with a code; their members' visits are not linked."""
        return self._written_sales(wanted, self._trade.cards)

    def linked_sales(self, wanted: int) -> list[bytes]:
        """Write sales whose code links the visit that showed it."""
        return self._written_sales(wanted, self._trade.linked_cards)

    def _written_sales(self, wanted: int, cards: tuple[str, ...]) -> list[bytes]:
        return [
            self._request(
                "/api/v1/sales",
                number,
                {
                    "sale_id": f"{self._run}-{number}",
                    "total_minor": 1240,
                    "currency": "EUR",
                    "sold_at": now,
                    "scanned_at": now,
                    "code": code,
                },
            )
            for number, code, now in self._shown(wanted, cards, self._sales)
        ]

    def _shown(
        self, wanted: int, cards: tuple[str, ...], numbers: Iterator[int]
    ) -> Iterator[tuple[int, str, str]]:
        now = self._clock.now()
        expires = seconds_of(now + CODE_LEFT)
        codes: dict[str, str] = {}
        for number in islice(numbers, wanted):
            card = cards[number % len(cards)]
            if card not in codes:
                header = CodeHeader(
                    CodeKind.LIVE, 1, self._trade.signer.program_id, card, 0, expires
                )
                codes[card] = self._trade.signer.sign(header)
            yield number, codes[card], now.isoformat()

    def _request(self, path: str, number: int, body: dict[str, object]) -> bytes:
        tills = self._trade.credentials
        till = tills[number // len(self._trade.cards) % len(tills)]
        told = {"Authorization": f"Bearer {till}", "Content-Type": "application/json"}
        return request("POST", path, told, json.dumps(body).encode())


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Write one request."""
    told = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def targets(made: Stand) -> list[Target]:
    """List what is loaded, in the order of a round."""

    def nulls(_wanted: int) -> list[bytes]:
        return [request("GET", "/null", {})] * NULLS_MAX

    def commits(kind: str) -> Callable[[int], list[bytes]]:
        return lambda wanted: [request("POST", f"/commit/{kind}", {})] * (4 * wanted)

    done, ok = b'"done":true', b'outcome":"ok"'
    found = [
        Target(FIXED, "", made.fixed, nulls, done),
    ]
    for kind, address in made.services.items():
        writer = Writer(made.trades[kind])
        found += [
            Target(NULL, kind, made.bare[kind], nulls, done),
            Target("one commit", kind, made.bare[kind], commits(kind), done),
            *(
                Target(name, kind, address, requests, ok, made.processes[kind])
                for name, requests in (
                    ("scan", writer.scans),
                    ("sale", writer.sales),
                    ("sale, visit linked", writer.linked_sales),
                )
            ),
        ]
    return found


Loads = dict[tuple[str, str, int], list[Load]]


def measure(made: Stand, *, rounds: int, seconds: float) -> Loads:
    """Load everything in turn, round by round."""
    everything = targets(made)
    for target in everything:
        _drive(target, clients=8, seconds=0.3)  # caches fill, connections open
    loads: Loads = {}
    for _ in range(rounds):
        for clients in CLIENTS:
            for target in everything:
                load = _drive(target, clients=clients, seconds=seconds)
                loads.setdefault((target.name, target.kind, clients), []).append(load)
    return loads


def _drive(target: Target, *, clients: int, seconds: float) -> Load:
    requests = target.requests(int(PER_S_MAX * seconds))
    began_s = processor_s(target.process) if target.process else 0.0
    load = drive(target.address, requests, clients=clients, seconds=seconds, expect=target.expect)
    if target.process is None:
        return load
    return replace(load, server_s=(processor_s(target.process) - began_s) / load.answers)


def lines(loads: Loads) -> list[Line]:
    """Sum the rounds up, with the ratios of each round against its own neighbors."""
    found = []
    for (name, kind, clients), loaded in loads.items():
        rates = [load.per_s for load in loaded]

        def share(of: str, where: str, rates: list[float] = rates, c: int = clients) -> float:
            others = [load.per_s for load in loads[of, where, c]]
            return statistics.median(mine / one for mine, one in zip(rates, others, strict=True))

        fixed = share(FIXED, "")
        own = share(NULL, kind) if kind else None
        floor, goal, holds = None, None, None
        for ratio, value in (("fixed", fixed), ("own", own)):
            if value is not None and name in GATED and (ratio, kind, clients) in FLOORS:
                floor, goal = FLOORS[ratio, kind, clients]
                holds = value >= floor
        found.append(
            Line(
                name=name,
                kind=kind,
                clients=clients,
                per_s=statistics.median(rates),
                p50_ms=1000 * statistics.median(load.p50_s for load in loaded),
                p99_ms=1000 * statistics.median(load.p99_s for load in loaded),
                client_us=1e6 * statistics.median(load.client_s for load in loaded),
                server_us=1e6 * statistics.median(load.server_s for load in loaded),
                fixed=fixed,
                own=own,
                commit=share("one commit", kind) if kind else None,
                floor=floor,
                goal=goal,
                holds=holds,
            )
        )
    return found


def tell(found: list[Line]) -> None:
    """Print the table."""
    print(
        f"{'what':22}{'database':12}{'c':>3}{'per s':>9}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'fixed':>7}{'own':>7}{'commit':>8}{'client':>8}{'server':>9}"
        "  floor, goal"
    )
    for line in sorted(found, key=lambda line: (line.kind, line.clients)):
        own = "" if line.own is None else f"{line.own:.3f}"
        commit = "" if line.commit is None else f"{line.commit:.3f}"
        verdict = ""
        if line.floor is not None:
            verdict = f"{line.floor:.2f} {'holds' if line.holds else 'FAILS'}, {line.goal:.2f}"
        print(
            f"{line.name:22}{line.kind:12}{line.clients:3}{line.per_s:9,.0f}{line.p50_ms:8.2f}"
            f"{line.p99_ms:8.1f}{line.fixed:7.3f}{own:>7}{commit:>8}"
            f"{line.client_us:5.0f} us{line.server_us:6.0f} us  {verdict}"
        )


def main() -> int:
    """Measure, tell, and with `--gate` fail below a floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true", help="exit status 1 below a floor")
    parser.add_argument("--json", type=Path, help="write the figures to a file, too")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each stretch of load")
    parser.add_argument("--database", choices=KINDS, action="append", help="default: both")
    asked = parser.parse_args()
    kinds = tuple(asked.database or KINDS)
    with tempfile.TemporaryDirectory(prefix="enlaza-bench-") as folder:
        Path(folder).chmod(0o755)
        with stand(Path(folder), kinds) as made:
            found = lines(measure(made, rounds=asked.rounds, seconds=asked.seconds))
    tell(found)
    if asked.json:
        figures = [{name: getattr(line, name) for name in Line.__slots__} for line in found]
        told = {"processors": os.cpu_count(), "rounds": asked.rounds, "lines": figures}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 1 if asked.gate and any(line.holds is False for line in found) else 0


if __name__ == "__main__":
    sys.exit(main())
