"""Batches of acts on points, and a process that delivers them, each up to so many times.

    python -m tests.support.points_batch URL PROGRAM BATCH TOLD NUMBER TIMES

It writes a letter to TOLD for each answer it got, so that whoever kills it knows how far it is.
"""

import json
import random
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.session import Database
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.points.credit import credit
from loyalty.points.give_back import give_back
from loyalty.points.hold import HoldAsk, hold
from loyalty.points.post_hold import post_hold
from loyalty.points.posting import Act
from loyalty.points.queries import ENTRY, POSTING, balance_of
from loyalty.points.redeem import redeem
from loyalty.points.take_back import take_back
from loyalty.points.transfer import transfer
from loyalty.points.void_hold import void_hold

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VERBS = ("credit", "credit", "hold", "post", "void", "redeem", "give_back", "take_back", "join")


@dataclass(frozen=True, slots=True)
class Step:
    """One act: how many points, on which of the two wallets, and which step it speaks of."""

    verb: str
    points: int
    wallet: int
    of: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Acts over two wallets, each told only after the one before it was answered."""

    name: str
    wallets: tuple[str, str]
    steps: tuple[Step, ...]

    @classmethod
    def drawn(
        cls, number: int, wallets: tuple[UUID, UUID], count: int, by: random.Random
    ) -> "Chain":
        """Draw some acts; each speaks of an earlier step that it can speak of."""
        steps: list[Step] = []
        holds: list[int] = []
        spent: list[int] = []
        for k in range(count):
            verb = by.choice(VERBS) if k else "credit"
            known = {"post": holds, "void": holds, "give_back": spent}.get(verb, [0])
            if not known:
                verb, known = "credit", [0]
            steps.append(Step(verb, by.randint(1, 30), by.randrange(2), by.choice(known)))
            if verb == "hold":
                holds.append(k)
            if verb in {"redeem", "post"}:
                spent.append(k)
        return cls(f"chain{number}", (str(wallets[0]), str(wallets[1])), tuple(steps))

    def elsewhere(self, wallets: tuple[UUID, UUID]) -> "Chain":
        """Make the same acts under other ids on other wallets."""
        return replace(self, name=f"alone:{self.name}", wallets=(str(wallets[0]), str(wallets[1])))

    @classmethod
    def of_json(cls, told: dict[str, list[dict[str, object]]]) -> "Chain":
        steps = tuple(Step(**step) for step in told["steps"])  # type: ignore[arg-type]
        return cls(str(told["name"]), tuple(told["wallets"]), steps)  # type: ignore[arg-type]


def deliver(session: Session, program_id: int, chain: Chain, k: int) -> None:
    """Do one step of a chain, as it is told each time."""
    step, at = chain.steps[k], BEGAN + timedelta(seconds=k)
    wallet, other = UUID(chain.wallets[step.wallet]), UUID(chain.wallets[1 - step.wallet])
    name, of = f"{chain.name}:{k}", f"{chain.name}:{step.of}"
    act = Act(name, at, name)
    match step.verb:
        case "credit":
            credit(session, program_id, wallet, act=act, points=step.points, kind="bonus", at=at)
        case "hold":
            ask = HoldAsk(name, step.points, "order", name, "live")
            hold(session, program_id, wallet, ask=ask, at=at)
        case "post":
            post_hold(session, program_id, of, act=act, points=step.points, at=at)
        case "void":
            void_hold(session, program_id, of, act_id=name, at=at)
        case "redeem":
            redeem(session, program_id, wallet, act=act, points=step.points, at=at, debt_most=5)
        case "give_back":
            if _is_posted(session, program_id, of):
                give_back(session, program_id, redeem_act=of, act=act, points=step.points, at=at)
        case "take_back":
            take_back(session, program_id, wallet, act=act, points=step.points, at=at)
        case _:
            transfer(session, program_id, source=wallet, target=other, act=act, at=at)


def told_by(database: Database, program_id: int, chain: Chain) -> list[object]:
    """Say what became of a chain, in words that are the same under other ids."""
    names = {f"{chain.name}:{k}": k for k in range(len(chain.steps))}
    wallets = {UUID(wallet): number for number, wallet in enumerate(chain.wallets)}
    with database.reading(program_id) as session:
        rows = session.execute(
            select(POSTING.c.posting_id, POSTING.c.act_id, POSTING.c.kind).where(
                POSTING.c.program_id == program_id, POSTING.c.act_id.in_(names)
            )
        ).all()
        of_lot = {row.posting_id: names[row.act_id] for row in rows}
        lines = session.execute(
            select(
                ENTRY.c.posting_id,
                ENTRY.c.account,
                ENTRY.c.wallet_id,
                ENTRY.c.lot_id,
                ENTRY.c.points,
            ).where(ENTRY.c.program_id == program_id, ENTRY.c.posting_id.in_(of_lot))
        ).all()
        told: list[object] = [*sorted((of_lot[row.posting_id], row.kind) for row in rows)]
        told += sorted(
            (
                of_lot[line.posting_id],
                line.account,
                wallets.get(line.wallet_id, -1),
                of_lot.get(line.lot_id, -1),
                line.points,
            )
            for line in lines
        )
        balances = [balance_of(session, program_id, wallet) for wallet in wallets]
    told += [(each.posted, each.held, each.debt, each.version) for each in balances]
    return told


def _is_posted(session: Session, program_id: int, act_id: str) -> bool:
    """Say whether an earlier step was a redemption or was refused."""
    return (
        session.execute(
            select(POSTING.c.posting_id).where(
                POSTING.c.program_id == program_id, POSTING.c.act_id == act_id
            )
        ).first()
        is not None
    )


def main(url: str, program: str, batch: str, told: str, number: str, times: str) -> None:
    """Deliver every chain in an order of its own, every act some times."""
    by, database = random.Random(int(number)), Database(url)
    chains = [Chain.of_json(each) for each in json.loads(Path(batch).read_text())]
    by.shuffle(chains)
    with Path(told).open("wb", buffering=0) as sink:
        for chain in chains:
            for k in range(len(chain.steps)):
                for _ in range(by.randint(1, int(times))):
                    _until_kept(database, int(program), chain, k)
                    sink.write(b".")
    database.close()


def _until_kept(database: Database, program_id: int, chain: Chain, k: int) -> None:
    """Tell an act until it is answered, as a till does."""
    while True:
        try:
            with database.unit_of_work(program_id) as session:
                return deliver(session, program_id, chain, k)
        except StorageUnavailableError:
            continue


def to_json(chains: list[Chain]) -> str:
    """Write batches as the process reads them."""
    return json.dumps([asdict(chain) for chain in chains])


if __name__ == "__main__":
    main(*sys.argv[1:])
