"""Offer something points can be redeemed for, and change on what terms."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.points.keep_reward import keep_reward
from loyalty.points.queries import REWARD, reward_by_id
from loyalty.points.reward_models import Reward
from loyalty.points.rewards.base import kind_of
from loyalty.points.rules import RewardFacts

NAME_LENGTH_MAX = 60
POINTS_MAX = 1_000_000
COUNT_MAX: Final = 1_000_000
_AMOUNTS: Final = frozenset({"minor", "cap_minor", "worth_minor", "from_minor"})


@dataclass(frozen=True, slots=True)
class RewardTerms:
    """When, where and how often a reward can be had; by default always and everywhere.

    Units: `minimum_minor`, the smallest basket, in minor units. `stock` is how often it can be
    had in all, `per_member` and `per_member_day` by one membership; none for ever.
    """

    minimum_minor: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    stock: int | None = None
    per_member: int | None = None
    per_member_day: int | None = None
    at_till: bool = True
    on_web: bool = True


ALWAYS: Final = RewardTerms()


@dataclass(frozen=True, slots=True)
class RewardDraft:
    """A reward as its owner describes it: a name, a cost, its kind and what the kind needs.

    `currency` is that of the amounts in it; it may be left out when there are none.
    """

    name: str
    points: int
    kind: str = "product"
    parameters: dict[str, object] | None = None
    currency: str | None = None
    terms: RewardTerms = ALWAYS


def add_reward(
    session: Session,
    program_id: int,
    draft: RewardDraft | None = None,
    *,
    name: str = "",
    points: int = 0,
    at: datetime,
) -> UUID:
    """Add a reward; shoppers and tills see it from now on. Without `draft`, one with only a name.

    Errors: `SettingInvalidError` without a name, for a cost, parameters or terms that cannot be.
    """
    values = _checked(draft or RewardDraft(name, points))
    reward_id = new_id(at)
    session.execute(
        insert(Reward).values(program_id=program_id, reward_id=reward_id, retired_at=None, **values)
    )
    keep_reward(session, program_id, reward_id, at=at)
    return reward_id


def change_reward(
    session: Session, program_id: int, reward_id: UUID, draft: RewardDraft, *, at: datetime
) -> None:
    """Describe a reward anew; what was held or redeemed before keeps its cost and discount.

    Its kind stays: another kind is another reward. Errors: `NotFoundError`, and
    `SettingInvalidError` as for a new one.
    """
    known = reward_by_id(session, program_id, reward_id)
    if known is None:
        raise NotFoundError
    if draft.kind != known.kind:
        raise SettingInvalidError(field="reward_kind")
    changed = rows_changed(
        session,
        update(REWARD)
        .where(REWARD.c.program_id == program_id, REWARD.c.reward_id == reward_id)
        .values(**_checked(draft)),
    )
    assert changed == 1, "a reward was there a moment ago"
    keep_reward(session, program_id, reward_id, at=at)


def draft_of(reward: RewardFacts) -> RewardDraft:
    """Give a reward as it could be described anew."""
    return RewardDraft(
        name=reward.name,
        points=reward.points,
        kind=reward.kind,
        parameters=dict(reward.parameters),
        currency=reward.currency,
        terms=RewardTerms(
            minimum_minor=reward.minimum_minor,
            valid_from=reward.valid_from,
            valid_until=reward.valid_until,
            stock=reward.stock,
            per_member=reward.per_member,
            per_member_day=reward.per_member_day,
            at_till=reward.at_till,
            on_web=reward.on_web,
        ),
    )


def _checked(draft: RewardDraft) -> dict[str, Any]:
    name, terms = draft.name.strip(), draft.terms
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise SettingInvalidError(field="reward_name")
    if not 0 < draft.points <= POINTS_MAX:
        raise SettingInvalidError(field="reward_points")
    parameters = kind_of(draft.kind).check(draft.parameters or {})
    has_amounts = terms.minimum_minor > 0 or not _AMOUNTS.isdisjoint(parameters)
    if has_amounts and draft.currency is None:
        raise SettingInvalidError(field="currency")
    _check_terms(terms)
    return {
        "name": name,
        "points": draft.points,
        "kind": draft.kind,
        "parameters": json.dumps(parameters, sort_keys=True),
        "currency": draft.currency if has_amounts else None,
        **{field: getattr(terms, field) for field in RewardTerms.__slots__},
    }


def _check_terms(terms: RewardTerms) -> None:
    if not 0 <= terms.minimum_minor <= TOTAL_MINOR_MAX:
        raise SettingInvalidError(field="minimum_minor")
    if terms.valid_from and terms.valid_until and terms.valid_from >= terms.valid_until:
        raise SettingInvalidError(field="valid_until")
    for field, least in (("stock", 0), ("per_member", 1), ("per_member_day", 1)):
        count = getattr(terms, field)
        if count is not None and not least <= count <= COUNT_MAX:
            raise SettingInvalidError(field=field)
    if not terms.at_till and not terms.on_web:
        raise SettingInvalidError(field="at_till")
