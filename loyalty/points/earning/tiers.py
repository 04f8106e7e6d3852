"""Count how far members come and move them between tiers; the tier of a moment stays known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, union, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, table_of
from loyalty.points.earning.document import ONE
from loyalty.points.earning.ladder import Ladder
from loyalty.points.earning.rulesets import RulesetFacts
from loyalty.points.earning.tier_models import Progress, TierMove
from loyalty.points.earning.tier_rules import Event, next_tier, period_begin, window_months

PROGRESS: Final = table_of(Progress)
MOVE: Final = table_of(TierMove)

_TIER_AT: Final = Prepared(
    select(MOVE.c.tier_id)
    .where(
        MOVE.c.program_id == bindparam("program"),
        MOVE.c.wallet_id == bindparam("wallet"),
        MOVE.c.at <= bindparam("moment"),
    )
    .order_by(MOVE.c.at.desc(), MOVE.c.move_id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A member's move to a tier, or to none."""

    move_id: int
    tier_id: str | None
    from_tier_id: str | None
    event: str
    subject: str
    progress: int
    at: datetime


def tier_at(session: Session, program_id: int, wallet_id: UUID, at: datetime) -> str | None:
    """Say in which tier a wallet's member stood at a moment."""
    tier_id: str | None = _TIER_AT.scalar(session, program=program_id, wallet=wallet_id, moment=at)
    return tier_id


def tier_times(ladder: Ladder | None, tier_id: str | None) -> Fraction:
    """Say how many times purchases of a tier's members count."""
    tier = None if ladder is None else ladder.find(tier_id)
    return ONE if tier is None else tier.times


def progress_of(
    session: Session, program_id: int, wallet_id: UUID, ladder: Ladder, *, day: date
) -> int:
    """Say how far a wallet's member has come in the window of a day; never less than nothing."""
    column = PROGRESS.c.points if ladder.by == "points" else PROGRESS.c.spend_minor
    total = session.execute(
        select(func.coalesce(func.sum(column), 0)).where(
            PROGRESS.c.program_id == program_id,
            PROGRESS.c.wallet_id == wallet_id,
            PROGRESS.c.month.in_(window_months(ladder, day)),
        )
    ).scalar_one()
    return max(0, int(total))


def add_progress(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    month: str,
    points: int,
    spend_minor: int,
) -> None:
    """Count what a receipt earned and cost in its month, or what a refund took of it."""
    key = {"program_id": program_id, "wallet_id": wallet_id, "month": month}
    fresh = {**key, "points": points, "spend_minor": spend_minor}
    if insert_new(session, Progress, fresh):
        return
    session.execute(
        update(PROGRESS)
        .where(*(PROGRESS.c[name] == value for name, value in key.items()))
        .values(points=PROGRESS.c.points + points, spend_minor=PROGRESS.c.spend_minor + spend_minor)
    )


@dataclass(frozen=True, slots=True)
class Climb:
    """What a member is judged by: which rules, the day it is, for which sale, when."""

    rules: RulesetFacts
    day: date
    subject: str
    at: datetime


def judge_tier(
    session: Session, program_id: int, wallet_id: UUID, climb: Climb, *, event: Event
) -> MoveFacts | None:
    """Move a locked wallet's member to the tier that the ladder says; None when nothing moves.

    The move is made now, whatever day a sale was of: what is sold from now on counts by it.
    """
    ladder = climb.rules.document.ladder
    assert ladder is not None, "without a ladder nobody climbs"
    held = tier_at(session, program_id, wallet_id, climb.at)
    progress = progress_of(session, program_id, wallet_id, ladder, day=climb.day)
    tier_id = next_tier(ladder, held, progress, event=event)
    if tier_id == held:
        return None
    last = session.execute(
        select(func.coalesce(func.max(MOVE.c.move_id), 0)).where(
            MOVE.c.program_id == program_id, MOVE.c.wallet_id == wallet_id
        )
    ).scalar_one()
    move = MoveFacts(int(last) + 1, tier_id, held, event, climb.subject, progress, climb.at)
    is_new = insert_new(
        session,
        TierMove,
        {
            "program_id": program_id,
            "wallet_id": wallet_id,
            "rule_version": climb.rules.version,
            **{name: getattr(move, name) for name in MoveFacts.__slots__},
        },
    )
    assert is_new, "a member moved while the wallet was locked"
    return move


def judge_by_time(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    rules: RulesetFacts,
    *,
    time_zone: str,
    at: datetime,
) -> MoveFacts | None:
    """Move a locked wallet's member when a period ended or time alone changed what counts.

    Whoever moved since the last period ended is not judged by it any more.
    """
    ladder = rules.document.ladder
    assert ladder is not None, "without a ladder nobody climbs"
    zone = ZoneInfo(time_zone)
    today = Climb(rules, at.astimezone(zone).date(), "", at)
    begun = period_begin(ladder, today.day)
    begun_at = datetime(begun.year, begun.month, begun.day, tzinfo=zone)
    moved = any(move.at >= begun_at for move in moves_of(session, program_id, wallet_id))
    if not moved:
        eve = replace(today, day=begun - timedelta(days=1))
        ended = judge_tier(session, program_id, wallet_id, eve, event="period_end")
        if ended is not None:
            return ended
    return judge_tier(session, program_id, wallet_id, today, event="day")


def moves_of(session: Session, program_id: int, wallet_id: UUID) -> tuple[MoveFacts, ...]:
    """List a member's moves between tiers, the first one first."""
    rows = session.execute(
        select(*(MOVE.c[name] for name in MoveFacts.__slots__))
        .where(MOVE.c.program_id == program_id, MOVE.c.wallet_id == wallet_id)
        .order_by(MOVE.c.move_id)
    )
    return tuple(MoveFacts(*row) for row in rows)


def climbers(
    session: Session, program_id: int, *, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """List the wallets that progress or a tier is known of, in their order, from one on."""
    known = union(
        select(PROGRESS.c.wallet_id).where(PROGRESS.c.program_id == program_id),
        select(MOVE.c.wallet_id).where(MOVE.c.program_id == program_id),
    ).subquery()
    statement = select(known.c.wallet_id).order_by(known.c.wallet_id).limit(limit)
    if after is not None:
        statement = statement.where(known.c.wallet_id > after)
    return list(session.scalars(statement))
