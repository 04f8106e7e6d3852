"""Any mix of confirming, answers, crashes and hands: the queue does what a simple model does."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pos_plugin.acts import Act, Result
from pos_plugin.queue import ActConflictError, Queue
from tests.support.acts import refund_act, sale_act
from tests.support.sizes import STATE_MACHINE

NUMBERS = st.integers(1, 12)


@dataclass
class Told:
    """What the model knows of one act."""

    act: Act
    seq: int
    state: str = "waiting"
    was_dismissed: bool = False


class QueueMachine(RuleBasedStateMachine):
    """The queue beside a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model: dict[str, Told] = {}
        self.held: set[str] = set()

    @initialize()
    def begin(self) -> None:
        self.queue = Queue.open(self.folder / "queue.db")

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.queue.close()
        shutil.rmtree(self.folder)

    def seq_of(self, n: int) -> Told | None:
        return next((told for told in self.model.values() if told.seq == n), None)

    def confirm(self, act: Act) -> None:
        known = self.model.get(act.act_id)
        if known is not None and known.act != act:
            with pytest.raises(ActConflictError):
                self.queue.add(act)
            return
        kept = self.queue.add(act)
        assert kept.is_new is (known is None)
        if known is None:
            self.model[act.act_id] = Told(act, len(self.model) + 1)
        assert kept.seq == self.model[act.act_id].seq

    @rule(n=NUMBERS, total=st.sampled_from([100, 1240]))
    def sale(self, n: int, total: int) -> None:
        self.confirm(sale_act(f"s{n}", total_minor=total))

    @rule(n=NUMBERS, of=NUMBERS)
    def refund(self, n: int, of: int) -> None:
        self.confirm(refund_act(f"r{n}", sale_id=f"s{of}"))

    @rule(n=NUMBERS, result=st.sampled_from(["created", "duplicate", "conflict", "rejected"]))
    def settle(self, n: int, result: Result) -> None:
        told = self.seq_of(n)
        state = self.queue.settle(n, result, {"of": n})
        if told is None or told.state != "waiting":
            assert state is None
            return
        if result in {"created", "duplicate"}:
            told.state = "done"
        else:
            told.state = "dismissed" if told.was_dismissed else "aside"
        assert state is not None
        assert state.state == told.state
        self.held.discard(told.act.sale_id)

    @rule(n=NUMBERS)
    def later(self, n: int) -> None:
        told = self.seq_of(n)
        self.queue.settle(n, "later")
        if told is not None:
            self.held.add(told.act.sale_id)

    @rule(first=NUMBERS, length=st.integers(0, 5))
    def wait_again(self, first: int, length: int) -> None:
        again = 0
        for told in self.model.values():
            if first <= told.seq <= first + length and told.state != "waiting":
                told.state = "waiting"
                again += 1
        assert self.queue.wait_again([(first, first + length)]) == again

    @rule(n=NUMBERS)
    def dismiss(self, n: int) -> None:
        told = self.seq_of(n)
        act_id = told.act.act_id if told else "nobody"
        was_aside = told is not None and told.state == "aside"
        assert self.queue.dismiss(act_id) is was_aside
        if told is not None and was_aside:
            told.state, told.was_dismissed = "dismissed", True

    @rule()
    def reopen(self) -> None:
        self.queue.close()
        self.queue = Queue.open(self.folder / "queue.db")
        self.held.clear()

    @rule()
    def crash(self) -> None:
        """Go on from the files as a process that died leaves them."""
        crashed = Path(tempfile.mkdtemp())
        for part in self.folder.glob("queue.db*"):
            if not part.name.endswith("-shm"):
                shutil.copyfile(part, crashed / part.name)
        self.queue.close()
        shutil.rmtree(self.folder)
        self.folder = crashed
        self.queue = Queue.open(self.folder / "queue.db")
        self.held.clear()

    @rule()
    def lose_the_header(self) -> None:
        """Go on after the file was damaged: what waits is numbered anew, nothing is lost."""
        self.queue.close()
        path = self.folder / "queue.db"
        path.write_bytes(bytes(100) + path.read_bytes()[100:])
        self.queue = Queue.open(path)
        self.held.clear()
        waiting = [told for told in self.ordered() if told.state == "waiting"]
        for told in self.model.values():
            told.seq = 0
        for seq, told in enumerate(waiting, 1):
            told.seq = seq
        # What the model cannot name any more by its number is left out of it.
        self.gone = [told for told in self.model.values() if told.seq == 0]
        for told in self.gone:
            state = self.queue.act(told.act.act_id)
            assert state is not None
            assert (state.state, state.act) == (told.state, told.act)
        self.start_anew(waiting)

    def start_anew(self, waiting: list[Told]) -> None:
        """Begin a fresh queue with what waits, as the model numbers from one."""
        self.queue.close()
        shutil.rmtree(self.folder)
        self.folder = Path(tempfile.mkdtemp())
        self.queue = Queue.open(self.folder / "queue.db")
        self.model = {}
        for told in waiting:
            self.confirm(told.act)
            self.model[told.act.act_id].was_dismissed = False

    def ordered(self) -> list[Told]:
        return sorted(self.model.values(), key=lambda told: told.seq)

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "queue"):
            return
        waiting = [told for told in self.ordered() if told.state == "waiting"]
        free = [told.seq for told in waiting if told.act.sale_id not in self.held]
        assert [state.seq for state in self.queue.waiting(100)] == free
        counts = self.queue.counts()
        assert counts.waiting == len(waiting)
        assert counts.aside == sum(told.state == "aside" for told in self.model.values())
        unsent = [t.act.act_id for t in self.ordered() if t.state in {"waiting", "aside"}]
        assert [one["act_id"] for one in self.queue.export()["acts"]] == unsent


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = STATE_MACHINE
