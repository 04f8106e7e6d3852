"""Hold every hold and every end of a lot against the rules that no balance shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from loyalty.db.raw import moment_text, raw, stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.holds import HOLD, HOLD_END, HOLD_LOT
from loyalty.points.policy import NO_POLICY, POLICY
from loyalty.points.queries import (
    ENTRY,
    OF_POSTING,
    POSTING,
)


def audit_holds(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List holds that reserve or gave otherwise than they say, and lots that ended too soon."""
    yield from _parts(session, program_id)
    yield from _ends(session, program_id)
    yield from _expired(session, program_id)


def _parts(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find holds whose lots do not add up to what they reserve.

    What a till gave without a line may be more than there was: the rest of it became debt.
    """
    reserved = func.coalesce(func.sum(HOLD_LOT.c.points), 0)
    rows = stream(
        session,
        select(HOLD.c.hold_id, HOLD.c.points, reserved.label("reserved"))
        .outerjoin(
            HOLD_LOT,
            and_(HOLD_LOT.c.program_id == HOLD.c.program_id, HOLD_LOT.c.hold_id == HOLD.c.hold_id),
        )
        .where(HOLD.c.program_id == program_id)
        .group_by(HOLD.c.hold_id, HOLD.c.points, HOLD.c.purpose)
        .having(
            or_(
                reserved > HOLD.c.points,
                and_(reserved != HOLD.c.points, HOLD.c.purpose != "offline"),
            )
        ),
    )
    for row in rows:
        yield LedgerDifference(
            "a hold reserves what it says",
            f"hold {row.hold_id}",
            str(row.points),
            str(int(row.reserved)),
        )


def _ends(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find holds that gave more than they had, or otherwise than their redemption says."""
    redeemed = func.coalesce(
        func.sum(case((ENTRY.c.account == "redeemed", ENTRY.c.points), else_=0)), 0
    )
    rows = stream(
        session,
        select(
            HOLD_END.c.hold_id,
            HOLD_END.c.points.label("taken"),
            HOLD.c.points.label("held"),
            redeemed.label("redeemed"),
        )
        .join(
            HOLD,
            and_(HOLD.c.program_id == HOLD_END.c.program_id, HOLD.c.hold_id == HOLD_END.c.hold_id),
        )
        .outerjoin(
            POSTING,
            and_(
                POSTING.c.program_id == HOLD_END.c.program_id,
                POSTING.c.act_id == HOLD_END.c.act_id,
            ),
        )
        .outerjoin(ENTRY, OF_POSTING)
        .where(HOLD_END.c.program_id == program_id, HOLD_END.c.outcome == "posted")
        .group_by(HOLD_END.c.hold_id, HOLD_END.c.points, HOLD.c.points),
    )
    for row in rows:
        if not row.taken == int(row.redeemed) <= row.held:
            yield LedgerDifference(
                "a hold gives at most what it reserves, by one redemption",
                f"hold {row.hold_id}",
                f"{row.taken} of {row.held}",
                f"{int(row.redeemed)} redeemed",
            )


def _expired(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find lots that were written off before their end and the grace of the day were over."""
    decided = session.execute(
        select(raw(session, POLICY.c.in_force_from), POLICY.c.expiry_grace_days)
        .where(POLICY.c.program_id == program_id)
        .order_by(POLICY.c.version)
    ).all()
    rows = stream(
        session,
        select(
            POSTING.c.act_id,
            raw(session, POSTING.c.occurred_at),
            raw(session, POSTING.c.recorded_at),
        )
        .where(POSTING.c.program_id == program_id, POSTING.c.kind == "expire")
        .order_by(POSTING.c.posting_id),
    )
    for act_id, ended_at, recorded_at in rows:
        known = [days for since, days in decided if since <= recorded_at]
        grace = timedelta(days=known[-1] if known else NO_POLICY.expiry_grace_days)
        least = _later(ended_at, grace)
        if least is not None and recorded_at < least:
            yield LedgerDifference(
                "points end only after their end and the grace", f"act {act_id}", recorded_at, least
            )


def _later(told: str, grace: timedelta) -> str | None:
    """Count on from a moment as it stands; none when it is no moment any more, as seals tell."""
    try:
        return moment_text(datetime.fromisoformat(told).replace(tzinfo=UTC) + grace)
    except (TypeError, ValueError, OverflowError):
        return None
