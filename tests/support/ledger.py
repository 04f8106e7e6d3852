"""The ledger by itself: wallets of a program, and its verbs one act at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from loyalty.db.session import Database
from loyalty.identity.members import create_member
from loyalty.journeys.tools import Tools
from loyalty.kernel.money import Money
from loyalty.points.audit import audit_ledger
from loyalty.points.create_wallet import create_wallet
from loyalty.points.difference import LedgerDifference
from loyalty.points.earn import Earned, earn
from loyalty.points.earning.rulesets import rule_by_version
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, balance_of, posting_of_act
from loyalty.points.take_back import TakenBack, take_back
from loyalty.points.transfer import Transferred, transfer, transfer_back
from tests.support.street import Street, open_street


@dataclass(frozen=True, slots=True)
class Ledger:
    """A program whose wallets are moved by hand, each act in a unit of work of its own."""

    database: Database
    street: Street
    tools: Tools

    @property
    def program_id(self) -> int:
        return self.street.program_id

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
            rate = rule_by_version(session, self.program_id, 1)
            return earn(
                session,
                self.program_id,
                wallet,
                act=self.act(act_id),
                spend=Money(points * 100 + 99, "EUR"),
                rate=rate,
                at=self.tools.clock.now(),
            )

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
        own_lots: Collection[UUID] = (),
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
                own_lots=own_lots,
            )

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
