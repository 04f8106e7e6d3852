"""A shopper who left an address hears of points and stamps before they end, once for each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.identity.queries import identifiers_of_person, member_by_id, person_of_identifier
from loyalty.journeys.tools import Tools
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.expire_lots import past_wallets
from loyalty.points.lots import lots_of
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import lock_wallets
from loyalty.points.queries import POINTS, owner_of_wallet, rewards_of
from loyalty.points.rules import LotFacts
from loyalty.programs.queries import programs, store_by_id

# Wallets in one act, so that nobody waits long behind the job.
BATCH: Final = 50


def warn_of_expiry(database: Database, *, tools: Tools) -> int:
    """Warn the shoppers of every program whose policy wants it; say how many mails were posted."""
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    return sum(_warn_program(database, program.program_id, tools=tools) for program in known)


def _warn_program(database: Database, program_id: int, *, tools: Tools) -> int:
    now, posted, after = tools.clock.now(), 0, None
    while True:
        with database.reading(program_id) as session:
            ahead = timedelta(days=policy_in_force(session, program_id, at=now).expiry_warning_days)
            wallets: Sequence[UUID] = ()
            if ahead:
                wallets = past_wallets(
                    session, program_id, until=now + ahead, limit=BATCH, after=after
                )
        if not wallets:
            return posted
        with database.unit_of_work(program_id) as session:
            for wallet_id in wallets:
                posted += _warn(session, program_id, wallet_id, until=now + ahead, at=now)
        after = wallets[-1]


def _warn(
    session: Session, program_id: int, wallet_id: UUID, *, until: datetime, at: datetime
) -> int:
    """Post the warnings of one wallet that were not posted before."""
    told = _whom(session, program_id, wallet_id)
    if told is None:
        return 0
    lock_wallets(session, program_id, [wallet_id])
    posted = 0
    for end, lots in _by_day(lots_of(session, program_id, wallet_id), until=until, at=at).items():
        act_id = f"warned:{wallet_id}:{end:%Y-%m-%d}"
        if stored_answer(session, program_id, act_id) is not None:
            continue
        points = sum(lot.free for lot in lots)
        first = min(lot.expires_at for lot in lots if lot.expires_at is not None)
        keep_answer(
            session,
            program_id,
            act_id,
            request_hash="",
            outcome="warned",
            facts={"points": points},
            at=at,
        )
        _post(session, program_id, told, count=points, ends_at=first, at=at)
        posted += 1
    return posted


def _by_day(
    lots: Sequence[LotFacts], *, until: datetime, at: datetime
) -> dict[datetime, list[LotFacts]]:
    """Group the lots that end soon and can still be spent by the day they end on."""
    days: dict[datetime, list[LotFacts]] = {}
    for lot in lots:
        if lot.expires_at is not None and at < lot.expires_at <= until and lot.free > 0:
            day = lot.expires_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            days.setdefault(day, []).append(lot)
    return dict(sorted(days.items()))


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom to write to, and of what: of the stamps for a reward by its name, or of points."""

    member_id: UUID
    email: str
    reward: str


def _whom(session: Session, program_id: int, wallet_id: UUID) -> _Told | None:
    """Find whose they are and the address that member saved; none without one.

    Nobody is told of stamps for a reward that is not offered any more.
    """
    member_id, unit = owner_of_wallet(session, program_id, wallet_id)
    names = {reward.unit: reward.name for reward in rewards_of(session, program_id)}
    person = person_of_identifier(session, program_id, member_id)
    if person is None or (unit != POINTS and unit not in names):
        return None
    known = identifiers_of_person(session, program_id, person.cluster_id)
    emails = [each.value for each in known if each.kind == "email" and each.value]
    reward = "" if unit == POINTS else names[unit]
    return _Told(member_id, emails[-1], reward) if emails else None


def _post(
    session: Session,
    program_id: int,
    told: _Told,
    *,
    count: int,
    ends_at: datetime,
    at: datetime,
) -> None:
    member = member_by_id(session, program_id, told.member_id)
    assert member is not None, "a wallet belongs to a membership"
    store = store_by_id(session, program_id, member.store_id)
    assert store is not None, "a membership began in a store"
    post_mail(
        session,
        program_id,
        topic=Topic.POINTS_EXPIRE,
        language=member.language,
        recipient=told.email,
        facts={
            "store_name": store.name,
            "zone": store.time_zone,
            "points": count,
            "reward": told.reward,
            "ends_at": ends_at.isoformat(),
        },
        subject_kind="member",
        subject_id=str(told.member_id),
        at=at,
    )
