"""Who owes whom between the stores of a program: money for points, exact and adding to zero. Pure.

A store that gives points owes what they are worth to whichever store takes them for a reward.
So each line that takes points out of a lot says: the store whose posting made the lot pays the
store of this posting. Back into a lot is the same with the sign turned.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

# A thousandth of a minor unit, since the value is set for 1000 points: no sum is ever rounded.
MILLI: Final = 1000

Party = UUID | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Points that `debtor` gave and `creditor` took, and their worth in 1/1000 minor units.

    None stands for the program itself: points that no store gave (by hand at the owner's desk),
    and debts, which the program advances until a later receipt repays them. Negative: a
    redemption was undone, or a debt repaid.
    """

    debtor: Party
    creditor: Party
    points: int
    worth_milli: int
    entries: int


@dataclass(frozen=True, slots=True)
class Figure:
    """What `debtor` owes `creditor` for a period: whole minor units, and the exact sum of it.

    `points` is what went one way less what came back; `entries` how many lines it opens into.
    """

    debtor: Party
    creditor: Party
    amount_minor: int
    worth_milli: int
    points: int
    entries: int


@dataclass(frozen=True, slots=True)
class Total:
    """What a store gets (+) or pays (-) in all; the totals of a settlement add up to zero."""

    party: Party
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """The settlement of a period [since, until) by our clock."""

    since: datetime
    until: datetime
    currency: str
    figures: tuple[Figure, ...]
    totals: tuple[Total, ...]


def worth_milli(points: int, value_minor_per_1000: int) -> int:
    """Say what points are worth, in 1/1000 minor units; exact."""
    return points * value_minor_per_1000


def settle(flows: Iterable[Flow], *, since: datetime, until: datetime, currency: str) -> Settlement:
    """Net what each two parties owe one another, and add up what each gets.

    Rounding: once for each two, to the nearest minor unit, half down in favor of who pays; what
    one pays the other gets, so the totals add up to zero whatever was rounded.
    """
    pairs: dict[tuple[Party, Party], list[int]] = defaultdict(lambda: [0, 0, 0])
    for flow in flows:
        if flow.debtor == flow.creditor:
            continue
        is_turned = _rank(flow.debtor) > _rank(flow.creditor)
        pair = (flow.creditor, flow.debtor) if is_turned else (flow.debtor, flow.creditor)
        sign = -1 if is_turned else 1
        sums = pairs[pair]
        sums[0] += sign * flow.worth_milli
        sums[1] += sign * flow.points
        sums[2] += flow.entries
    figures = tuple(_figure(pair, *sums) for pair, sums in sorted(pairs.items(), key=_by_pair))
    return Settlement(since, until, currency, figures, _totals(figures))


def of_store(settlement: Settlement, store_ids: Iterable[UUID]) -> Settlement:
    """Leave what concerns some stores: a store sees what it owes and gets, not the others."""
    mine = frozenset(store_ids)
    figures = tuple(f for f in settlement.figures if f.debtor in mine or f.creditor in mine)
    totals = tuple(total for total in settlement.totals if total.party in mine)
    return Settlement(settlement.since, settlement.until, settlement.currency, figures, totals)


def _figure(pair: tuple[Party, Party], worth: int, points: int, entries: int) -> Figure:
    debtor, creditor = pair
    if worth < 0 or (worth == 0 and points < 0):
        debtor, creditor, worth, points = creditor, debtor, -worth, -points
    amount = (2 * worth + MILLI - 1) // (2 * MILLI)
    return Figure(debtor, creditor, amount, worth, points, entries)


def _totals(figures: Iterable[Figure]) -> tuple[Total, ...]:
    sums: dict[Party, int] = defaultdict(int)
    for figure in figures:
        sums[figure.debtor] -= figure.amount_minor
        sums[figure.creditor] += figure.amount_minor
    assert sum(sums.values()) == 0, "a settlement does not add up to zero"
    return tuple(Total(party, sums[party]) for party in sorted(sums, key=_rank))


def _rank(party: Party) -> tuple[bool, int]:
    return (party is None, 0 if party is None else party.int)


def _by_pair(item: tuple[tuple[Party, Party], list[int]]) -> tuple[object, object]:
    (one, other), _ = item
    return (_rank(one), _rank(other))
