"""A redemption that happened and is told late: its points are taken now, what is gone is owed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.amounts import check_points
from loyalty.points.draft import Line
from loyalty.points.policy import policy_in_force, spending_moment
from loyalty.points.post_hold import Redeemed, redeemed_before
from loyalty.points.posting import Act, content_hash, open_posting, write_lines
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import Draw, plan_spend
from loyalty.points.save_draft import save_draft


def redeem_late(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, points: int, at: datetime
) -> Redeemed:
    """Take points that a till let somebody spend without asking; twice changes nothing.

    What could be spent at that moment pays first, then whatever else is free; the rest becomes
    debt. How many points there may be, whoever calls has bounded.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    check_points(points)
    asked = content_hash("redeem", wallet_id, points)
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    known = redeemed_before(session, program_id, act, request_hash=asked)
    if known is not None:
        return known
    opened = open_posting(session, program_id, act, kind="redeem", request_hash=asked, at=at)
    assert opened.is_new, "its id was free a moment ago"
    draft = draft_of(session, program_id, wallet)
    policy = policy_in_force(session, program_id, at=at)
    moment = spending_moment(policy, occurred_at=act.occurred_at, at=at)
    plan = plan_spend(points, draft.lots(), at=moment)
    for draw in plan.draws:
        draft.draw(draw)
    owed = draft.take(plan.debt)
    draws = tuple(Draw(lot_id, -moved) for lot_id, moved in draft.changes.items())
    lines = [*draft.lines(), Line("redeemed", points)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return Redeemed(
        points=points,
        owed=owed,
        draws=draws,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )
