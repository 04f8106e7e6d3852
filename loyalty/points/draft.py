"""A locked wallet while an act is worked out: points in and out, before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from loyalty.points.rules import Draw, LotFacts, later_end, plan_credit, plan_debit


@dataclass(frozen=True, slots=True)
class LotBirth:
    """Which lot points come into, and the age, end and beginning it keeps."""

    lot_id: UUID
    earned_at: datetime
    expires_at: datetime | None = None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One signed line: a wallet's points (of a lot), a wallet's debt, or a system account.

    `birth` says which lot points come into, where they do.
    """

    account: str
    points: int
    wallet_id: UUID | None = None
    lot_id: UUID | None = None
    birth: LotBirth | None = None


class WalletDraft:
    """What a wallet holds and owes while one act moves its points.

    Each move keeps the wallet whole: nothing is negative, and points never lie beside a debt
    they could pay. `lines` is what the ledger is told, `changes` what becomes of each lot, and
    `held_changes` of what is reserved of it. `lots` are all that hold points; without them
    points can only come in.
    """

    def __init__(
        self, wallet_id: UUID, *, debt: int, lots: Iterable[LotFacts] | None = None
    ) -> None:
        self.wallet_id = wallet_id
        self.debt = debt
        self.knows_lots = lots is not None
        self.posted_change = 0
        self.held_change = 0
        self.debt_change = 0
        self.changes: dict[UUID, int] = {}
        self.held_changes: dict[UUID, int] = {}
        self.births: dict[UUID, LotBirth] = {}
        self._lots = {lot.lot_id: lot for lot in lots or ()}

    def lots(self) -> tuple[LotFacts, ...]:
        """List the lots as they stand in the draft."""
        return tuple(self._lots.values())

    def free(self, lot_id: UUID) -> int:
        """Say how much of one lot can move."""
        lot = self._lots.get(lot_id)
        return 0 if lot is None else lot.free

    def give(self, points: int, birth: LotBirth) -> int:
        """Put points in: the debt is repaid first, the rest goes into a lot. Returns the repaid."""
        credit = plan_credit(points, debt=self.debt)
        self._owe(-credit.repaid)
        self._change_lot(birth.lot_id, credit.rest, birth)
        return credit.repaid

    def put(self, points: int, birth: LotBirth) -> None:
        """Put points into a lot although something is owed: they are held and pay nothing."""
        self._change_lot(birth.lot_id, points, birth)

    def take(self, points: int, *, own: UUID | None = None) -> int:
        """Take points out: their own lot, then the others; the rest is owed. Returns the owed."""
        debit = plan_debit(points, self.lots(), own=own)
        for draw in debit.draws:
            self.draw(draw)
        self._owe(debit.debt)
        return debit.debt

    def draw(self, draw: Draw) -> None:
        """Take points out of one lot."""
        assert draw.points <= self.free(draw.lot_id), "a lot does not give more than it has"
        self._change_lot(draw.lot_id, -draw.points)

    def reserve(self, draw: Draw) -> None:
        """Hold points of one lot."""
        assert draw.points <= self.free(draw.lot_id), "a lot does not promise more than it has"
        self._change_held(draw.lot_id, draw.points)

    def release(self, draw: Draw) -> None:
        """Let go of points of one lot that were held."""
        self._change_held(draw.lot_id, -draw.points)

    def settle(self) -> int:
        """Pay what is owed with what is free, the soonest to expire first. Returns the paid."""
        debit = plan_debit(self.debt, self.lots())
        for draw in debit.draws:
            self.draw(draw)
        paid = self.debt - debit.debt
        self._owe(-paid)
        return paid

    def clear_debt(self) -> int:
        """Let the whole debt go, for the wallet that takes it over. Returns what it was."""
        debt = self.debt
        self._owe(-debt)
        return debt

    def lines(self) -> list[Line]:
        """Write the moves as lines of the ledger, one for each lot and one for the debt."""
        lots = [
            Line(
                "wallet",
                points,
                self.wallet_id,
                lot_id,
                self.births[lot_id] if points > 0 else None,
            )
            for lot_id, points in self.changes.items()
        ]
        return [*lots, Line("debt", -self.debt_change, self.wallet_id)]

    def _owe(self, points: int) -> None:
        self.debt += points
        self.debt_change += points
        assert self.debt >= 0, "nobody owes less than nothing"

    def _change_lot(self, lot_id: UUID, points: int, birth: LotBirth | None = None) -> None:
        if points == 0:
            return
        lot = self._lots.get(lot_id)
        if lot is None:
            assert birth is not None, "points came into a lot that nobody described"
            lot = LotFacts(lot_id, birth.earned_at, birth.expires_at, 0, 0, birth.available_at)
        if birth is not None:
            self.births.setdefault(lot_id, birth)
            lot = replace(lot, expires_at=later_end(lot.expires_at, birth.expires_at))
        self._lots[lot_id] = replace(lot, remaining=lot.remaining + points)
        self.changes[lot_id] = self.changes.get(lot_id, 0) + points
        self.posted_change += points

    def _change_held(self, lot_id: UUID, points: int) -> None:
        lot = self._lots[lot_id]
        self._lots[lot_id] = replace(lot, held=lot.held + points)
        assert 0 <= self._lots[lot_id].held <= lot.remaining, "what is held is in its lot"
        self.held_changes[lot_id] = self.held_changes.get(lot_id, 0) + points
        self.held_change += points
