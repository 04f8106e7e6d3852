"""The base of every table: typed columns, aware UTC, names that migrations can rely on."""

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


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is a bug and fails at once.

    SQLite has no time zones: there the UTC wall time is stored and UTC is put back on reading.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; hand the database UTC."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment without a time zone reached the database"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

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
