"""Who brought whom, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.points.bonuses.models import Referral

REFERRAL: Final = table_of(Referral)
State = Literal["open", "due", "given", "over", "lost", "taken"]

_BECOMES_DUE: Final = Prepared(
    update(REFERRAL)
    .where(
        REFERRAL.c.program_id == bindparam("program"),
        REFERRAL.c.member_id == bindparam("member"),
        REFERRAL.c.state == "open",
    )
    .values(state="due", sale_id=bindparam("sale"))
)


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """Who was brought along by whom, and for which sale both are rewarded."""

    member_id: UUID
    by_member_id: UUID
    state: State
    sale_id: str | None

    @property
    def acts(self) -> tuple[str, str]:
        """The acts that reward who came, and who brought them."""
        return f"referral:{self.member_id}:came", f"referral:{self.member_id}:brought"


def note_referral(
    session: Session, program_id: int, *, member_id: UUID, by_member_id: UUID, at: datetime
) -> bool:
    """Note who brought a new member along, once; say whether it was noted now."""
    if member_id == by_member_id:
        return False
    return insert_new(
        session,
        Referral,
        {
            "program_id": program_id,
            "member_id": member_id,
            "by_member_id": by_member_id,
            "state": "open",
            "sale_id": None,
            "made_at": at,
        },
    )


def first_sale(session: Session, program_id: int, member_id: UUID, *, sale_id: str) -> bool:
    """Let the first paid sale of a member who was brought along count; say whether it does."""
    asked = {"program": program_id, "member": member_id, "sale": sale_id}
    return _BECOMES_DUE.changed(session, asked) == 1


def lose_sale(session: Session, program_id: int, sale_id: str) -> bool:
    """Let a referral go whose sale was refunded in full; say whether there was one."""
    due = update(REFERRAL).where(REFERRAL.c.program_id == program_id, REFERRAL.c.sale_id == sale_id)
    return (
        rows_changed(
            session, due.where(REFERRAL.c.state.in_(["due", "given"])).values(state="lost")
        )
        > 0
    )


def take_sale_away(session: Session, program_id: int, sale_id: str) -> None:
    """Let a referral go whose sale turned out to be somebody else's.

    Nobody was rewarded yet: it waits for the first sale again. What was given is taken back.
    """
    of_sale = update(REFERRAL).where(
        REFERRAL.c.program_id == program_id, REFERRAL.c.sale_id == sale_id
    )
    session.execute(of_sale.where(REFERRAL.c.state == "given").values(state="lost"))
    session.execute(of_sale.where(REFERRAL.c.state == "due").values(state="open", sale_id=None))


def waiting_referrals(session: Session, program_id: int, *, limit: int) -> Sequence[ReferralFacts]:
    """List the referrals that somebody is to be rewarded for, or that are to be taken back."""
    rows = session.execute(
        select(REFERRAL.c.member_id, REFERRAL.c.by_member_id, REFERRAL.c.state, REFERRAL.c.sale_id)
        .where(REFERRAL.c.program_id == program_id, REFERRAL.c.state.in_(["due", "lost"]))
        .order_by(REFERRAL.c.member_id)
        .limit(limit)
    )
    return [ReferralFacts(*row) for row in rows]


def settle_referral(
    session: Session, program_id: int, referral: ReferralFacts, state: State
) -> bool:
    """Move a referral on from the state it was read in; say whether nobody else did."""
    changed = rows_changed(
        session,
        update(REFERRAL)
        .where(
            REFERRAL.c.program_id == program_id,
            REFERRAL.c.member_id == referral.member_id,
            REFERRAL.c.state == referral.state,
        )
        .values(state=state),
    )
    return changed == 1


def rewarded_for(session: Session, program_id: int, by_member_id: UUID) -> int:
    """Say for how many friends a member was rewarded and still is."""
    return int(
        session.execute(
            select(func.count())
            .select_from(REFERRAL)
            .where(
                REFERRAL.c.program_id == program_id,
                REFERRAL.c.by_member_id == by_member_id,
                REFERRAL.c.state == "given",
            )
        ).scalar_one()
    )
