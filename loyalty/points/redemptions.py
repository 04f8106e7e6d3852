"""What holds are for, what was taken off, and how often a reward was had."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import insert_new, table_of
from loyalty.points.holds import current_hold
from loyalty.points.models import Hold, HoldEnd
from loyalty.points.reward_models import (
    Redemption,
    RedemptionBack,
    RedemptionSale,
    RedemptionTaken,
)

HOLD: Final = table_of(Hold)
END: Final = table_of(HoldEnd)
REDEMPTION: Final = table_of(Redemption)
TAKEN: Final = table_of(RedemptionTaken)
OF_SALE: Final = table_of(RedemptionSale)
BACK: Final = table_of(RedemptionBack)
_COLUMNS: Final = (
    REDEMPTION.c.hold_id,
    REDEMPTION.c.reward_id,
    REDEMPTION.c.member_id,
    REDEMPTION.c.card_id,
    REDEMPTION.c.channel,
    REDEMPTION.c.times,
    REDEMPTION.c.basket_minor,
    REDEMPTION.c.discount_minor,
    REDEMPTION.c.currency,
    REDEMPTION.c.lines,
    REDEMPTION.c.reason,
    REDEMPTION.c.at,
)
_BY_HOLD: Final = Prepared(
    select(*_COLUMNS).where(
        REDEMPTION.c.program_id == bindparam("program"), REDEMPTION.c.hold_id == bindparam("hold")
    )
)
_TAKEN: Final = Prepared(
    select(
        TAKEN.c.hold_id,
        TAKEN.c.act_id,
        TAKEN.c.points,
        TAKEN.c.times,
        TAKEN.c.discount_minor,
        TAKEN.c.lines,
        TAKEN.c.at,
    ).where(TAKEN.c.program_id == bindparam("program"), TAKEN.c.hold_id == bindparam("hold"))
)
_OF_SALE: Final = Prepared(
    select(OF_SALE.c.hold_id).where(
        OF_SALE.c.program_id == bindparam("program"), OF_SALE.c.sale_id == bindparam("sale")
    )
)


@dataclass(frozen=True, slots=True)
class RedemptionFacts:
    """What a hold is for; `lines` is the part of the discount of each line of the basket."""

    hold_id: str
    reward_id: UUID
    member_id: UUID
    card_id: str | None
    channel: str
    times: int
    basket_minor: int
    discount_minor: int
    currency: str
    lines: tuple[int, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenFacts:
    """What was taken off in the end, by the posting `act_id`."""

    hold_id: str
    act_id: str
    points: int
    times: int
    discount_minor: int
    lines: tuple[int, ...]
    at: datetime


def note_redemption(session: Session, program_id: int, facts: RedemptionFacts) -> None:
    """Write down what a new hold is for."""
    row: dict[str, object] = {name: getattr(facts, name) for name in RedemptionFacts.__slots__}
    row["lines"] = json.dumps(facts.lines)
    insert_row(session, REDEMPTION, {"program_id": program_id, **row})


def note_taken(session: Session, program_id: int, facts: TakenFacts) -> bool:
    """Write down what was taken off, once; says whether it was the first time."""
    row: dict[str, object] = {name: getattr(facts, name) for name in TakenFacts.__slots__}
    row["lines"] = json.dumps(facts.lines)
    return insert_new(session, RedemptionTaken, {"program_id": program_id, **row})


def bind_to_sale(
    session: Session, program_id: int, hold_id: str, sale_id: str, *, at: datetime
) -> bool:
    """Say which sale a redemption was for; false when it is another's, or the sale has another."""
    row = {"program_id": program_id, "hold_id": hold_id, "sale_id": sale_id, "at": at}
    return insert_new(session, RedemptionSale, row)


def note_back(
    session: Session,
    program_id: int,
    hold_id: str,
    *,
    act_id: str,
    points: int,
    is_all: bool,
    at: datetime,
) -> None:
    """Write down that points of a redemption came back; with the last of them its reward does."""
    row = {
        "program_id": program_id,
        "hold_id": hold_id,
        "act_id": act_id,
        "points": points,
        "is_all": is_all,
        "at": at,
    }
    insert_new(session, RedemptionBack, row)


def redemption_by_hold(session: Session, program_id: int, hold_id: str) -> RedemptionFacts | None:
    """Find what a hold is for."""
    row = _BY_HOLD.first(session, program=program_id, hold=hold_id)
    return None if row is None else _facts(row)


def taken_by_hold(session: Session, program_id: int, hold_id: str) -> TakenFacts | None:
    """Find what a redemption took off in the end; none while it is held or when it never did."""
    row = _TAKEN.first(session, program=program_id, hold=hold_id)
    if row is None:
        return None
    hold, act_id, points, times, minor, lines, at = row
    return TakenFacts(hold, act_id, points, times, minor, tuple(json.loads(lines)), at)


def hold_of_sale(session: Session, program_id: int, sale_id: str) -> str | None:
    """Find the hold whose redemption a sale used."""
    found: str | None = _OF_SALE.scalar(session, program=program_id, sale=sale_id)
    return found


def sales_with_holds(session: Session, program_id: int, sale_ids: Collection[str]) -> set[str]:
    """Say which of some sales used a redemption."""
    found = session.scalars(
        select(OF_SALE.c.sale_id).where(
            OF_SALE.c.program_id == program_id, OF_SALE.c.sale_id.in_(sale_ids)
        )
    )
    return set(found)


def sale_of_hold(session: Session, program_id: int, hold_id: str) -> str | None:
    """Find the sale that used a redemption."""
    found: str | None = session.scalar(
        select(OF_SALE.c.sale_id).where(
            OF_SALE.c.program_id == program_id, OF_SALE.c.hold_id == hold_id
        )
    )
    return found


def given_back(session: Session, program_id: int, hold_id: str) -> int:
    """Say how many points of a redemption came back so far."""
    found = session.scalar(
        select(func.coalesce(func.sum(BACK.c.points), 0)).where(
            BACK.c.program_id == program_id, BACK.c.hold_id == hold_id
        )
    )
    return int(found or 0)


def times_had(
    session: Session,
    program_id: int,
    reward_id: UUID,
    *,
    at: datetime,
    member_ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
) -> int:
    """Count how often a reward was had or is held, by everybody or by some memberships.

    A hold past its time does not count, whether a job has let it go yet or not; neither does a
    redemption all of whose points came back. Whoever counts to decide holds the reward or the
    wallet.
    """
    which = [REDEMPTION.c.reward_id == reward_id]
    if member_ids is not None:
        which.append(REDEMPTION.c.member_id.in_(member_ids))
    if since is not None:
        which.append(REDEMPTION.c.at >= since)
    return _counted(session, program_id, _TIMES, which, at=at)


def points_by_proof(
    session: Session,
    program_id: int,
    member_ids: Sequence[UUID],
    *,
    proof: str,
    since: datetime,
    at: datetime,
    till_id: UUID | None = None,
) -> int:
    """Add up what some memberships spent or hold on one kind of proof since a moment."""
    which = [
        REDEMPTION.c.member_id.in_(member_ids),
        REDEMPTION.c.at >= since,
        HOLD.c.proof == proof,
    ]
    if till_id is not None:
        which.append(HOLD.c.till_id == till_id)
    return _counted(session, program_id, _POINTS, which, at=at)


def points_offline(
    session: Session,
    program_id: int,
    member_ids: Sequence[UUID],
    *,
    till_id: UUID,
    since: datetime,
    until: datetime,
    at: datetime,
) -> int:
    """Add up what some memberships spent at one till without a line, between two moments."""
    which = [
        REDEMPTION.c.member_id.in_(member_ids),
        REDEMPTION.c.at >= since,
        REDEMPTION.c.at < until,
        HOLD.c.purpose == "offline",
        HOLD.c.till_id == till_id,
    ]
    return _counted(session, program_id, _POINTS, which, at=at)


_TIMES: Final = func.coalesce(TAKEN.c.times, REDEMPTION.c.times)
_POINTS: Final = func.coalesce(TAKEN.c.points, HOLD.c.points)


def _counted(
    session: Session,
    program_id: int,
    what: ColumnElement[int],
    which: Sequence[ColumnElement[bool]],
    *,
    at: datetime,
) -> int:
    """Add up the redemptions that stand; one whose wallet was joined stands as its hold does now.

    Holds are moved by joins only, so there are few of them, and each is looked up.
    """
    is_moved = and_(TAKEN.c.hold_id.is_(None), func.coalesce(END.c.outcome, "") == "moved")
    asked = _standing(program_id, at=at).where(*which)
    total = func.coalesce(func.sum(case((is_moved, 0), else_=what)), 0)
    some_moved = func.coalesce(func.sum(case((is_moved, 1), else_=0)), 0)
    counted, moved = session.execute(asked.with_only_columns(total, some_moved)).one()
    if not moved:
        return int(counted)
    rows = session.execute(asked.where(is_moved).with_only_columns(REDEMPTION.c.hold_id, what))
    for hold_id, worth in rows.all():
        now = current_hold(session, program_id, hold_id)
        assert now is not None, "a hold is never taken away"
        counted += worth if now.outcome_at(at) is None else 0
    return int(counted)


def _standing(program_id: int, *, at: datetime) -> Any:  # noqa: ANN401  a select of no columns yet
    """Read redemptions that may stand: taken and not all given back, held in time, or moved."""
    all_back = exists().where(
        BACK.c.program_id == REDEMPTION.c.program_id,
        BACK.c.hold_id == REDEMPTION.c.hold_id,
        BACK.c.is_all,
    )
    is_held = and_(END.c.hold_id.is_(None), or_(HOLD.c.ends_at.is_(None), HOLD.c.ends_at > at))
    is_moved = END.c.outcome == "moved"
    same = [
        (table.c.program_id == REDEMPTION.c.program_id) & (table.c.hold_id == REDEMPTION.c.hold_id)
        for table in (HOLD, END, TAKEN)
    ]
    return (
        select(REDEMPTION.c.hold_id)
        .join(HOLD, same[0])
        .join(END, same[1], isouter=True)
        .join(TAKEN, same[2], isouter=True)
        .where(
            REDEMPTION.c.program_id == program_id,
            or_(TAKEN.c.hold_id.is_not(None), is_held, is_moved),
            ~all_back,
        )
    )


def _facts(row: tuple[Any, ...]) -> RedemptionFacts:
    *most, lines, reason, at = row
    told = dict(zip(RedemptionFacts.__slots__, most, strict=False))
    return RedemptionFacts(**told, lines=tuple(json.loads(lines)), reason=reason, at=at)
