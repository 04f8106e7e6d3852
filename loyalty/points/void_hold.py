"""Let go of held points: nothing is taken, all of it is free again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loyalty.kernel.errors import LoyaltyError
from loyalty.points.errors import HoldEndedError, HoldUnknownError
from loyalty.points.queries import BalanceFacts
from loyalty.points.refused import Refused
from loyalty.points.release import lapse_overdue, let_go, lock_hold


@dataclass(frozen=True, slots=True)
class Voided:
    """What was let go: `outcome` says whether by this void or, before it, by the clock."""

    hold_id: str
    points: int
    outcome: str
    balance: BalanceFacts | None
    replayed: bool
    refused: Refused | None = None


def void_hold(
    session: Session, program_id: int, hold_id: str, *, act_id: str, at: datetime
) -> Voided:
    """Let go of a hold; one that was let go before, or ran out, is let go again without effect.

    A hold whose points were taken is refused, as is one that was never there: what such a hold
    is can never change back, so the refusal needs no row.
    """
    locked = lock_hold(session, program_id, hold_id)
    if locked is None:
        return _refused(hold_id, HoldUnknownError(hold_id=hold_id))
    hold, wallet = locked
    if hold.outcome == "posted":
        return _refused(hold_id, HoldEndedError(hold_id=hold_id, outcome="posted"))
    outcome = hold.outcome_at(at)
    wallet = lapse_overdue(session, program_id, wallet, at=at)
    if outcome is not None:
        return Voided(hold_id, hold.points, outcome, wallet, replayed=True)
    wallet = let_go(session, program_id, wallet, [hold], outcome="voided", act_id=act_id, at=at)
    return Voided(hold_id, hold.points, "voided", wallet, replayed=False)


def _refused(hold_id: str, error: LoyaltyError) -> Voided:
    refused = Refused(error.code, error.facts)
    return Voided(hold_id, 0, "", None, replayed=False, refused=refused)
