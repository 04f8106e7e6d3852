"""The ledger by itself: wallets of a program, and its verbs one act at a time."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.session import Database
from loyalty.identity.members import create_member
from loyalty.journeys.tools import Tools
from loyalty.kernel.money import Money
from loyalty.points.adjust import Adjusted, Adjustment, adjust
from loyalty.points.as_of import balance_as_of
from loyalty.points.audit import audit_ledger
from loyalty.points.create_wallet import create_wallet
from loyalty.points.credit import Credited, CreditKind, credit
from loyalty.points.difference import LedgerDifference
from loyalty.points.earn import Earned, earn
from loyalty.points.earning.rulesets import rule_by_version
from loyalty.points.expire_lots import Expired, expire_lots
from loyalty.points.forgive import Forgiven, forgive
from loyalty.points.give_back import GivenBack, give_back
from loyalty.points.hold import Held, HoldAsk, Purpose, hold
from loyalty.points.lots import lots_of
from loyalty.points.open_balance import open_balance
from loyalty.points.policy import PointsPolicy
from loyalty.points.post_hold import Redeemed, post_hold
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, balance_of, posting_of_act
from loyalty.points.redeem import redeem
from loyalty.points.release_overdue import release_overdue
from loyalty.points.rules import LotFacts
from loyalty.points.set_policy import set_policy
from loyalty.points.spendable import Spendable, spendable
from loyalty.points.take_back import TakenBack, take_back
from loyalty.points.transfer import Parts, Transferred, transfer, transfer_back
from loyalty.points.void_hold import Voided, void_hold
from tests.support.clock import ManualClock
from tests.support.street import Street, open_street

HELD_OPEN_S_MAX: Final = 25.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """A program whose wallets are moved by hand, each act in a unit of work of its own."""

    database: Database
    street: Street
    tools: Tools

    @property
    def program_id(self) -> int:
        return self.street.program_id

    def advance(self, *, days: float = 0, minutes: float = 0, s: float = 0) -> datetime:
        """Let time pass for everybody."""
        clock = self.tools.clock
        assert isinstance(clock, ManualClock), "only a test's clock is moved"
        return clock.advance(days=days, minutes=minutes, s=s)

    def act(self, act_id: str, *, reverses: UUID | None = None, subject: str = "") -> Act:
        now = self.tools.clock.now()
        return Act(act_id, now, subject or act_id, self.street.store_id, None, None, reverses)

    def posting(self, act_id: str) -> UUID:
        with self.database.reading(self.program_id) as session:
            found = posting_of_act(session, self.program_id, act_id)
        assert found is not None
        return found.posting_id

    def new_wallet(self) -> UUID:
        now = self.tools.clock.now()
        with self.database.unit_of_work(self.program_id) as session:
            member = create_member(
                session,
                self.program_id,
                store_id=self.street.store_id,
                language="es",
                at=now,
                keys=self.tools.keys,
            )
            return create_wallet(session, self.program_id, member.member_id, at=now)

    def earn(self, act_id: str, wallet: UUID, points: int) -> Earned:
        with self.database.unit_of_work(self.program_id) as session:
            return self.earn_in(session, act_id, wallet, points)

    def earn_in(self, session: Session, act_id: str, wallet: UUID, points: int) -> Earned:
        return earn(
            session,
            self.program_id,
            wallet,
            act=self.act(act_id),
            spend=Money(points * 100 + 99, "EUR"),
            rate=rule_by_version(session, self.program_id, 1),
            at=self.tools.clock.now(),
        )

    @contextmanager
    def held_open(self, act_id: str, wallet: UUID, points: int) -> Iterator[None]:
        """Earn in an act that is written when the block begins and committed when it ends."""
        is_written, may_end = threading.Event(), threading.Event()

        def hold_open() -> None:
            with self.database.unit_of_work(self.program_id) as session:
                self.earn_in(session, act_id, wallet, points)
                is_written.set()
                assert may_end.wait(HELD_OPEN_S_MAX)

        thread = threading.Thread(target=hold_open)
        thread.start()
        try:
            assert is_written.wait(HELD_OPEN_S_MAX)
            yield
        finally:
            may_end.set()
            thread.join()

    def take_back(
        self, act_id: str, wallet: UUID, points: int, *, of: str | None = None
    ) -> TakenBack:
        reverses = None if of is None else self.posting(of)
        with self.database.unit_of_work(self.program_id) as session:
            return take_back(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id, reverses=reverses),
                points=points,
                at=self.tools.clock.now(),
            )

    def transfer(self, act_id: str, source: UUID, target: UUID) -> Transferred:
        with self.database.unit_of_work(self.program_id) as session:
            return transfer(
                session,
                self.program_id,
                source=source,
                target=target,
                act=self.act(act_id),
                at=self.tools.clock.now(),
            )

    def transfer_back(
        self,
        act_id: str,
        source: UUID,
        target: UUID,
        *,
        of: str,
        go: Collection[UUID] = (),
    ) -> Transferred:
        reverses = self.posting(of)
        with self.database.unit_of_work(self.program_id) as session:
            return transfer_back(
                session,
                self.program_id,
                source=source,
                target=target,
                act=self.act(act_id, reverses=reverses, subject=of),
                at=self.tools.clock.now(),
                parts=Parts(go=go),
            )

    def credit(
        self,
        act_id: str,
        wallet: UUID,
        points: int,
        *,
        expires_at: datetime | None = None,
        available_at: datetime | None = None,
        kind: CreditKind = "bonus",
    ) -> Credited:
        with self.database.unit_of_work(self.program_id) as session:
            return credit(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id),
                points=points,
                kind=kind,
                at=self.tools.clock.now(),
                expires_at=expires_at,
                available_at=available_at,
            )

    def decide(self, policy: PointsPolicy) -> None:
        """Give the program a policy that differs from the usual one."""
        with self.database.unit_of_work(self.program_id) as session:
            set_policy(
                session,
                self.program_id,
                policy,
                made_by="setup",
                at=self.tools.clock.now(),
            )

    def hold(
        self,
        hold_id: str,
        wallet: UUID,
        points: int,
        *,
        purpose: Purpose = "till",
        ends_at: datetime | None = None,
        occurred_at: datetime | None = None,
    ) -> Held:
        ask = HoldAsk(
            hold_id,
            points,
            purpose,
            subject="sale:next",
            proof="live",
            ends_at=ends_at,
            occurred_at=occurred_at,
        )
        with self.database.unit_of_work(self.program_id) as session:
            return hold(session, self.program_id, wallet, ask=ask, at=self.tools.clock.now())

    def post(self, act_id: str, hold_id: str, points: int | None = None) -> Redeemed:
        with self.database.unit_of_work(self.program_id) as session:
            return post_hold(
                session,
                self.program_id,
                hold_id,
                act=self.act(act_id),
                points=points,
                at=self.tools.clock.now(),
            )

    def void(self, hold_id: str, *, act_id: str | None = None) -> Voided:
        with self.database.unit_of_work(self.program_id) as session:
            return void_hold(
                session,
                self.program_id,
                hold_id,
                act_id=act_id or f"void:{hold_id}",
                at=self.tools.clock.now(),
            )

    def give_back(self, act_id: str, redeem_act: str, points: int) -> GivenBack:
        with self.database.unit_of_work(self.program_id) as session:
            return give_back(
                session,
                self.program_id,
                redeem_act=redeem_act,
                act=self.act(act_id),
                points=points,
                at=self.tools.clock.now(),
            )

    def adjust(
        self,
        act_id: str,
        wallet: UUID,
        points: int,
        *,
        role: str = "owner",
        reason: str = "Se olvidó la tarjeta",
        reverses: str | None = None,
    ) -> Adjusted:
        undone = None if reverses is None else self.posting(reverses)
        with self.database.unit_of_work(self.program_id) as session:
            return adjust(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id, reverses=undone),
                ask=Adjustment(points, reason, f"staff:{self.street.staff_id}", role),
                at=self.tools.clock.now(),
            )

    def open(self, act_id: str, wallet: UUID, points: int) -> Credited:
        with self.database.unit_of_work(self.program_id) as session:
            return open_balance(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id),
                points=points,
                at=self.tools.clock.now(),
            )

    def forgive(self, act_id: str, wallet: UUID) -> Forgiven:
        with self.database.unit_of_work(self.program_id) as session:
            return forgive(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id),
                at=self.tools.clock.now(),
            )

    def redeem(
        self,
        act_id: str,
        wallet: UUID,
        points: int,
        *,
        debt_most: int = 0,
        occurred_at: datetime | None = None,
    ) -> Redeemed:
        act = self.act(act_id)
        with self.database.unit_of_work(self.program_id) as session:
            return redeem(
                session,
                self.program_id,
                wallet,
                act=replace(act, occurred_at=occurred_at or act.occurred_at),
                points=points,
                at=self.tools.clock.now(),
                debt_most=debt_most,
            )

    def expire(self) -> Expired:
        with self.database.unit_of_work(self.program_id) as session:
            return expire_lots(session, self.program_id, at=self.tools.clock.now())

    def as_of(self, wallet: UUID, *, occurred: datetime, recorded: datetime) -> tuple[int, int]:
        """Say points and debt of a wallet, by both clocks."""
        with self.database.reading(self.program_id) as session:
            told = balance_as_of(
                session,
                self.program_id,
                wallet,
                occurred_until=occurred,
                recorded_until=recorded,
            )
        return told.points, told.debt

    def release(self) -> int:
        with self.database.unit_of_work(self.program_id) as session:
            return release_overdue(session, self.program_id, at=self.tools.clock.now())

    def spendable(self, wallet: UUID) -> Spendable:
        with self.database.reading(self.program_id) as session:
            balance = balance_of(session, self.program_id, wallet)
            return spendable(session, self.program_id, balance, at=self.tools.clock.now())

    def lots(self, wallet: UUID) -> dict[UUID, LotFacts]:
        with self.database.reading(self.program_id) as session:
            return {lot.lot_id: lot for lot in lots_of(session, self.program_id, wallet)}

    def balance(self, wallet: UUID) -> BalanceFacts:
        with self.database.reading(self.program_id) as session:
            return balance_of(session, self.program_id, wallet)

    def held(self, *wallets: UUID) -> list[tuple[int, int]]:
        """Say points and debt of some wallets."""
        balances = [self.balance(wallet) for wallet in wallets]
        return [(balance.points, balance.debt) for balance in balances]

    def differences(self) -> tuple[LedgerDifference, ...]:
        with self.database.reading(self.program_id) as session:
            return audit_ledger(session, self.program_id)


def open_ledger(database: Database, tools: Tools) -> Ledger:
    """Start a program for its ledger's sake."""
    return Ledger(database, open_street(database, tools), tools)
