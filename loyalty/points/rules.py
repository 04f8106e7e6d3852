"""How points are earned, drawn and taken back; pure, whole numbers only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from loyalty.kernel.money import Money

# The unit of a wallet; a stamp card's is the id of its reward.
POINTS: Final = "points"
STAMPS: Final = "stamps"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EarnRate:
    """`points` for every full `per_minor` minor units spent; `version` of the program's rule."""

    version: int
    points: int
    per_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class LotFacts:
    """Points earned together, as they are now; `lot_id` is the posting that issued them."""

    lot_id: UUID
    earned_at: datetime
    expires_at: datetime | None
    remaining: int
    held: int
    available_at: datetime | None = None

    @property
    def free(self) -> int:
        """What nobody has reserved."""
        return self.remaining - self.held

    def is_pending(self, at: datetime) -> bool:
        """Say whether its points cannot be spent yet."""
        return self.available_at is not None and self.available_at > at

    def is_past(self, at: datetime) -> bool:
        """Say whether its points cannot be spent any more."""
        return self.expires_at is not None and self.expires_at <= at

    def is_usable(self, at: datetime) -> bool:
        """Say whether its points can be spent at a moment: its end is the first it cannot."""
        return not self.is_pending(at) and not self.is_past(at)


@dataclass(frozen=True, slots=True)
class Draw:
    """Points taken from one lot."""

    lot_id: UUID
    points: int


@dataclass(frozen=True, slots=True)
class Debit:
    """Where points that a wallet must give come from: its lots, and what is left as debt."""

    draws: tuple[Draw, ...]
    debt: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Where points that a wallet gets go: into its debt first, the rest into a lot."""

    repaid: int
    rest: int


@dataclass(frozen=True, slots=True)
class RewardFacts:
    """Something points can be redeemed for; `points` is what it costs, in its own unit.

    `parameters` are of its kind; `currency` is that of the amounts in them, none when there are
    none. `stock`, `per_member` and `per_member_day` say how often it can be had, none for ever.
    A stamp card costs stamps: its unit is its own id.
    """

    reward_id: UUID
    name: str
    points: int
    kind: str = "product"
    parameters: Mapping[str, object] = field(default_factory=dict)
    currency: str | None = None
    minimum_minor: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    stock: int | None = None
    per_member: int | None = None
    per_member_day: int | None = None
    at_till: bool = True
    on_web: bool = True
    retired_at: datetime | None = None

    @property
    def unit(self) -> str:
        """What it costs: points, or stamps of its own card."""
        return str(self.reward_id) if self.kind == STAMPS else POINTS


@dataclass(frozen=True, slots=True)
class RewardAhead:
    """The next reward out of reach, and how many points are missing."""

    reward_id: UUID
    name: str
    points: int
    missing: int


def points_earned(spend: Money, rate: EarnRate) -> int:
    """Points that one receipt earns.

    Units: `spend` in minor units, after discounts, without the part given back. The result is
    whole points.
    Rounding: down, once per receipt, never per line, so that till and web give the same.
    Errors: none; a refund is not a negative sale: what is left earns as a receipt of its own.
    """
    assert spend.minor >= 0, "a receipt of less than nothing reached the ledger"
    assert spend.currency == rate.currency, "an amount of another currency reached the rule"
    return spend.minor // rate.per_minor * rate.points


def draw_order(lots: Iterable[LotFacts]) -> tuple[LotFacts, ...]:
    """Order lots as they pay: the soonest to expire first, then the oldest."""
    return tuple(
        sorted(lots, key=lambda lot: (lot.expires_at or _NEVER, lot.earned_at, lot.lot_id.int))
    )


def plan_debit(points: int, lots: Sequence[LotFacts], *, own: UUID | None = None) -> Debit:
    """Choose the lots that give `points`: their own lot first, then the others in draw order.

    What the free points do not cover becomes debt, so draws and debt add up to `points`; a
    held lot keeps what is held, and no lot gives more than it has.
    """
    assert points >= 0
    ordered = draw_order(lots)
    first = [lot for lot in ordered if lot.lot_id == own]
    others = [lot for lot in ordered if lot.lot_id != own]
    draws: list[Draw] = []
    missing = points
    for lot in (*first, *others):
        taken = min(lot.free, missing)
        if taken > 0:
            draws.append(Draw(lot.lot_id, taken))
            missing -= taken
    return Debit(draws=tuple(draws), debt=missing)


def plan_spend(points: int, lots: Sequence[LotFacts], *, at: datetime) -> Debit:
    """Choose the lots that pay for a redemption at a moment, in draw order.

    Lots that are pending or past pay nothing; what the usable ones do not cover is the `debt`
    of the plan, which only a redemption made without a line may leave.
    """
    return plan_debit(points, [lot for lot in lots if lot.is_usable(at)])


def later_end(one: datetime | None, other: datetime | None) -> datetime | None:
    """Say which of two ends of a lot is the later; none is never."""
    return None if one is None or other is None else max(one, other)


def plan_credit(points: int, *, debt: int) -> Credit:
    """Split points that come in: what is owed is repaid first."""
    assert points >= 0
    assert debt >= 0
    repaid = min(points, debt)
    return Credit(repaid=repaid, rest=points - repaid)


def next_reward(points: int, rewards: Iterable[RewardFacts]) -> RewardAhead | None:
    """Find the nearest reward that `points` do not reach yet."""
    ahead = [reward for reward in rewards if reward.unit == POINTS and reward.points > points]
    if not ahead:
        return None
    nearest = min(ahead, key=lambda reward: (reward.points, reward.name, reward.reward_id.int))
    return RewardAhead(
        reward_id=nearest.reward_id,
        name=nearest.name,
        points=nearest.points,
        missing=nearest.points - points,
    )


def rewards_in_reach(points: int, rewards: Iterable[RewardFacts]) -> tuple[RewardFacts, ...]:
    """List the rewards that `points` pay for, the dearest first."""
    reached = [reward for reward in rewards if reward.unit == POINTS and reward.points <= points]
    return tuple(sorted(reached, key=lambda reward: (-reward.points, reward.name)))
