"""Any mix of all that can happen to points leaves the books as a small oracle says.

Each act is told once or more, some again much later, when it must change nothing and give the
answer of the first time, refusals too. `ENLAZA_TEST_LONG_S` lets it search for so many seconds.
"""

import os
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loyalty.points.errors import ActConflictError
from loyalty.points.hold import Purpose
from loyalty.points.lots import lots_of
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import balance_of
from loyalty.points.refused import Refused
from loyalty.points.spendable import spendable
from tests.support.ledger import Ledger
from tests.support.points_oracle import ALWAYS, GRACE, NEVER, PointsOracle, Wallet
from tests.support.sizes import SEARCHES, SIZE, SIZE_NAME, STATE_MACHINE, STEPS_PER_RUN

WALLETS = 3
VERIFY_EVERY = 20
STEPS = 20_000 if SIZE_NAME == "prove" else SIZE.steps
LONG_S = float(os.environ.get("ENLAZA_TEST_LONG_S", "0"))

which = st.integers(0, 50)
some_points = st.integers(1, 40)
often = st.integers(1, 2)


def code(refused: Refused | None) -> str | None:
    return None if refused is None else str(refused.code)


class PointsMachine(RuleBasedStateMachine):
    """Acts on one database; every run of it has wallets of its own."""

    ledger: ClassVar[Ledger]
    run: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    @initialize(debts=st.sampled_from(["owe", "forgive", "block"]))
    def open_wallets(self, debts: Any) -> None:  # noqa: ANN401  one of the policies
        PointsMachine.run += 1
        self.number = 0
        self.oracle = PointsOracle(self.ledger.tools.clock.now, debts)
        self.ledger.decide(PointsPolicy(debt_policy=debts))
        self.wallets = [self.ledger.new_wallet() for _ in range(WALLETS)]
        self.oracle.wallets = {wallet: Wallet() for wallet in self.wallets}
        self.credits: list[tuple[str, UUID, int]] = []  # act, its lot, what is not taken back
        self.told: list[tuple[Callable[[], Any], object]] = []

    def next_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}:{PointsMachine.run}:{self.number}"

    def now(self, **later: int) -> datetime:
        return self.ledger.tools.clock.now() + timedelta(**later)

    def wallet(self, number: int) -> UUID:
        return self.wallets[number % WALLETS]

    def keep(self, act: Callable[[], Any], answer: object, times: int) -> None:
        """Tell an act again at once, and remember it for much later."""
        for _ in range(times - 1):
            assert act() == answer
        self.told.append((act, answer))

    @rule(
        number=which,
        points=st.integers(0, 40),
        days=st.sampled_from([None, -1, 3, 10, 40]),
        pending=st.sampled_from([None, 2, 10]),
        times=often,
    )
    def credit(
        self, number: int, points: int, days: int | None, pending: int | None, times: int
    ) -> None:
        act_id, wallet = self.next_id("sale"), self.wallet(number)
        ends = None if days is None else self.now(days=days)
        begins = None if pending is None else self.now(days=pending)

        def act() -> tuple[int, UUID]:
            told = self.ledger.credit(act_id, wallet, points, expires_at=ends, available_at=begins)
            return told.points, told.posting_id

        answer = act()
        lot = answer[1]
        self.oracle.credit(wallet, lot, points, begins or ALWAYS, ends or NEVER)
        self.credits.append((act_id, lot, points))
        self.keep(act, answer, times)

    @precondition(lambda self: self.credits)
    @rule(number=which, at=which, part=some_points, times=often)
    def take_back(self, number: int, at: int, part: int, times: int) -> None:
        at %= len(self.credits)
        sale, lot, left = self.credits[at]
        points, act_id, wallet = min(part, left), self.next_id("refund"), self.wallet(number)

        def act() -> tuple[int, int, int]:
            told = self.ledger.take_back(act_id, wallet, points, of=sale)
            return told.points, told.owed, told.forgiven

        answer = act()
        assert answer == (points, *self.oracle.take_back(wallet, points, lot))
        self.credits[at] = (sale, lot, left - points)
        self.keep(act, answer, times)

    @rule(number=which, points=some_points, is_order=st.booleans(), times=often)
    def hold(self, number: int, points: int, times: int, *, is_order: bool) -> None:
        hold_id, wallet = self.next_id("hold"), self.wallet(number)

        def act() -> str | None:
            purpose: Purpose = "order" if is_order else "till"
            told = self.ledger.hold(hold_id, wallet, points, purpose=purpose)
            return code(told.refused)

        answer = act()
        ends = NEVER if is_order else self.now(minutes=15)
        assert answer == self.oracle.hold(hold_id, wallet, points, ends)
        self.keep(act, answer, times)
        with pytest.raises(ActConflictError):
            self.ledger.hold(hold_id, wallet, points + 1)

    @rule(at=which, points=st.none() | some_points, times=often)
    def post(self, at: int, points: int | None, times: int) -> None:
        hold_id = self._some_hold(at) or "hold:never"
        act_id = self.next_id("redeem")

        def act() -> tuple[int, str | None]:
            told = self.ledger.post(act_id, hold_id, points)
            return told.points, code(told.refused)

        answer = act()
        refused = self.oracle.post(act_id, hold_id, points)
        asked = points
        if refused is None and asked is None:
            asked = self.oracle.holds[hold_id].points
        assert answer == (0 if refused else asked, refused)
        self.keep(act, answer, times)

    @rule(at=which, times=often)
    def void(self, at: int, times: int) -> None:
        if (hold_id := self._some_hold(at)) is None:
            return

        def act() -> str:
            told = self.ledger.void(hold_id)
            return "posted" if told.refused else told.outcome

        answer = act()
        assert answer == self.oracle.void(hold_id)
        self.keep(act, answer, times)

    @rule(
        number=which,
        points=some_points,
        most=st.sampled_from([0, 0, 10]),
        days_ago=st.sampled_from([0, 0, 1, 13, 4000, -4000]),
        times=often,
    )
    def redeem(self, number: int, points: int, most: int, days_ago: int, times: int) -> None:
        act_id, wallet, occurred = (
            self.next_id("redeem"),
            self.wallet(number),
            self.now(days=-days_ago),
        )

        def act() -> tuple[int, str | None]:
            told = self.ledger.redeem(act_id, wallet, points, debt_most=most, occurred_at=occurred)
            return told.points, code(told.refused)

        answer = act()
        refused = self.oracle.redeem(act_id, wallet, points, most=most, occurred=occurred)
        assert answer == (0 if refused else points, refused)
        self.keep(act, answer, times)

    @rule(at=which, points=some_points, times=often)
    def give_back(self, at: int, points: int, times: int) -> None:
        if not self.oracle.redemptions:
            return
        redeemed = list(self.oracle.redemptions)[at % len(self.oracle.redemptions)]
        act_id = self.next_id("back")
        lots: list[UUID] = []

        def act() -> tuple[int, str | None]:
            told = self.ledger.give_back(act_id, redeemed, points)
            lots.extend([told.posting_id] if told.posting_id else [])
            return told.points, code(told.refused)

        answer = act()
        refused = self.oracle.give_back(redeemed, points, lots[0] if lots else UUID(int=0))
        assert answer == (0 if refused else points, refused)
        self.keep(act, answer, times)

    @rule(number=which, points=st.integers(-40, 40).filter(bool), times=often)
    def adjust(self, number: int, points: int, times: int) -> None:
        act_id, wallet = self.next_id("adjust"), self.wallet(number)

        def act() -> tuple[int, str | None]:
            told = self.ledger.adjust(act_id, wallet, points)
            return told.points, code(told.refused)

        answer = act()
        refused = None
        if points < 0:
            refused = self.oracle.adjust_down(wallet, -points)
        else:
            self.oracle.lapse(wallet)
            lot = self.ledger.posting(act_id)
            self.oracle.credit(wallet, lot, points, ALWAYS, NEVER)
        assert answer == (0 if refused else points, refused)
        self.keep(act, answer, times)

    @rule(number=which, times=often)
    def forgive(self, number: int, times: int) -> None:
        act_id, wallet = self.next_id("forgive"), self.wallet(number)
        answer = self.ledger.forgive(act_id, wallet).points
        assert answer == self.oracle.wallets[wallet].debt
        self.oracle.wallets[wallet].debt = 0
        self.keep(lambda: self.ledger.forgive(act_id, wallet).points, answer, times)

    @rule(number=which, by=st.integers(1, WALLETS - 1), times=often)
    def join(self, number: int, by: int, times: int) -> None:
        act_id, source, target = (
            self.next_id("join"),
            self.wallet(number),
            self.wallet(number + by),
        )

        def act() -> tuple[int, int]:
            told = self.ledger.transfer(act_id, source, target)
            return told.points, told.debt

        answer = act()
        self.oracle.lapse(source)
        joined = self.oracle.wallets[source]
        assert answer == (sum(lot.left for lot in joined.lots.values()), joined.debt)
        self.oracle.join(source, target)
        self.keep(act, answer, times)

    @rule(minutes=st.sampled_from([1, 16, 60 * 24, 60 * 24 * 5, 60 * 24 * 16]))
    def wait(self, minutes: int) -> None:
        self.ledger.advance(minutes=minutes)

    @rule()
    def expire(self) -> None:
        assert self.ledger.expire().points == self.oracle.expire()

    @rule()
    def release(self) -> None:
        self.ledger.release()
        self.oracle.release()

    @precondition(lambda self: self.told)
    @rule(at=which)
    def tell_again(self, at: int) -> None:
        act, answer = self.told[at % len(self.told)]
        if callable(act) and act.__qualname__.split(".")[1] == "void":
            return  # a hold that ran out since is told as such
        assert act() == answer

    @invariant()
    def books_are_as_the_oracle_says(self) -> None:
        PointsMachine.steps += 1
        program_id, now = self.ledger.program_id, self.now()
        with self.ledger.database.reading(program_id) as session:
            for wallet_id, wallet in self.oracle.wallets.items():
                balance = balance_of(session, program_id, wallet_id)
                kept = {
                    lot.lot_id: (lot.remaining, lot.held)
                    for lot in lots_of(session, program_id, wallet_id)
                }
                told = {
                    lot.lot_id: (lot.left, lot.held) for lot in wallet.lots.values() if lot.left
                }
                assert kept == told
                assert balance.debt == wallet.debt
                assert balance.posted == sum(left for left, _ in told.values())
                seen = spendable(session, program_id, balance, at=now)
                facts = (seen.free, seen.held, seen.pending, seen.past, seen.debt)
                assert facts == self.oracle.seen(wallet_id)

    def teardown(self) -> None:
        if not hasattr(self, "oracle"):
            return
        # Nothing of this run may stand in the way of the next.
        for hold_id, hold in self.oracle.holds.items():
            if hold.state == "open":
                self.ledger.void(hold_id)
        self.ledger.advance(days=100)
        while self.ledger.expire().points:
            pass
        if PointsMachine.run % VERIFY_EVERY == 0:
            assert self.ledger.differences() == ()

    def _some_hold(self, at: int) -> str | None:
        holds = list(self.oracle.holds)
        return holds[-1 - at % len(holds)] if holds else None


@pytest.mark.prove
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_any_mix_of_acts_leaves_points_as_the_oracle_says(ledger: Ledger) -> None:
    assert PointsPolicy().expiry_grace == GRACE
    PointsMachine.steps = 0
    machine = type("BoundMachine", (PointsMachine,), {"ledger": ledger})
    start = random.randrange(2**32) if SEARCHES or LONG_S else 0
    until = time.monotonic() + LONG_S
    # Some runs are shorter than they may be: search on, elsewhere, until all steps were made.
    while (left := STEPS - PointsMachine.steps) > 0 or time.monotonic() < until:
        search = settings(STATE_MACHINE, max_examples=10 + max(0, left) // STEPS_PER_RUN)
        run_state_machine_as_test(seed(start + PointsMachine.steps)(machine), settings=search)
    assert ledger.differences() == ()
