"""A batch that several processes deliver again and again while they are killed counts once."""

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.house import ROOT
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place
from tests.support.points_batch import Chain, deliver, to_json, told_by
from tests.support.sizes import SIZE_NAME
from tests.support.waiting import until

PROVES = SIZE_NAME == "prove"
PROCESSES = 8 if PROVES else 2
TIMES_MOST = 20 if PROVES else 3
KILLS = 16 if PROVES else 2
CHAINS = 8 if PROVES else 2
STEPS = 20 if PROVES else 12
PATIENCE_S = 300

pytestmark = pytest.mark.prove


@dataclass(frozen=True, slots=True)
class Deliverer:
    """A process that delivers all batches, and the file that says how far it is."""

    process: subprocess.Popen[bytes]
    told: Path

    def is_at_work(self) -> bool:
        return self.told.stat().st_size > STEPS or self.process.poll() is not None


def start(place: Place, program_id: int, batch: Path, number: int) -> Deliverer:
    told = batch.with_name(f"told-{number}")
    told.touch()
    asked = [place.url, program_id, batch, told, number, TIMES_MOST]
    command = [sys.executable, "-m", "tests.support.points_batch", *map(str, asked)]
    return Deliverer(subprocess.Popen(command, cwd=ROOT), told)


def deliver_and_kill(place: Place, ledger: Ledger, batch: Path, by: random.Random) -> None:
    """Let processes deliver all batches, kill some of them at work, and start others instead."""
    running = [start(place, ledger.program_id, batch, number) for number in range(PROCESSES)]
    try:
        for number in range(PROCESSES, PROCESSES + KILLS):
            victim = by.randrange(PROCESSES)
            until(running[victim].is_at_work)
            running[victim].process.kill()
            running[victim].process.wait()
            running[victim] = start(place, ledger.program_id, batch, number)
        for each in running:
            assert each.process.wait(PATIENCE_S) == 0
    finally:
        for each in running:
            each.process.kill()
            each.process.wait()


def told_alone(ledger: Ledger, chain: Chain) -> list[object]:
    """Say what the same acts come to, once each and in peace, under other ids."""
    alone = chain.elsewhere((ledger.new_wallet(), ledger.new_wallet()))
    for k in range(len(alone.steps)):
        with ledger.database.unit_of_work(ledger.program_id) as session:
            deliver(session, ledger.program_id, alone, k)
    return told_by(ledger.database, ledger.program_id, alone)


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_a_batch_delivered_up_to_twenty_times_by_killed_processes_counts_once(
    place: Place, database: Database, tools: Tools, tmp_path: Path
) -> None:
    ledger, by = open_ledger(database, tools), random.Random(7)
    chains = [
        Chain.drawn(number, (ledger.new_wallet(), ledger.new_wallet()), STEPS, by)
        for number in range(CHAINS)
    ]
    batch = tmp_path / "batch.json"
    batch.write_text(to_json(chains))
    deliver_and_kill(place, ledger, batch, by)
    once = [told_by(database, ledger.program_id, chain) for chain in chains]
    assert once == [told_alone(ledger, chain) for chain in chains]
    assert ledger.differences() == ()
