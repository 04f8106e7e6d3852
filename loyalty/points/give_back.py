"""What was bought with points comes back: the points return to the lots they were taken from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.points.amounts import check_points
from loyalty.points.draft import Line, LotBirth
from loyalty.points.errors import ActConflictError, GiveBackExceededError
from loyalty.points.lots import births_of
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.post_hold import draws_of_entries
from loyalty.points.posting import Act, content_hash, lock_wallets, open_posting, write_lines
from loyalty.points.queries import (
    ENTRY,
    OF_POSTING,
    POSTING,
    BalanceFacts,
    EntryFacts,
    PostingFacts,
    entries_of,
    posting_of_act,
)
from loyalty.points.refused import Refused, refuse, refused_before
from loyalty.points.release import draft_of
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What came back and how much of it repaid a debt, or why nothing did.

    `graced` came back into lots that were past: until `graced_until` they can be spent again.
    """

    points: int
    repaid: int
    graced: int
    graced_until: datetime | None
    balance: BalanceFacts | None
    posting_id: UUID | None
    replayed: bool
    refused: Refused | None = None


def give_back(
    session: Session,
    program_id: int,
    *,
    redeem_act: str,
    act: Act,
    points: int,
    at: datetime,
    wallet_id: UUID | None = None,
) -> GivenBack:
    """Give back points of the redemption `redeem_act`: never more than it took, in any parts.

    They return to the lots they were taken from, with the end those have; what was taken last
    comes back first. A lot that is past gets the policy's grace. What had been owed comes back
    as points of today. `wallet_id` is where they go when the wallet that redeemed was joined to
    another since.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    check_points(points)
    redeemed = posting_of_act(session, program_id, redeem_act)
    assert redeemed is not None, "only what was redeemed comes back"
    assert redeemed.kind == "redeem", "only what was redeemed comes back"
    taken = entries_of(session, program_id, redeemed.posting_id)
    own = next(entry.wallet_id for entry in taken if entry.wallet_id is not None)
    # Everybody who gives back of one redemption waits here for the others.
    target = lock_wallets(session, program_id, {own, wallet_id or own})[wallet_id or own]
    asked = content_hash("give_back", redeem_act, points)
    refused = refused_before(session, program_id, act.act_id, request_hash=asked)
    if refused is not None:
        return _refused(refused, replayed=True)
    if posting_of_act(session, program_id, act.act_id) is not None:
        return _told_again(session, program_id, target, act, request_hash=asked)
    left = _left(session, program_id, redeemed, taken)
    if points > sum(left.values()):
        error = GiveBackExceededError(left=sum(left.values()))
        refused = refuse(session, program_id, act.act_id, error, request_hash=asked, at=at)
        return _refused(refused, replayed=False)
    back = _plan(session, program_id, own, _parts(left, points), at=at)
    act = replace(act, reverses=redeemed.posting_id, basis=back.basis())
    return _post(session, program_id, target, act, back, request_hash=asked, at=at)


@dataclass(frozen=True, slots=True)
class _Back:
    """What comes back of which lots (of none: what had been owed), and how old those are."""

    parts: Mapping[UUID | None, int]
    births: Mapping[UUID, LotBirth]
    graced: int
    graced_until: datetime | None
    end_of_today: datetime | None

    def basis(self) -> str | None:
        """Keep what was said of lots that were past."""
        if self.graced_until is None:
            return None
        return json.dumps({"graced": self.graced, "graced_until": self.graced_until.isoformat()})


def _left(
    session: Session, program_id: int, redeemed: PostingFacts, taken: Sequence[EntryFacts]
) -> dict[UUID | None, int]:
    """Say what of a redemption did not come back yet, by lot, what was taken last first."""
    left: dict[UUID | None, int] = {
        draw.lot_id: draw.points for draw in reversed(draws_of_entries(taken))
    }
    left[None] = -sum(entry.points for entry in taken if entry.account == "debt")
    back = session.scalars(
        select(-func.sum(ENTRY.c.points))
        .join(POSTING, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.reverses == redeemed.posting_id,
            POSTING.c.kind == "give_back",
            ENTRY.c.account == "redeemed",
        )
    ).one()
    for lot_id, part in _parts(left, int(back or 0)).items():
        left[lot_id] -= part
    return left


def _parts(left: Mapping[UUID | None, int], points: int) -> dict[UUID | None, int]:
    """Choose which lots points come back to, in the order of `left`."""
    parts: dict[UUID | None, int] = {}
    for lot_id, most in left.items():
        part = min(most, points)
        if part > 0:
            parts[lot_id] = part
            points -= part
    return parts


def _plan(
    session: Session,
    program_id: int,
    own: UUID,
    parts: Mapping[UUID | None, int],
    *,
    at: datetime,
) -> _Back:
    policy = policy_in_force(session, program_id, at=at)
    births = births_of(session, program_id, own, [lot for lot in parts if lot is not None])
    past = {lot for lot, birth in births.items() if birth.expires_at and birth.expires_at <= at}
    until = at + policy.expiry_grace if past else None
    return _Back(
        parts=parts,
        births={
            lot_id: replace(birth, expires_at=until) if lot_id in past else birth
            for lot_id, birth in births.items()
        },
        graced=sum(parts[lot_id] for lot_id in past),
        graced_until=until,
        end_of_today=lot_end(policy, earned_at=at, at=at),
    )


def _post(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    act: Act,
    back: _Back,
    *,
    request_hash: str,
    at: datetime,
) -> GivenBack:
    opened = open_posting(
        session, program_id, act, kind="give_back", request_hash=request_hash, at=at
    )
    assert opened.is_new, "its id was free a moment ago"
    today = LotBirth(opened.posting_id, earned_at=at, expires_at=back.end_of_today)
    draft = draft_of(session, program_id, wallet)
    repaid = 0
    for lot_id, part in back.parts.items():
        repaid += draft.give(part, today if lot_id is None else back.births[lot_id])
    points = sum(back.parts.values())
    lines = [Line("redeemed", -points), *draft.lines()]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return GivenBack(
        points=points,
        repaid=repaid,
        graced=back.graced,
        graced_until=back.graced_until,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )


def _told_again(
    session: Session, program_id: int, wallet: BalanceFacts, act: Act, *, request_hash: str
) -> GivenBack:
    known = posting_of_act(session, program_id, act.act_id)
    assert known is not None, "it was there a moment ago"
    if known.request_hash != request_hash:
        raise ActConflictError(act_id=act.act_id)
    entries = entries_of(session, program_id, known.posting_id)
    graced = {} if known.basis is None else json.loads(known.basis)
    until = graced.get("graced_until")
    return GivenBack(
        points=-sum(entry.points for entry in entries if entry.account == "redeemed"),
        repaid=sum(entry.points for entry in entries if entry.account == "debt"),
        graced=graced.get("graced", 0),
        graced_until=None if until is None else datetime.fromisoformat(until),
        balance=wallet,
        posting_id=known.posting_id,
        replayed=True,
    )


def _refused(refused: Refused, *, replayed: bool) -> GivenBack:
    return GivenBack(0, 0, 0, None, None, None, replayed=replayed, refused=refused)
