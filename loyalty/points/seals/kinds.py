"""Which rows are sealed, and how they are told to whoever digests them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    case,
    cast,
    collate,
    select,
)
from sqlalchemy.orm import Session

from loyalty.db.raw import raw
from loyalty.db.writes import is_postgresql, table_of
from loyalty.points.bonuses.models import Referral
from loyalty.points.earning.models import Ruleset
from loyalty.points.earning.tier_models import TierMove
from loyalty.points.models import Answer, Entry, Hold, HoldEnd, HoldLot, Policy, Posting, Wallet
from loyalty.points.reward_models import (
    Redemption,
    RedemptionBack,
    RedemptionSale,
    RedemptionTaken,
    RewardVersion,
)
from loyalty.points.seals.models import Head
from loyalty.points.seals.rules import Told


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sealed row: its table and key, when it was written, what belongs to it.

    `since` is the column that tells when. A `timed` key begins with that time (UUIDv7), so it
    is looked for by the key; of `few` rows all are looked through. Rows of `parts` carry the
    same key and are digested with it. `second` is the number that tells rows with one key apart.
    """

    name: str
    table: FromClause
    key: str
    since: str
    timed: bool = False
    few: bool = False
    parts: tuple[Table, ...] = ()
    second: str | None = None
    # Where to look, by an index, for the keys of what was written lately: a table and its moment.
    windows: tuple[ColumnElement[datetime], ...] = ()


_HOLD: Final = table_of(Hold)


def _written(table: Table, name: str) -> FromClause:
    """Read what stands beside a hold with the moment it was written.

    Its own time is when it happened: days before, when a till told it late. Its hold is never
    older than what was told late.
    """
    later = case((_HOLD.c.opened_at > table.c.at, _HOLD.c.opened_at), else_=table.c.at)
    return (
        select(*table.columns, later.label("written_at"))
        .join(
            _HOLD,
            and_(
                _HOLD.c.program_id == table.c.program_id,
                _HOLD.c.hold_id == table.c.hold_id,
            ),
        )
        .subquery(name)
    )


_REFERRAL: Final = table_of(Referral)
# Who brought whom; how far it has come changes, and is held against the acts that rewarded it.
_BROUGHT: Final = select(
    _REFERRAL.c.program_id, _REFERRAL.c.member_id, _REFERRAL.c.by_member_id, _REFERRAL.c.made_at
).subquery("referral")

KINDS: Final = (
    Kind("wallet", table_of(Wallet), "wallet_id", "opened_at", timed=True),
    Kind(
        "posting",
        table_of(Posting),
        "posting_id",
        "recorded_at",
        timed=True,
        parts=(table_of(Entry),),
    ),
    Kind("answer", table_of(Answer), "act_id", "answered_at"),
    Kind("hold", table_of(Hold), "hold_id", "opened_at", parts=(table_of(HoldLot),)),
    Kind("hold_end", table_of(HoldEnd), "hold_id", "at"),
    Kind(
        "redemption",
        _written(table_of(Redemption), "redemption"),
        "hold_id",
        "written_at",
        windows=(table_of(Redemption).c.at, _HOLD.c.opened_at),
    ),
    Kind(
        "redemption_taken",
        _written(table_of(RedemptionTaken), "taken"),
        "hold_id",
        "written_at",
        windows=(table_of(RedemptionTaken).c.at, _HOLD.c.opened_at),
    ),
    Kind("redemption_sale", table_of(RedemptionSale), "hold_id", "at"),
    # An act gives back of one redemption only.
    Kind("redemption_back", table_of(RedemptionBack), "act_id", "at"),
    Kind("tier_move", table_of(TierMove), "wallet_id", "at", second="move_id"),
    Kind("referral", _BROUGHT, "member_id", "made_at"),
    Kind("ruleset", table_of(Ruleset), "version", "in_force_from", few=True),
    Kind("reward", table_of(RewardVersion), "reward_id", "made_at", second="version", few=True),
    Kind("policy", table_of(Policy), "version", "made_at", few=True),
    Kind("head", table_of(Head), "day", "told_at", few=True),
)


def raw_key(session: Session, kind: Kind) -> ColumnElement[Any]:
    """Ask for a key as the sealed rows tell it: always a text."""
    column = kind.table.c[kind.key]
    told = raw(session, column)
    if kind.second is not None:
        return told.concat(":").concat(cast(kind.table.c[kind.second], Text))
    return cast(told, Text) if isinstance(column.type, Integer) else told


def key_order(session: Session, kind: Kind) -> ColumnElement[Any]:
    """Order rows as their keys are ordered byte by byte; by an index where there is one."""
    column = kind.table.c[kind.key]
    if kind.second is None and isinstance(column.type, Uuid):
        return column
    key = raw_key(session, kind)
    return collate(key, "C") if is_postgresql(session) else key


def told_row(names: Sequence[str], values: Sequence[object]) -> Told:
    """Put names to what was read; what is empty is left out."""
    told = dict(zip(names, values, strict=True))
    if None in values:
        return {name: value for name, value in told.items() if value is not None}
    return told
