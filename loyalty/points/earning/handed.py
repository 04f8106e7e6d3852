"""What a wallet counts beside its points goes over with a join of two memberships, and back.

Progress towards a tier and remainders of steps belong to the receipts they come from, so they go
where the cards of these receipts go. What went over is told by the basis of the transfer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.points.credit import credit
from loyalty.points.earning.basis import read_basis
from loyalty.points.earning.meters import carried_in, keep_carry
from loyalty.points.earning.tiers import PROGRESS, add_progress
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import POSTING, posting_of_act
from loyalty.points.take_back import take_back

CARRY_PREFIX: Final = "carry:"
_AT_ONCE: Final = 500
Climbs = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Handed:
    """What goes from one wallet to another: by month points and money, by meter parts of a step.

    Unit: money in minor units.
    """

    giver: UUID
    taker: UUID
    climbs: Climbs = field(default_factory=dict)
    steps: Mapping[str, Fraction] = field(default_factory=dict)

    def basis(self) -> str | None:
        """Write it as the posting of the transfer keeps it; none when nothing goes over."""
        if not self.climbs and not self.steps:
            return None
        told = {
            "giver": str(self.giver),
            "taker": str(self.taker),
            "climbs": {month: list(climb) for month, climb in sorted(self.climbs.items())},
            "steps": {meter: str(part) for meter, part in sorted(self.steps.items())},
        }
        return json.dumps({"handed": told}, separators=(",", ":"), ensure_ascii=False)


def read_handed(text: str) -> Handed | None:
    """Read what went over from the basis of a posting; none when it tells of nothing."""
    told = json.loads(text).get("handed")
    if told is None:
        return None
    return Handed(
        UUID(told["giver"]),
        UUID(told["taker"]),
        {month: (points, spend) for month, (points, spend) in told["climbs"].items()},
        {meter: Fraction(part) for meter, part in told["steps"].items()},
    )


def all_counted(session: Session, program_id: int, *, giver: UUID, taker: UUID) -> Handed:
    """Say what goes over when a membership closes: all that its locked wallet counts."""
    climbs, steps = _climbs(session, program_id, giver), carried_in(session, program_id, giver)
    return Handed(
        giver,
        taker,
        {month: climb for month, climb in climbs.items() if any(climb)},
        {meter: part for meter, part in steps.items() if part},
    )


def share_counted(
    session: Session, program_id: int, acts: Sequence[str], *, giver: UUID, taker: UUID
) -> Handed:
    """Say what goes back when a membership stands alone again: what its receipts count for.

    `acts` are those by which its cards ever earned; both wallets are locked.
    """
    climbs, steps = _counted_by(session, program_id, acts)
    has, carried = _climbs(session, program_id, taker), carried_in(session, program_id, taker)
    missing = {
        month: (
            climbs.get(month, (0, 0))[0] - has.get(month, (0, 0))[0],
            climbs.get(month, (0, 0))[1] - has.get(month, (0, 0))[1],
        )
        for month in climbs.keys() | has.keys()
    }
    parts = {
        meter: (steps.get(meter, Fraction(0)) - carried.get(meter, Fraction(0))) % 1
        for meter in steps.keys() | carried.keys()
    }
    return Handed(
        giver,
        taker,
        {month: climb for month, climb in missing.items() if any(climb)},
        {meter: part for meter, part in parts.items() if part},
    )


def hand_over(
    session: Session, program_id: int, handed: Handed, *, act_id: str, link_id: str, at: datetime
) -> None:
    """Move what is handed between two locked wallets, once.

    A step that becomes full gives its points, and one that is full no more takes them back.
    """
    for month, (points, spend) in sorted(handed.climbs.items()):
        for wallet_id, sign in ((handed.giver, -1), (handed.taker, 1)):
            add_progress(
                session,
                program_id,
                wallet_id,
                month=month,
                points=sign * points,
                spend_minor=sign * spend,
            )
    has = carried_in(session, program_id, handed.giver)
    gets = carried_in(session, program_id, handed.taker)
    for meter, part in sorted(handed.steps.items()):
        left = has.get(meter, Fraction(0)) - part
        full = gets.get(meter, Fraction(0)) + part
        keep_carry(session, program_id, handed.giver, meter, left % 1)
        keep_carry(session, program_id, handed.taker, meter, full % 1)
        act = Act(f"{act_id}:carry:{meter}", occurred_at=at, subject=f"{CARRY_PREFIX}{link_id}")
        if left < 0:
            _take_step(session, program_id, handed.giver, meter, act, link_id, at=at)
        if full >= 1:
            _give_step(session, program_id, handed.taker, meter, act, at=at)


def _give_step(
    session: Session, program_id: int, wallet_id: UUID, meter: str, act: Act, *, at: datetime
) -> None:
    """Give the points of a step that two remainders fill together."""
    policy = policy_in_force(session, program_id, at=at)
    credit(
        session,
        program_id,
        wallet_id,
        act=Act(act.act_id, act.occurred_at, act.subject, basis=json.dumps({"bonus": "carry"})),
        points=_points_of_step(meter),
        kind="bonus",
        expires_at=lot_end(policy, earned_at=at, at=at),
        at=at,
    )


def _take_step(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    meter: str,
    act: Act,
    link_id: str,
    *,
    at: datetime,
) -> None:
    """Take the points of a step back that two remainders filled only together."""
    given = posting_of_act(session, program_id, f"join:{link_id}:carry:{meter}")
    reverses = None if given is None else given.posting_id
    act = Act(act.act_id, act.occurred_at, act.subject, reverses=reverses)
    take_back(session, program_id, wallet_id, act=act, points=_points_of_step(meter), at=at)


def _points_of_step(meter: str) -> int:
    """Read from a meter's name what one full step of its rule is worth."""
    _, kind, points, _ = meter.rsplit("/", 3)
    return 1 if kind == "per_visit" else int(points)


def _climbs(session: Session, program_id: int, wallet_id: UUID) -> dict[str, tuple[int, int]]:
    rows = session.execute(
        select(PROGRESS.c.month, PROGRESS.c.points, PROGRESS.c.spend_minor).where(
            PROGRESS.c.program_id == program_id, PROGRESS.c.wallet_id == wallet_id
        )
    )
    return {row.month: (row.points, row.spend_minor) for row in rows}


def _counted_by(
    session: Session, program_id: int, acts: Sequence[str]
) -> tuple[dict[str, tuple[int, int]], dict[str, Fraction]]:
    """Add up what some acts count for, with everything that was given up of them since."""
    climbs: dict[str, tuple[int, int]] = {}
    steps: dict[str, Fraction] = {}
    for start in range(0, len(acts), _AT_ONCE):
        earned = session.execute(
            select(POSTING.c.posting_id, POSTING.c.basis).where(
                POSTING.c.program_id == program_id,
                POSTING.c.act_id.in_(acts[start : start + _AT_ONCE]),
            )
        ).all()
        back = session.scalars(
            select(POSTING.c.basis).where(
                POSTING.c.program_id == program_id,
                POSTING.c.reverses.in_([row.posting_id for row in earned]),
            )
        )
        for basis in map(read_basis, [*(row.basis for row in earned), *back]):
            if basis is None:
                continue
            if basis.climb is not None:
                month, points, spend = basis.climb
                had = climbs.get(month, (0, 0))
                climbs[month] = (had[0] + points, had[1] + spend)
            for meter, part in basis.steps.items():
                steps[meter] = steps.get(meter, Fraction(0)) + part
    return climbs, steps
