"""Whether the points of a till or a cashier go to few cards, too often, or at odd hours. Pure.

No figure accuses anybody: a small shop has few cards, and a baker sells before opening. They say
where to look, and what to look at.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

# The share of this many cards is told.
FEW: Final = 3
# Selling a little before and after the hours is no odd hour.
LEEWAY: Final = timedelta(minutes=30)
OFTEN: Final = 4  # sales of one card in a day
# When a row is to be looked at, in thousandths; not before there is something to judge.
SHARE_HIGH: Final = 500
OUTSIDE_HIGH: Final = 100
ACTS_FEW: Final = 20

Spans = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Accrual:
    """One sale that gave points: where, by whom, to which wallet, when by the till's clock."""

    store_id: UUID
    till_id: UUID | None
    staff_id: UUID | None
    wallet_id: UUID
    occurred_at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class CardShare:
    """What one card got there: points, sales, and the most sales on one day."""

    wallet_id: UUID
    points: int
    acts: int
    most_per_day: int
    busiest_day: date


@dataclass(frozen=True, slots=True)
class Concentration:
    """The points that one till, or one cashier, gave.

    Units: shares in thousandths. `few_share` is what the three cards with most points got of
    all; `outside` counts sales outside the store's hours, None where it has none.
    """

    subject: UUID | None
    points: int
    acts: int
    cards: int
    few_share: int
    top: tuple[CardShare, ...]
    outside: int | None

    @property
    def is_few(self) -> bool:
        """Say whether few cards get most of the points, although there are many."""
        return self.acts >= ACTS_FEW and self.cards > FEW and self.few_share >= SHARE_HIGH

    @property
    def is_often(self) -> bool:
        """Say whether one card was read many times on one day."""
        return any(card.most_per_day >= OFTEN for card in self.top)

    @property
    def is_odd(self) -> bool:
        """Say whether many sales were outside the hours."""
        return (
            self.outside is not None
            and self.acts >= ACTS_FEW
            and self.outside * 1000 >= self.acts * OUTSIDE_HIGH
        )

    @property
    def stands_out(self) -> bool:
        """Say whether somebody should look."""
        return self.is_few or self.is_often or self.is_odd


def by_till(
    accruals: Iterable[Accrual], *, spans: Mapping[UUID, Spans], zones: Mapping[UUID, str]
) -> tuple[Concentration, ...]:
    """Group by till; what stands out first, then by points."""
    return _grouped(((one.till_id, one) for one in accruals), spans, zones)


def by_cashier(
    accruals: Iterable[Accrual], *, spans: Mapping[UUID, Spans], zones: Mapping[UUID, str]
) -> tuple[Concentration, ...]:
    """Group by cashier; None stands for sales that nobody had signed in for."""
    return _grouped(((one.staff_id, one) for one in accruals), spans, zones)


def _grouped(
    pairs: Iterable[tuple[UUID | None, Accrual]],
    spans: Mapping[UUID, Spans],
    zones: Mapping[UUID, str],
) -> tuple[Concentration, ...]:
    groups: dict[UUID | None, list[Accrual]] = defaultdict(list)
    for subject, accrual in pairs:
        groups[subject].append(accrual)
    found = [_one(subject, acts, spans, zones) for subject, acts in groups.items()]
    return tuple(sorted(found, key=lambda one: (not one.stands_out, -one.points, str(one.subject))))


def _one(
    subject: UUID | None,
    acts: Sequence[Accrual],
    spans: Mapping[UUID, Spans],
    zones: Mapping[UUID, str],
) -> Concentration:
    cards: dict[UUID, list[Accrual]] = defaultdict(list)
    for act in acts:
        cards[act.wallet_id].append(act)
    shares = [_card(wallet_id, own, zones) for wallet_id, own in cards.items()]
    by_points = sorted(shares, key=lambda card: (-card.points, card.wallet_id.int))
    by_times = sorted(shares, key=lambda card: (-card.most_per_day, card.wallet_id.int))
    points = sum(act.points for act in acts)
    few = sum(card.points for card in by_points[:FEW])
    known = [act for act in acts if spans.get(act.store_id)]
    return Concentration(
        subject=subject,
        points=points,
        acts=len(acts),
        cards=len(cards),
        few_share=few * 1000 // points if points > 0 else 0,
        # The one read most often is told, although others have more points.
        top=tuple(dict.fromkeys([*by_points[:FEW], *by_times[:1]])),
        outside=sum(not _is_open(spans[act.store_id], act.occurred_at) for act in known)
        if known
        else None,
    )


def _card(wallet_id: UUID, acts: Sequence[Accrual], zones: Mapping[UUID, str]) -> CardShare:
    days = Counter(
        act.occurred_at.astimezone(ZoneInfo(zones.get(act.store_id, "UTC"))).date() for act in acts
    )
    day, most = max(days.items(), key=lambda item: (item[1], item[0]))
    return CardShare(wallet_id, sum(act.points for act in acts), len(acts), most, day)


def _is_open(spans: Spans, at: datetime) -> bool:
    """Say whether a moment lies in a span, with some leeway before and after."""
    after = bisect_right(spans, at + LEEWAY, key=lambda span: span[0])
    return after > 0 and at - LEEWAY < spans[after - 1][1]
