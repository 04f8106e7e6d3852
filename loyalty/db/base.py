"""The base of every table: typed columns, aware UTC, names that migrations can rely on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Dialect, MetaData, Text, TypeDecorator, Uuid
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# "2026-01-31 12:00:00.000000", without the zone.
NAIVE_LENGTH = 26

# Tables without a program: a look-up before the program is known, or the server's own book-keeping.
# The list is closed; the house test holds it against the metadata.
GLOBAL_TABLES = frozenset(
    {"program", "store_address", "pairing", "job_lease", "rate_counter", "alembic_version"}
)
# What owners seldom change and every sale asks: a change of theirs draws a new `settings_mark`.
REMEMBERED_TABLES = frozenset({"code_key", "points_policy", "points_reward", "points_ruleset"})
# Rows that are added and never touched again; both databases refuse UPDATE and DELETE on them.
APPEND_ONLY_TABLES = frozenset(
    {
        "handoff",
        "handoff_line",
        "identity_look",
        "order_move",
        "points_policy",
        "points_posting",
        "points_entry",
        "points_hold",
        "points_hold_lot",
        "points_hold_end",
        "points_ruleset",
        "points_tier_move",
        "points_answer",
        "points_wallet",
        "points_seal",
        "points_sealed",
        "points_head",
        "points_reward_version",
        "points_redemption",
        "points_redemption_taken",
        "points_redemption_sale",
        "points_redemption_back",
        "sale",
        "sale_line",
        "sale_card",
        "sale_customer",
        "sale_refund",
        "sale_refund_line",
        "stock_move",
        "till_event",
    }
)


def _sqlite_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    assert value.tzinfo is not None, "a moment without a time zone reached the database"
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:NAIVE_LENGTH]


def _sqlite_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is a bug and fails at once.

    SQLite has no time zones: there the UTC wall time is stored and UTC is put back on reading.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Write a moment for SQLite in one step instead of three, as `DateTime` would write it."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read a moment from SQLite in one step, too."""
        if dialect.name == "sqlite":
            return _sqlite_moment
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; hand the database UTC."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment without a time zone reached the database"
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Parent of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        UUID: Uuid(),
        str: Text(),
    }
