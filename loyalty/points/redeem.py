"""Take points without a hold: what a till redeemed while it had no line, within bounds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.amounts import check_points
from loyalty.points.draft import Line
from loyalty.points.hold import why_short
from loyalty.points.policy import policy_in_force, spending_moment
from loyalty.points.post_hold import Redeemed, redeemed_before, refused_redemption
from loyalty.points.posting import Act, content_hash, open_posting, write_lines
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import Draw, plan_spend
from loyalty.points.save_draft import save_draft
from loyalty.points.spendable import spendable_of_lots


def redeem(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    act: Act,
    points: int,
    at: datetime,
    debt_most: int = 0,
) -> Redeemed:
    """Take points at once, once; what could not be spent becomes debt, at most `debt_most`.

    By `act.occurred_at` it is judged what could be spent, within the grace that a lot which is
    past waits for such acts. Where the program blocks who owes, nobody who owes gets deeper in.
    A refusal is kept with the act's id.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    check_points(points)
    asked = content_hash("redeem", points, act.subject)
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    known = redeemed_before(session, program_id, act, request_hash=asked)
    if known is not None:
        return known
    policy = policy_in_force(session, program_id, at=at)
    draft = draft_of(session, program_id, wallet)
    moment = spending_moment(policy, occurred_at=act.occurred_at, at=at)
    plan = plan_spend(points, draft.lots(), at=moment)
    is_blocked = policy.debt_policy == "block" and wallet.debt > 0
    if plan.debt > (0 if is_blocked else debt_most):
        free = spendable_of_lots(draft.lots(), freed=(), debt=wallet.debt, at=moment).free
        error = why_short(policy, wallet, asked=points, free=free)
        return refused_redemption(session, program_id, act, error, request_hash=asked, at=at)
    opened = open_posting(session, program_id, act, kind="redeem", request_hash=asked, at=at)
    for draw in plan.draws:
        draft.draw(draw)
    # Points never lie beside a debt they could pay, not even those that are pending.
    owed = draft.take(plan.debt)
    lines = [*draft.lines(), Line("redeemed", points)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return Redeemed(
        points=points,
        owed=owed,
        draws=tuple(Draw(lot_id, -change) for lot_id, change in draft.changes.items()),
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )
