"""Take redemptions from queues."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1157"
down_revision = "20261122_1117"
branch_labels = None
depends_on = None

KINDS = "'sale', 'refund', 'reassignment', 'handoff', 'redemption', 'unreadable'"
KINDS_BEFORE = "'sale', 'refund', 'reassignment', 'handoff', 'unreadable'"
COLUMNS = (
    "program_id, till_id, queue_id, seq, kind, act_id, result, refusal, facts, request_hash,"
    " staff_id, made_at, received_at"
)
# Dropping a table takes its triggers along.
SQLITE_GUARDS = (
    "CREATE TRIGGER till_event_no_update BEFORE UPDATE ON till_event BEGIN SELECT RAISE(ABORT, 'till_event is append-only'); END",
    "CREATE TRIGGER till_event_no_delete BEFORE DELETE ON till_event BEGIN SELECT RAISE(ABORT, 'till_event is append-only'); END",
)


def upgrade() -> None:
    _allow(KINDS)


def downgrade() -> None:
    # What has no name in the older tables stands as read and not understood.
    _allow(KINDS_BEFORE, kind="CASE kind WHEN 'redemption' THEN 'unreadable' ELSE kind END")


def _allow(kinds: str, *, kind: str = "kind") -> None:
    if op.get_context().dialect.name == "sqlite":
        _written_anew(kinds, kind=kind)
        return
    op.drop_constraint(op.f("ck_till_event_kind"), "till_event", type_="check")
    if kind != "kind":
        op.execute("ALTER TABLE till_event DISABLE TRIGGER till_event_append_only")
        op.execute("ALTER TABLE till_event NO FORCE ROW LEVEL SECURITY")
        op.execute("UPDATE till_event SET kind = 'unreadable' WHERE kind = 'redemption'")
        op.execute("ALTER TABLE till_event FORCE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE till_event ENABLE TRIGGER till_event_append_only")
    op.create_check_constraint(op.f("ck_till_event_kind"), "till_event", f"kind IN ({kinds})")


def _written_anew(kinds: str, *, kind: str) -> None:
    """Write the table anew: SQLite changes no constraint of one that is there."""
    op.create_table(
        "till_event_anew",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.Uuid(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(refusal IS NULL) = (result IN ('created', 'duplicate'))",
            name=op.f("ck_till_event_refusal_told"),
        ),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_till_event_kind")),
        sa.CheckConstraint(
            "result IN ('created', 'duplicate', 'conflict', 'rejected')",
            name=op.f("ck_till_event_result"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_till_event_seq")),
        sa.ForeignKeyConstraint(
            ["program_id", "staff_id"],
            ["staff.program_id", "staff.staff_id"],
            name=op.f("fk_till_event_program_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "till_id"],
            ["till.program_id", "till.till_id"],
            name=op.f("fk_till_event_program_id_till_id"),
        ),
        sa.PrimaryKeyConstraint(
            "program_id", "till_id", "queue_id", "seq", name=op.f("pk_till_event")
        ),
    )
    told = COLUMNS.replace("kind", kind, 1)
    # All of it stands in this file.
    copied = f"INSERT INTO till_event_anew ({COLUMNS}) SELECT {told} FROM till_event"  # noqa: S608
    op.execute(copied)
    op.drop_table("till_event")
    op.rename_table("till_event_anew", "till_event")
    for guard in SQLITE_GUARDS:
        op.execute(guard)
