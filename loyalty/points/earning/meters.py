"""What waits in a wallet between receipts: remainders of steps, and the room caps leave."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import hold, insert_new, rows_changed, table_of
from loyalty.points.earning.basis import read_basis
from loyalty.points.earning.document import Rule
from loyalty.points.earning.models import Carry
from loyalty.points.earning.uses import EVER, USE, given_by_rule
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import POSTING

CARRY: Final = table_of(Carry)


@dataclass(frozen=True, slots=True)
class Used:
    """What a rule has given to a member in a stretch of time, and by how many sales."""

    points: int = 0
    sales: int = 0


def day_name(day: date) -> str:
    """Name a day of the store's calendar, as caps count it."""
    return day.isoformat()


def month_name(day: date) -> str:
    """Name a month of the store's calendar, as caps count it."""
    return f"{day.year:04}-{day.month:02}"


def carried_in(session: Session, program_id: int, wallet_id: UUID) -> dict[str, Fraction]:
    """Read the remainders that wait in a locked wallet, by meter."""
    rows = session.execute(
        select(CARRY.c.meter, CARRY.c.steps).where(
            CARRY.c.program_id == program_id, CARRY.c.wallet_id == wallet_id
        )
    )
    return {row.meter: Fraction(row.steps) for row in rows}


def keep_carry(
    session: Session, program_id: int, wallet_id: UUID, meter: str, steps: Fraction
) -> None:
    """Let a remainder wait in a locked wallet."""
    assert 0 <= steps < 1, "a full step is given, not kept"
    key = {"program_id": program_id, "wallet_id": wallet_id, "meter": meter}
    if insert_new(session, Carry, {**key, "steps": str(steps)}):
        return
    changed = rows_changed(
        session,
        update(CARRY)
        .where(
            CARRY.c.program_id == program_id,
            CARRY.c.wallet_id == wallet_id,
            CARRY.c.meter == meter,
        )
        .values(steps=str(steps)),
    )
    assert changed == 1, "a remainder went away while its wallet was locked"


def room_of(
    session: Session,
    program_id: int,
    wallet_ids: Collection[UUID],
    rules: Iterable[Rule],
    *,
    day: date,
) -> dict[str, int]:
    """Say how much each capped rule may still give to a member, whose wallet is locked.

    `wallet_ids` are the member's own and those of memberships that are joined to it.
    A rule with a cap for all members together makes the acts that use it wait for each other,
    so that its cap holds to the point.
    """
    capped = sorted((rule for rule in rules if rule.caps), key=lambda rule: rule.rule_id)
    if not capped:
        return {}
    used = uses_of(session, program_id, wallet_ids, [rule.rule_id for rule in capped], day=day)
    room: dict[str, int] = {}
    for rule in capped:
        caps = rule.caps
        limits = [
            (caps.member_day, used.get((rule.rule_id, day_name(day)), Used()).points),
            (caps.member_month, used.get((rule.rule_id, month_name(day)), Used()).points),
            (caps.member_ever, used.get((rule.rule_id, EVER), Used()).points),
        ]
        if caps.total is not None:
            hold(session, "points_rule_use", program_id, rule.rule_id)
            limits.append((caps.total, given_by_rule(session, program_id, rule.rule_id)))
        room[rule.rule_id] = min(
            max(0, limit - given) for limit, given in limits if limit is not None
        )
    return room


def uses_of(
    session: Session,
    program_id: int,
    wallet_ids: Collection[UUID],
    rule_ids: Iterable[str],
    *,
    day: date,
) -> Mapping[tuple[str, str], Used]:
    """Read what some rules have given to some wallets together in a day, its month and ever."""
    rows = session.execute(
        select(USE.c.rule_id, USE.c.period, USE.c.points, USE.c.sales).where(
            USE.c.program_id == program_id,
            USE.c.wallet_id.in_(list(wallet_ids)),
            USE.c.rule_id.in_(list(rule_ids)),
            USE.c.period.in_([day_name(day), month_name(day), EVER]),
        )
    )
    used: dict[tuple[str, str], Used] = {}
    for row in rows:
        had = used.get((row.rule_id, row.period), Used())
        used[(row.rule_id, row.period)] = Used(had.points + row.points, had.sales + row.sales)
    return used


def is_past_day_of(policy: PointsPolicy, used: Used) -> bool:
    """Whether all the sales were counted that may earn on a card in a day."""
    return policy.card_sales_per_day is not None and used.sales >= policy.card_sales_per_day


def room_of_card(policy: PointsPolicy, used: Used) -> int | None:
    """Say how many points a card may still earn today."""
    if policy.card_points_per_day is None:
        return None
    return max(0, policy.card_points_per_day - used.points)


def all_carried(session: Session, program_id: int) -> dict[tuple[UUID, str], Fraction]:
    """List all remainders that wait in a program, by wallet and meter."""
    rows = session.execute(
        select(CARRY.c.wallet_id, CARRY.c.meter, CARRY.c.steps).where(
            CARRY.c.program_id == program_id
        )
    )
    return {(row.wallet_id, row.meter): Fraction(row.steps) for row in rows}


def withheld(session: Session, program_id: int) -> int:
    """Add up what caps withhold of receipts that carry remainders, after all refunds."""
    rows = session.execute(
        select(POSTING.c.act_id, POSTING.c.kind, POSTING.c.basis)
        .where(POSTING.c.program_id == program_id, POSTING.c.basis.is_not(None))
        .where(POSTING.c.kind.in_(["earn", "take_back"]))
    )
    told = [(row.act_id, row.kind, read_basis(row.basis)) for row in rows]
    carrying = {
        act_id for act_id, kind, basis in told if kind == "earn" and basis and basis.carries
    }
    return sum(basis.cut for act_id, _, basis in told if basis and {act_id, basis.of} & carrying)
