"""A person is welcomed once: of two memberships that become one, one keeps its welcome."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import Line
from loyalty.points.figures import issued_of_subject
from loyalty.points.lots import births_of, lots_of
from loyalty.points.posting import Act, content_hash, lock_wallets, open_posting, write_lines
from loyalty.points.queries import entries_of, posting_of_act, postings_by_id, postings_of_acts
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import Draw
from loyalty.points.save_draft import save_draft

_PREFIX: Final = "welcome:"
_BASIS: Final = json.dumps({"bonus": "welcome"})


def welcome_act(member_id: UUID) -> str:
    """Name the act that welcomes a membership."""
    return f"{_PREFIX}{member_id}"


def is_welcomed(session: Session, program_id: int, member_ids: Collection[UUID]) -> bool:
    """Say whether any of a person's memberships was welcomed."""
    acts = [welcome_act(each) for each in sorted(member_ids)]
    return bool(postings_of_acts(session, program_id, acts))


def take_second_welcome(
    session: Session, program_id: int, wallet_id: UUID, *, link_id: str, at: datetime
) -> int:
    """Take what is left of a welcome out of the wallet that a join closes; say how many points.

    No other points pay for it, nothing is owed for it, and what is held for a reward stays held.
    """
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    lots = {lot.lot_id: lot.free for lot in lots_of(session, program_id, wallet_id) if lot.free > 0}
    given = postings_by_id(session, program_id, lots.keys())
    welcomes = {
        lot_id: free for lot_id, free in lots.items() if given[lot_id].act_id.startswith(_PREFIX)
    }
    if not welcomes:
        return 0
    act = _act(link_id, "once", at)
    asked = content_hash("take_back", wallet_id, act.subject)
    opened = open_posting(session, program_id, act, kind="take_back", request_hash=asked, at=at)
    if opened.is_new:
        draft = draft_of(session, program_id, wallet)
        for lot_id, free in welcomes.items():
            draft.draw(Draw(lot_id, free))
        lines = [*draft.lines(), Line("issued", sum(welcomes.values()))]
        write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
        save_draft(session, program_id, wallet, draft)
    return second_welcome(session, program_id, link_id)


def second_welcome(session: Session, program_id: int, link_id: str) -> int:
    """Say how many points of a second welcome a join has taken and not given back."""
    return -issued_of_subject(session, program_id, _act_subject(link_id))


def give_welcome_again(session: Session, program_id: int, *, link_id: str, at: datetime) -> int:
    """Put the welcome that a join took back where it was, with its own end; say how many points."""
    taken = posting_of_act(session, program_id, _act(link_id, "once", at).act_id)
    if taken is None:
        return 0
    act = _act(link_id, "again", at)
    lines = [one for one in entries_of(session, program_id, taken.posting_id) if one.lot_id]
    back = {one.lot_id: -one.points for one in lines if one.lot_id is not None}
    wallet_id = lines[0].wallet_id
    assert wallet_id is not None, "points were taken out of a wallet"
    asked = content_hash("bonus", wallet_id, act.subject)
    opened = open_posting(session, program_id, act, kind="bonus", request_hash=asked, at=at)
    points = sum(back.values())
    if not opened.is_new:
        return points
    wallet = lock_wallets(session, program_id, [wallet_id])[wallet_id]
    births = births_of(session, program_id, wallet_id, tuple(back))
    draft = draft_of(session, program_id, wallet)
    for lot_id, part in back.items():
        draft.give(part, births[lot_id])
    moved = [Line("issued", -points), *draft.lines()]
    write_lines(session, program_id, opened.posting_id, moved, act=act, at=at)
    save_draft(session, program_id, wallet, draft)
    return points


def welcome_again(session: Session, program_id: int, link_id: str) -> int:
    """Say how many points of a welcome the undoing of a join has put back."""
    given = postings_of_acts(session, program_id, [f"{_act_subject(link_id)}:again"])
    lines = [one for each in given for one in entries_of(session, program_id, each.posting_id)]
    return sum(one.points for one in lines if one.account in {"wallet", "debt"})


def _act(link_id: str, what: str, at: datetime) -> Act:
    subject = _act_subject(link_id)
    return Act(f"{subject}:{what}", occurred_at=at, subject=subject, basis=_BASIS)


def _act_subject(link_id: str) -> str:
    return f"second-{_PREFIX}{link_id}"
