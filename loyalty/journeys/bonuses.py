"""Points that are not for a purchase: a welcome, birthdays, friends brought along, tiers in time.

A bonus is given once for ever: its reason is its id. What a job does here may be done twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.writes import hold
from loyalty.identity.queries import open_member_of
from loyalty.journeys.tools import Tools
from loyalty.points.bonuses.birthdays import born_on
from loyalty.points.bonuses.give import give_bonus, take_bonus_back
from loyalty.points.bonuses.referrals import (
    ReferralFacts,
    rewarded_for,
    settle_referral,
    waiting_referrals,
)
from loyalty.points.bonuses.welcome import welcome_act
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.points.earning.tiers import climbers, judge_by_time
from loyalty.points.gates import take_wallets
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import lock_wallets
from loyalty.programs.queries import StoreFacts, programs, stores_of

# Members in one act, so that nobody waits long behind the job.
BATCH: Final = 50


def welcome(
    session: Session, program_id: int, member_id: UUID, wallet_id: UUID, *, at: datetime
) -> int:
    """Welcome a new member with the program's points, once; say how many."""
    policy = policy_in_force(session, program_id, at=at)
    given = give_bonus(
        session,
        program_id,
        wallet_id,
        act_id=welcome_act(member_id),
        kind="welcome",
        points=policy.welcome_points,
        policy=policy,
        at=at,
    )
    return 0 if given is None else given.points


def give_birthdays(database: Database, program_id: int, *, tools: Tools) -> int:
    """Give the members whose day it is their points, once a year; say how many got them.

    By the calendar of the program's first store. A day that is given on the day itself counts
    from the next year on.
    """
    now = tools.clock.now()
    with database.reading(program_id) as session:
        policy = policy_in_force(session, program_id, at=now)
        store = _first_store(session, program_id)
    if policy.birthday_points <= 0 or store is None:
        return 0
    local = now.astimezone(ZoneInfo(store.time_zone))
    today, begun = local.date(), local.replace(hour=0, minute=0, second=0, microsecond=0)
    after, count = None, 0
    while True:
        with database.unit_of_work(program_id) as session:
            members = born_on(
                session, program_id, today, given_before=begun, after=after, limit=BATCH
            )
            wallets = _take_wallets(session, program_id, members, at=now)
            for member_id in members:
                open_id = open_member_of(session, program_id, member_id)
                given = give_bonus(
                    session,
                    program_id,
                    wallets[str(member_id)],
                    act_id=f"birthday:{open_id}:{today.year}",
                    kind="birthday",
                    points=policy.birthday_points,
                    policy=policy,
                    at=now,
                )
                count += given is not None
        if len(members) < BATCH:
            return count
        after = members[-1]


def settle_referrals(database: Database, program_id: int, *, tools: Tools) -> int:
    """Reward friends brought along whose first sale was paid, and take back what is lost.

    Both get the points, each in an act of its own; who brought more than the program rewards
    gets none, and then neither does the friend.
    """
    with database.reading(program_id) as session:
        waiting = waiting_referrals(session, program_id, limit=BATCH)
    for referral in waiting:
        with database.unit_of_work(program_id) as session:
            _settle(session, program_id, referral, at=tools.clock.now())
    return len(waiting)


def _settle(session: Session, program_id: int, referral: ReferralFacts, *, at: datetime) -> None:
    """Settle one referral: who brought it waits for their others, so that the cap holds."""
    hold(session, "referral", program_id, str(referral.by_member_id))
    policy = policy_in_force(session, program_id, at=at)
    is_lost = referral.state == "lost"
    both = (referral.member_id, referral.by_member_id)
    came, brought = _take_wallets(session, program_id, both, at=at).values()
    # Who turned out to be the same person brought nobody.
    capped = came == brought or (
        rewarded_for(session, program_id, referral.by_member_id) >= policy.referral_most
    )
    if not settle_referral(
        session, program_id, referral, "taken" if is_lost else "over" if capped else "given"
    ):
        return
    for wallet_id, act_id in zip((came, brought), referral.acts, strict=True):
        if is_lost:
            take_bonus_back(session, program_id, wallet_id, act_id=act_id, at=at)
        elif not capped:
            give_bonus(
                session,
                program_id,
                wallet_id,
                act_id=act_id,
                kind="referral",
                points=policy.referral_points,
                policy=policy,
                at=at,
            )


def _take_wallets(
    session: Session, program_id: int, member_ids: Sequence[UUID], *, at: datetime
) -> dict[str, UUID]:
    """Take what some members have, all at once, and say which wallets get their points."""

    def look() -> dict[str, UUID]:
        return {str(one): open_member_of(session, program_id, one) for one in member_ids}

    held = take_wallets(session, program_id, look, at=at)
    return {name: balance.wallet_id for name, balance in held.items()}


def judge_tiers(database: Database, program_id: int, *, tools: Tools) -> int:
    """Move members whom time moves: a period ended, or a month left the window; say how many."""
    now = tools.clock.now()
    with database.reading(program_id) as session:
        store = _first_store(session, program_id)
        rules = store and rules_in_force(session, program_id, currency=store.currency, at=now)
    if store is None or not rules or rules.document.ladder is None:
        return 0
    after, count = None, 0
    while True:
        with database.unit_of_work(program_id) as session:
            wallets = climbers(session, program_id, after=after, limit=BATCH)
            lock_wallets(session, program_id, wallets)
            for wallet_id in wallets:
                moved = judge_by_time(
                    session, program_id, wallet_id, rules, time_zone=store.time_zone, at=now
                )
                count += moved is not None
        if len(wallets) < BATCH:
            return count
        after = wallets[-1]


def tend_members(database: Database, *, tools: Tools) -> None:
    """Do for every program what a day brings: birthdays and tiers."""
    for program_id in _programs(database):
        give_birthdays(database, program_id, tools=tools)
        judge_tiers(database, program_id, tools=tools)


def tend_referrals(database: Database, *, tools: Tools) -> None:
    """Settle the referrals of every program."""
    for program_id in _programs(database):
        while settle_referrals(database, program_id, tools=tools) == BATCH:
            continue


def _programs(database: Database) -> list[int]:
    with database.reading(NO_PROGRAM) as session:
        return [program.program_id for program in programs(session)]


def _first_store(session: Session, program_id: int) -> StoreFacts | None:
    stores = stores_of(session, program_id)
    return stores[0] if stores else None
