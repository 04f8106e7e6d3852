"""Hold what was redeemed, taken and given back against the acts of the ledger that did it."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, select
from sqlalchemy.orm import Session

from loyalty.db.raw import stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.holds import HOLD, HOLD_END
from loyalty.points.queries import (
    ENTRY,
    OF_POSTING,
    POSTING,
)
from loyalty.points.redemptions import BACK, OF_SALE, REDEMPTION, TAKEN

_TAKES = "a redemption takes what its act redeemed"
_BACK = "no more of a redemption comes back than was taken"
_ENDS = "a hold that was taken ends with its redemption"


def audit_redemptions(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List redemptions that say otherwise than the ledger; none when all is well."""
    yield from _without_hold(session, program_id)
    yield from _taken(session, program_id)
    yield from _back(session, program_id)
    yield from _sold(session, program_id)


def _without_hold(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find redemptions that no hold stands for, or one for another reward."""
    rows = stream(
        session,
        select(REDEMPTION.c.hold_id)
        .outerjoin(HOLD, _same_hold(HOLD, REDEMPTION))
        .where(
            REDEMPTION.c.program_id == program_id,
            HOLD.c.reward_id.is_(None) | (HOLD.c.reward_id != REDEMPTION.c.reward_id),
        ),
    )
    for row in rows:
        yield LedgerDifference(
            "a redemption has a hold of its reward", f"hold {row.hold_id}", "a redemption", "none"
        )


def _taken(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Hold what was taken against the lines of its act, and the end of its hold against both."""
    redeemed = _moved(program_id, "redeemed", "redeem").subquery()

    rows = stream(
        session,
        select(
            TAKEN.c.hold_id,
            TAKEN.c.points,
            TAKEN.c.times,
            TAKEN.c.discount_minor,
            REDEMPTION.c.times.label("held_times"),
            REDEMPTION.c.discount_minor.label("held_minor"),
            redeemed.c.points.label("redeemed"),
            HOLD.c.points.label("held"),
            HOLD_END.c.points.label("given"),
        )
        .outerjoin(REDEMPTION, _same_hold(REDEMPTION, TAKEN))
        .outerjoin(HOLD, _same_hold(HOLD, TAKEN))
        .outerjoin(
            redeemed,
            and_(
                redeemed.c.program_id == TAKEN.c.program_id,
                redeemed.c.act_id == TAKEN.c.act_id,
            ),
        )
        .outerjoin(
            HOLD_END,
            and_(
                HOLD_END.c.program_id == TAKEN.c.program_id,
                HOLD_END.c.act_id == TAKEN.c.act_id,
                HOLD_END.c.outcome == "posted",
            ),
        )
        .where(TAKEN.c.program_id == program_id),
    )
    for row in rows:
        subject = f"hold {row.hold_id}"
        if row.redeemed is None or row.points != int(row.redeemed):
            yield LedgerDifference(_TAKES, subject, str(row.points), _number(row.redeemed))
        if row.held is None or row.points > row.held:
            yield LedgerDifference(
                "no more is taken than was held", subject, str(row.points), _number(row.held)
            )
        if row.given is not None and row.given != row.points:
            yield LedgerDifference(_ENDS, subject, str(row.points), str(row.given))
        told = (row.times, row.discount_minor)
        most = (row.held_times, row.held_minor)
        if None in most or told[0] > most[0] or told[1] > most[1]:
            yield LedgerDifference(
                "no more comes off than was held for", subject, str(told), str(most)
            )


def _back(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Hold what came back against its acts, and all of it against what was taken."""
    given = _moved(program_id, "redeemed", "give_back").subquery()
    rows = stream(
        session,
        select(BACK.c.hold_id, BACK.c.act_id, BACK.c.points, given.c.points.label("given"))
        .outerjoin(
            given, and_(given.c.program_id == BACK.c.program_id, given.c.act_id == BACK.c.act_id)
        )
        .where(BACK.c.program_id == program_id),
    )
    for row in rows:
        if row.given is None or row.points != -int(row.given):
            yield LedgerDifference(
                "what came back of a redemption is what its act gave back",
                f"act {row.act_id}",
                str(row.points),
                _number(row.given and -row.given),
            )
    ends = func.sum(case((BACK.c.is_all, 1), else_=0))
    sums = stream(
        session,
        select(
            BACK.c.hold_id,
            TAKEN.c.points.label("taken"),
            func.sum(BACK.c.points).label("back"),
            ends.label("ends"),
        )
        .outerjoin(TAKEN, _same_hold(TAKEN, BACK))
        .where(BACK.c.program_id == program_id)
        .group_by(BACK.c.hold_id, TAKEN.c.points),
    )
    for row in sums:
        subject = f"hold {row.hold_id}"
        if row.taken is None or row.back > row.taken:
            yield LedgerDifference(_BACK, subject, str(int(row.back)), _number(row.taken))
        elif int(row.ends) != (int(row.back) == row.taken):
            yield LedgerDifference(
                "the last points that come back say so",
                subject,
                f"{int(row.back)} of {row.taken}",
                f"{int(row.ends)} times",
            )


def _sold(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find sales that are tied to what nobody took."""
    rows = stream(
        session,
        select(OF_SALE.c.hold_id, OF_SALE.c.sale_id)
        .outerjoin(TAKEN, _same_hold(TAKEN, OF_SALE))
        .where(OF_SALE.c.program_id == program_id, TAKEN.c.hold_id.is_(None)),
    )
    for row in rows:
        yield LedgerDifference(
            "a sale uses what was taken", f"sale {row.sale_id}", f"hold {row.hold_id}", "none"
        )


def _same_hold(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(one.c.program_id == other.c.program_id, one.c.hold_id == other.c.hold_id)


def _moved(program_id: int, account: str, kind: str) -> Select[tuple[int, str, int]]:
    """Add up by act what the postings of a kind moved on an account."""
    return (
        select(POSTING.c.program_id, POSTING.c.act_id, func.sum(ENTRY.c.points).label("points"))
        .join(ENTRY, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.kind == kind,
            ENTRY.c.account == account,
        )
        .group_by(POSTING.c.program_id, POSTING.c.act_id)
    )


def _number(found: object) -> str:
    return "none" if found is None else str(found)
