"""Any mix of acts, each told once or more, leaves the ledger as a small oracle says.

The oracle knows only sums: what each wallet has in all (points less debt), and that points
never lie beside a debt. Lots, lines and balances are recomputed by the audit after each run.
"""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.support.ledger import Ledger
from tests.support.sizes import STATE_MACHINE

WALLETS = 3


@dataclass
class Oracle:
    """What each wallet is worth in all, and what each act did."""

    worth: dict[UUID, int] = field(default_factory=dict)
    left_of: dict[str, tuple[UUID, int]] = field(default_factory=dict)
    number: int = 0

    def next_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}:{self.number}"


class LedgerMachine(RuleBasedStateMachine):
    """Acts on one database; every run of it has wallets of its own."""

    ledger: ClassVar[Ledger]
    wallets = Bundle("wallets")
    sales = Bundle("sales")
    joins = Bundle("joins")
    run: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle()
        LedgerMachine.run += 1
        self.name = f"run{LedgerMachine.run}"

    @initialize(target=wallets)
    def open_first(self) -> UUID:
        return self.opened()

    @rule(target=wallets)
    def open_another(self) -> UUID:
        return self.opened()

    def opened(self) -> UUID:
        if len(self.oracle.worth) >= WALLETS:
            return next(iter(self.oracle.worth))
        wallet = self.ledger.new_wallet()
        self.oracle.worth[wallet] = 0
        return wallet

    @rule(target=sales, wallet=wallets, points=st.integers(0, 40), times=st.integers(1, 3))
    def earn(self, wallet: UUID, points: int, times: int) -> str:
        act_id = f"{self.name}:{self.oracle.next_id('sale')}"
        for _ in range(times):
            assert self.ledger.earn(act_id, wallet, points).points == points
        self.oracle.worth[wallet] += points
        self.oracle.left_of[act_id] = (wallet, points)
        return act_id

    @rule(sale=sales, part=st.integers(0, 40), wallet=wallets, times=st.integers(1, 3))
    def take_back(self, sale: str, part: int, wallet: UUID, times: int) -> None:
        _, left = self.oracle.left_of[sale]
        points = min(part, left)
        act_id = f"{self.name}:{self.oracle.next_id('refund')}"
        for _ in range(times):
            taken = self.ledger.take_back(act_id, wallet, points, of=sale)
            assert taken.points == points
            assert 0 <= taken.owed <= points
        self.oracle.worth[wallet] -= points
        self.oracle.left_of[sale] = (wallet, left - points)

    @rule(target=joins, source=wallets, target_=wallets, times=st.integers(1, 3))
    def join(self, source: UUID, target_: UUID, times: int) -> tuple[str, UUID, UUID, int]:
        worth = self.oracle.worth
        if source == target_:
            return ("", source, target_, 0)
        act_id = f"{self.name}:{self.oracle.next_id('join')}"
        moved = worth[source]
        for _ in range(times):
            told = self.ledger.transfer(act_id, source, target_)
            assert told.points - told.debt == moved
        worth[target_] += moved
        worth[source] = 0
        return (act_id, source, target_, moved)

    @rule(join=consumes(joins), times=st.integers(1, 3))
    def undo(self, join: tuple[str, UUID, UUID, int], times: int) -> None:
        act_id, source, target, moved = join
        if not act_id:
            return
        worth = self.oracle.worth
        for number in range(times):
            back = self.ledger.transfer_back(f"un{act_id}", source, target, of=act_id)
            if number == 0:
                returned = back.source.points - back.source.debt - worth[source]
                # Never more than what went over; a debt returns whole.
                assert 0 <= returned <= moved if moved >= 0 else returned == moved
                worth[source] += returned
                worth[target] -= returned

    @invariant()
    def wallets_are_worth_what_the_oracle_says(self) -> None:
        for wallet, worth in self.oracle.worth.items():
            balance = self.ledger.balance(wallet)
            assert balance.points - balance.debt == worth
            assert min(balance.points, balance.debt) == 0

    def teardown(self) -> None:
        assert self.ledger.differences() == ()


@pytest.mark.prove
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_any_mix_of_acts_leaves_the_books_right(ledger: Ledger) -> None:
    machine = type("BoundMachine", (LedgerMachine,), {"ledger": ledger})
    run_state_machine_as_test(machine, settings=STATE_MACHINE)
