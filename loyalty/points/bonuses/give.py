"""Give a bonus once for ever, by the id of its reason, and take it back the same way."""

import json
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.credit import Credited, credit
from loyalty.points.figures import points_of_acts
from loyalty.points.policy import PointsPolicy, lot_end
from loyalty.points.posting import Act
from loyalty.points.queries import posting_of_act
from loyalty.points.take_back import TakenBack, take_back

BonusKind = Literal["welcome", "birthday", "referral"]


def give_bonus(  # noqa: PLR0913  what is given, to whom and why
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    act_id: str,
    kind: BonusKind,
    points: int,
    policy: PointsPolicy,
    at: datetime,
) -> Credited | None:
    """Give the points of a bonus; None when it gives nothing or was given before.

    What was given under its id stays, also when the policy says another number by now.
    """
    if points <= 0 or posting_of_act(session, program_id, act_id) is not None:
        return None
    act = Act(
        act_id=act_id,
        occurred_at=at,
        subject=act_id,
        basis=json.dumps({"bonus": kind}),
    )
    ends = lot_end(policy, earned_at=at, at=at)
    return credit(
        session, program_id, wallet_id, act=act, points=points, kind="bonus", expires_at=ends, at=at
    )


def take_bonus_back(
    session: Session, program_id: int, wallet_id: UUID, *, act_id: str, at: datetime
) -> TakenBack | None:
    """Take a bonus back whole; None when it was never given."""
    given = posting_of_act(session, program_id, act_id)
    points = points_of_acts(session, program_id, [act_id]).get(act_id, 0)
    if given is None or points <= 0:
        return None
    act = Act(
        act_id=f"{act_id}:back",
        occurred_at=at,
        subject=act_id,
        reverses=given.posting_id,
        basis=given.basis,
    )
    return take_back(session, program_id, wallet_id, act=act, points=points, at=at)
