"""Let go of held points: nothing is taken, all of it is free again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.points.errors import HoldEndedError, HoldUnknownError
from loyalty.points.posting import content_hash
from loyalty.points.queries import BalanceFacts
from loyalty.points.refused import Refused, refuse, refused_before
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

    A hold whose points were taken is refused: it can never change back, so that refusal needs
    no row. One that was never there is refused, too, and stays so for this act's id, whatever
    is held under its name later; another act lets go of that.

    Raises `ActConflictError` when the act's id was refused for another hold.
    """
    asked = content_hash("void", hold_id)
    locked = lock_hold(session, program_id, hold_id)
    if locked is None:
        hold_name(session, "void", program_id, act_id)  # there is no wallet to wait for
    refused = refused_before(session, program_id, act_id, request_hash=asked)
    if refused is not None:
        return _refused(hold_id, refused, replayed=True)
    if locked is None:
        unknown = HoldUnknownError(hold_id=hold_id)
        kept = refuse(session, program_id, act_id, unknown, request_hash=asked, at=at)
        return _refused(hold_id, kept, replayed=False)
    hold, wallet = locked
    if hold.outcome == "posted":
        ended = HoldEndedError(hold_id=hold_id, outcome="posted")
        return _refused(hold_id, Refused(ended.code, ended.facts), replayed=False)
    outcome = hold.outcome_at(at)
    wallet = lapse_overdue(session, program_id, wallet, at=at)
    if outcome is not None:
        return Voided(hold_id, hold.points, outcome, wallet, replayed=True)
    wallet = let_go(session, program_id, wallet, [hold], outcome="voided", act_id=act_id, at=at)
    return Voided(hold_id, hold.points, "voided", wallet, replayed=False)


def _refused(hold_id: str, refused: Refused, *, replayed: bool) -> Voided:
    return Voided(hold_id, 0, "", None, replayed=replayed, refused=refused)
