"""The four questions of a 360° view, answered from what happened; pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final
from zoneinfo import ZoneInfo

from loyalty.identity.queries import MemberFacts
from loyalty.journeys.timeline import Happening, HappeningKind

# Fewer purchases are no habit.
HABIT_FROM: Final = 3
OWN_ACTS: Final = frozenset(
    {"visit", "sale", "moved_here", "note", "refund", "consent", "engagement"}
)
OWN_CHANGES: Final = frozenset({"placed", "collected"})
# What a counter may be told of: what happened at counters, orders, and what the shop wrote.
AT_COUNTER: Final = frozenset(
    {"sale", "refund", "moved_away", "moved_here", "scan", "card", "order", "message"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """What do we know: habits, told from at least three purchases.

    Units: minor units of the currency most purchases were in. `usual_minor` is the median.
    `weekdays`: 0 is Monday, the days that most purchases fall on, at most two, in the store's
    calendar.
    """

    purchases: int
    spent_minor: int
    currency: str | None
    usual_minor: int | None
    weekdays: tuple[int, ...]
    last_sale_at: datetime | None
    member_since: datetime
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What did we tell them: the last message and its fate, and how many there were in all."""

    topic: str
    at: datetime
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """How did they react: what they did first after our last message, and how long after."""

    kind: HappeningKind
    at: datetime
    after_s: int


@dataclass(frozen=True, slots=True)
class FourQuestions:
    """What do we know, what did we tell them, what happened last, how did they react."""

    known: Known
    told: Told | None
    last: Happening | None
    reaction: Reaction | None


def four_questions(
    timeline: Sequence[Happening],
    *,
    members: Collection[MemberFacts],
    first_known_at: datetime,
    time_zone: str,
) -> FourQuestions:
    """Answer the four questions from a timeline, newest first.

    `first_known_at` speaks for persons without a membership.
    """
    message = next((each for each in timeline if each.kind == "message"), None)
    return FourQuestions(
        known=_known(timeline, members=members, first_known_at=first_known_at, time_zone=time_zone),
        told=None
        if message is None
        else Told(
            topic=str(message.facts["topic"]),
            at=message.at,
            state=str(message.facts["state"]),
            count=sum(each.kind == "message" for each in timeline),
        ),
        last=next((each for each in timeline if is_own(each)), None),
        reaction=None if message is None else _reaction(timeline, message.at),
    )


def at_counter(timeline: Sequence[Happening]) -> tuple[Happening, ...]:
    """Leave out of a timeline what nobody at a counter needs to know."""
    return tuple(each for each in timeline if each.kind in AT_COUNTER)


def is_own(happening: Happening) -> bool:
    """Say whether it was the person who did it."""
    if happening.kind == "order":
        return happening.facts.get("change") in OWN_CHANGES
    return happening.kind in OWN_ACTS


def _known(
    timeline: Sequence[Happening],
    *,
    members: Collection[MemberFacts],
    first_known_at: datetime,
    time_zone: str,
) -> Known:
    rows = [
        each.row
        for each in timeline
        if each.row is not None
        and each.kind in {"sale", "moved_here"}
        and each.row.sale_state != "moved"
    ]
    currencies = Counter(row.currency for row in rows)
    currency = currencies.most_common(1)[0][0] if currencies else None
    kept = [(row.total_minor or 0) - row.refunded_minor for row in rows if row.currency == currency]
    paid = [amount for amount in kept if amount > 0]
    zone = ZoneInfo(time_zone)
    days = Counter(row.at.astimezone(zone).weekday() for row in rows)
    is_habit = len(rows) >= HABIT_FROM
    usual = [day for day, count in days.most_common(2) if count >= 2]  # noqa: PLR2004  twice
    return Known(
        purchases=len(rows),
        spent_minor=sum(kept),
        currency=currency,
        usual_minor=median_low(paid) if paid and is_habit else None,
        weekdays=tuple(sorted(usual)) if is_habit else (),
        last_sale_at=max((row.at for row in rows), default=None),
        member_since=min((member.joined_at for member in members), default=first_known_at),
        languages=tuple(sorted({member.language for member in members})),
    )


def _reaction(timeline: Sequence[Happening], told_at: datetime) -> Reaction | None:
    after = [each for each in timeline if each.at > told_at and is_own(each)]
    if not after:
        return None
    first = min(after, key=lambda each: each.at)
    return Reaction(first.kind, first.at, (first.at - told_at) // timedelta(seconds=1))
