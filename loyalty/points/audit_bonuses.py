"""Hold who brought whom against the acts that rewarded it, and days of the year against theirs."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import and_, literal, select
from sqlalchemy.orm import Session

from loyalty.db.raw import raw, raw_columns, stream
from loyalty.points.answers import ANSWER
from loyalty.points.bonuses.birthdays import BIRTHDAY, digest_of_birthday
from loyalty.points.bonuses.referrals import REFERRAL
from loyalty.points.difference import LedgerDifference
from loyalty.points.queries import POSTING

# How many of the four acts of a referral there may be in each state: given, taken back.
_ACTS: Final[dict[str, frozenset[tuple[int, int]]]] = {
    "open": frozenset({(0, 0)}),
    "due": frozenset({(0, 0)}),
    "over": frozenset({(0, 0)}),
    "given": frozenset({(0, 0), (2, 0)}),
    "lost": frozenset({(0, 0), (2, 0)}),
    "taken": frozenset({(0, 0), (2, 2)}),
}
_PREFIX: Final = "referral:"
_BACK: Final = ":back"


def audit_bonuses(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List referrals that are not where their acts say, and days that are not as they were told."""
    yield from _referrals(session, program_id)
    yield from _without_sale(session, program_id)
    yield from _birthdays(session, program_id)


def _referrals(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    acts: dict[str, tuple[int, int]] = {}
    told = session.scalars(
        select(POSTING.c.act_id).where(
            POSTING.c.program_id == program_id, POSTING.c.act_id.startswith(_PREFIX)
        )
    )
    for act_id in told:
        member = act_id.split(":")[1].replace("-", "")
        given, back = acts.get(member, (0, 0))
        is_back = act_id.endswith(_BACK)
        acts[member] = (given + (not is_back), back + is_back)
    rows = stream(
        session,
        select(raw(session, REFERRAL.c.member_id), REFERRAL.c.state, REFERRAL.c.sale_id).where(
            REFERRAL.c.program_id == program_id
        ),
    )
    for member, state, sale_id in rows:
        found = acts.pop(member, (0, 0))
        if found not in _ACTS.get(state, ()):
            yield LedgerDifference(
                "a referral stands where its acts say",
                f"referral of {member}",
                str(state),
                f"{found[0]} given, {found[1]} taken back",
            )
        if (sale_id is None) != (state == "open"):
            yield LedgerDifference(
                "a referral counts by a sale", f"referral of {member}", str(state), str(sale_id)
            )
    for member, found in sorted(acts.items()):
        yield LedgerDifference(
            "a referral stands where its acts say", f"referral of {member}", "none", f"{found[0]}"
        )


def _without_sale(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Find referrals by a sale that no till was ever answered."""
    answer = literal("sale:").concat(REFERRAL.c.sale_id)
    rows = stream(
        session,
        select(raw(session, REFERRAL.c.member_id), REFERRAL.c.sale_id)
        .outerjoin(
            ANSWER, and_(ANSWER.c.program_id == REFERRAL.c.program_id, ANSWER.c.act_id == answer)
        )
        .where(
            REFERRAL.c.program_id == program_id,
            REFERRAL.c.sale_id.is_not(None),
            ANSWER.c.act_id.is_(None),
        ),
    )
    for member, sale_id in rows:
        yield LedgerDifference(
            "a referral counts by a sale", f"referral of {member}", str(sale_id), "no such sale"
        )


def _birthdays(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    rows = stream(
        session,
        select(*raw_columns(session, BIRTHDAY)).where(BIRTHDAY.c.program_id == program_id),
    )
    for row in rows:
        found = digest_of_birthday(row.program_id, row.member_id, row.month, row.day, row.given_at)
        if row.digest is not None and row.digest != found:
            yield LedgerDifference(
                "a day of the year is as it was told", f"member {row.member_id}", row.digest, found
            )
