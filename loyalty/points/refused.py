"""Refusals of the ledger, kept with the caller's id: asked again it says no again.

A retry that succeeds because points came in meanwhile would be a redemption nobody waits for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty.kernel.errors import Fact, LoyaltyError
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.errors import (
    ActConflictError,
    AdjustLimitError,
    GiveBackExceededError,
    HoldEndedError,
    HoldExceededError,
    HoldUnknownError,
    PointsShortError,
    RedeemingBlockedError,
)
from loyalty.wire.refusals import Refusal

_ERRORS: Final[Mapping[Refusal, type[LoyaltyError]]] = {
    each.code: each
    for each in (
        AdjustLimitError,
        GiveBackExceededError,
        HoldEndedError,
        HoldExceededError,
        HoldUnknownError,
        PointsShortError,
        RedeemingBlockedError,
    )
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the ledger did not do an act; returned, so that it can be kept, and raised later."""

    code: Refusal
    facts: Mapping[str, Fact]

    def error(self) -> LoyaltyError:
        """Make the error that the view raises after the refusal was committed."""
        return _ERRORS[self.code](**self.facts)


def refused_before(
    session: Session, program_id: int, act_id: str, *, request_hash: str
) -> Refused | None:
    """Find how an act was refused when it was asked for the first time.

    Raises `ActConflictError` when the id was refused for an act with other content.
    """
    answer = stored_answer(session, program_id, _key(act_id))
    if answer is None:
        return None
    if answer.request_hash != request_hash:
        raise ActConflictError(act_id=act_id)
    return Refused(Refusal(answer.outcome), answer.facts)


def refuse(
    session: Session,
    program_id: int,
    act_id: str,
    error: LoyaltyError,
    *,
    request_hash: str,
    at: datetime,
) -> Refused:
    """Keep that an act was refused and why."""
    keep_answer(
        session,
        program_id,
        _key(act_id),
        request_hash=request_hash,
        outcome=error.code,
        facts=error.facts,
        at=at,
    )
    return Refused(error.code, error.facts)


def _key(act_id: str) -> str:
    """Keep refusals of the ledger apart from the answers that journeys give for the same act."""
    return f"refused:{act_id}"
