"""What the ledger must say, worked out in plain Python, apart from the ledger's own rules.

It knows nothing of the ledger's code: wallets are lists of lots, holds are parts of lots.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

NEVER = datetime.max.replace(tzinfo=UTC)
ALWAYS = datetime.min.replace(tzinfo=UTC)
GRACE = timedelta(days=14)


@dataclass
class Lot:
    lot_id: UUID
    earned: datetime
    ends: datetime
    begins: datetime
    left: int = 0
    held: int = 0

    @property
    def free(self) -> int:
        return self.left - self.held

    def usable(self, moment: datetime) -> bool:
        return self.begins <= moment < self.ends


@dataclass
class Hold:
    wallet: UUID
    points: int
    ends: datetime
    parts: dict[UUID, int]
    state: str = "open"


@dataclass
class Wallet:
    lots: dict[UUID, Lot] = field(default_factory=dict)
    debt: int = 0

    def in_order(self) -> list[Lot]:
        return sorted(self.lots.values(), key=lambda lot: (lot.ends, lot.earned, lot.lot_id))

    def free(self, usable_at: datetime | None = None) -> int:
        return sum(x.free for x in self.lots.values() if not usable_at or x.usable(usable_at))

    def draw(self, points: int, lots: Iterable[Lot]) -> dict[UUID, int]:
        drawn = {}
        for lot in lots:
            if part := min(points, lot.free):
                lot.left -= part
                points -= part
                drawn[lot.lot_id] = part
        return drawn

    def owe(self, points: int) -> None:
        """Pay what can be paid with what is free; the rest is owed."""
        self.debt += points - sum(self.draw(points, self.in_order()).values())

    def settle(self) -> None:
        owed, self.debt = self.debt, 0
        self.owe(owed)

    def put(self, lot: Lot, points: int, *, pays: bool = True) -> None:
        paid = min(points, self.debt) if pays else 0
        self.debt -= paid
        if points > paid:
            mine = self.lots.setdefault(
                lot.lot_id, Lot(lot.lot_id, lot.earned, lot.ends, lot.begins)
            )
            mine.ends = max(mine.ends, lot.ends)
            mine.left += points - paid


@dataclass
class Redemption:
    wallet: UUID
    taken: dict[UUID, int]
    owed: int
    lots: dict[UUID, Lot]
    back: int = 0

    @property
    def left(self) -> int:
        return sum(self.taken.values()) + self.owed - self.back


@dataclass
class PointsOracle:
    """The books as they must be; `clock` tells the time, `debts` the program's policy."""

    clock: Callable[[], datetime]
    debts: str = "owe"
    wallets: dict[UUID, Wallet] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)

    def lapse(self, wallet_id: UUID) -> None:
        late = [
            hold
            for hold in self.holds.values()
            if hold.wallet == wallet_id and hold.state == "open" and hold.ends <= self.clock()
        ]
        for hold in late:
            self._end(hold, "lapsed")
        if late:
            self.wallets[wallet_id].settle()

    def credit(
        self, wallet_id: UUID, lot_id: UUID, points: int, begins: datetime, ends: datetime
    ) -> None:
        self.wallets[wallet_id].put(Lot(lot_id, self.clock(), ends, begins), points)

    def take_back(self, wallet_id: UUID, points: int, own: UUID | None) -> tuple[int, int]:
        """Take points back; say what is owed for it and what is let go."""
        self.lapse(wallet_id)
        wallet = self.wallets[wallet_id]
        first = [lot for lot in wallet.lots.values() if lot.lot_id == own]
        gone = points - sum(wallet.draw(points, [*first, *wallet.in_order()]).values())
        if self.debts == "forgive":
            return 0, gone
        wallet.debt += gone
        return gone, 0

    def why_not(self, wallet_id: UUID, points: int, most: int, moment: datetime) -> str | None:
        """Say why a wallet does not give points that it may owe up to `most` of."""
        wallet = self.wallets[wallet_id]
        is_blocked = self.debts == "block" and wallet.debt > 0
        if points - wallet.free(moment) <= (0 if is_blocked else most):
            return None
        return "redeeming_blocked" if is_blocked else "points_short"

    def hold(self, hold_id: str, wallet_id: UUID, points: int, ends: datetime) -> str | None:
        self.lapse(wallet_id)
        refused = self.why_not(wallet_id, points, 0, self.clock())
        if refused is None:
            wallet = self.wallets[wallet_id]
            parts: dict[UUID, int] = {}
            self.holds[hold_id] = Hold(wallet_id, points, ends, parts)
            for lot in wallet.in_order():
                if lot.usable(self.clock()) and (part := min(points, lot.free)):
                    lot.held += part
                    parts[lot.lot_id] = part
                    points -= part
        return refused

    def post(self, act: str, hold_id: str, points: int | None) -> str | None:
        hold = self.holds.get(hold_id)
        if hold is None:
            return "hold_unknown"
        points = hold.points if points is None else points
        if hold.state != "open" or hold.ends <= self.clock():
            return "hold_ended"
        if points > hold.points:
            return "hold_exceeded"
        self.lapse(hold.wallet)
        self._end(hold, "posted")
        wallet = self.wallets[hold.wallet]
        reserved = deepcopy([lot for lot in wallet.in_order() if lot.lot_id in hold.parts])
        for lot in reserved:
            lot.left, lot.held = hold.parts[lot.lot_id], 0
        taken = Wallet().draw(points, reserved)
        for lot_id, part in taken.items():
            wallet.lots[lot_id].left -= part
        self._redeemed(act, hold.wallet, taken, 0)
        wallet.settle()
        return None

    def void(self, hold_id: str) -> str:
        """Let go of a hold and say what became of it."""
        hold = self.holds[hold_id]
        if hold.state == "posted":
            return "posted"
        self.lapse(hold.wallet)
        if hold.state == "open":
            self._end(hold, "voided")
            self.wallets[hold.wallet].settle()
        return hold.state

    def redeem(
        self, act: str, wallet_id: UUID, points: int, *, most: int, occurred: datetime
    ) -> str | None:
        self.lapse(wallet_id)
        moment = min(max(occurred, self.clock() - GRACE), self.clock())
        refused = self.why_not(wallet_id, points, most, moment)
        if refused is None:
            wallet = self.wallets[wallet_id]
            usable = [lot for lot in wallet.in_order() if lot.usable(moment)]
            taken = wallet.draw(points, [*usable, *wallet.in_order()])
            owed = points - sum(taken.values())
            wallet.debt += owed
            self._redeemed(act, wallet_id, taken, owed)
        return refused

    def give_back(self, act: str, points: int, today: UUID) -> str | None:
        done = self.redemptions[act]
        if points > done.left:
            return "give_back_exceeded"
        skip, done.back = done.back, done.back + points
        for lot_id, most in [*reversed(done.taken.items()), (None, done.owed)]:
            skipped = min(skip, most)
            part = min(points, most - skipped)
            skip, points = skip - skipped, points - part
            lot = Lot(today, self.clock(), NEVER, ALWAYS)
            if lot_id is not None:
                lot = deepcopy(done.lots[lot_id])
                known = self.wallets[done.wallet].lots.get(lot_id)
                lot.ends = lot.ends if known is None else known.ends
                lot.ends = self.clock() + GRACE if lot.ends <= self.clock() else lot.ends
            if part:
                self.wallets[done.wallet].put(lot, part)
        return None

    def adjust_down(self, wallet_id: UUID, points: int) -> str | None:
        self.lapse(wallet_id)
        wallet = self.wallets[wallet_id]
        if points > wallet.free():
            return "points_short"
        wallet.draw(points, wallet.in_order())
        return None

    def expire(self) -> int:
        """Write off what is past; say how many points."""
        gone = 0
        for wallet_id, wallet in self.wallets.items():
            past = self.clock() - GRACE
            if any(lot.left > 0 and lot.ends <= past for lot in wallet.lots.values()):
                self.lapse(wallet_id)
            for lot in wallet.lots.values():
                if lot.ends <= past and lot.held == 0:
                    gone += lot.left
                    lot.left = 0
        return gone

    def release(self) -> None:
        for wallet_id in self.wallets:
            self.lapse(wallet_id)

    def join(self, source_id: UUID, target_id: UUID) -> None:
        self.lapse(source_id)
        self.lapse(target_id)
        source, target = self.wallets[source_id], self.wallets[target_id]
        for lot in source.in_order():
            if points := lot.free:
                lot.left -= points
                target.put(lot, points)
        target.owe(source.debt)
        source.debt = 0
        for hold in self.holds.values():
            if hold.wallet == source_id and hold.state == "open":
                hold.wallet = target_id
                for lot_id, part in hold.parts.items():
                    lot = source.lots[lot_id]
                    lot.left, lot.held = lot.left - part, lot.held - part
                    target.put(lot, part, pays=False)
                    target.lots[lot_id].held += part

    def seen(self, wallet_id: UUID) -> tuple[int, int, int, int, int]:
        """Say what a reader sees now: free, held, pending, past and owed, whoever tidied up."""
        looked = deepcopy(self)
        looked.clock = self.clock
        looked.lapse(wallet_id)
        wallet, now = looked.wallets[wallet_id], self.clock()
        lots = wallet.lots.values()
        return (
            wallet.free(now),
            sum(lot.held for lot in lots),
            sum(lot.free for lot in lots if now < lot.begins and now < lot.ends),
            sum(lot.free for lot in lots if lot.ends <= now),
            wallet.debt,
        )

    def _end(self, hold: Hold, state: str) -> None:
        hold.state = state
        for lot_id, part in hold.parts.items():
            self.wallets[hold.wallet].lots[lot_id].held -= part

    def _redeemed(self, act: str, wallet_id: UUID, taken: dict[UUID, int], owed: int) -> None:
        lots = {lot_id: deepcopy(self.wallets[wallet_id].lots[lot_id]) for lot_id in taken}
        self.redemptions[act] = Redemption(wallet_id, taken, owed, lots)
