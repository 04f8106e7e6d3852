"""Let more kinds of identifier tell who is who."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1038"
down_revision = "20261122_1034"
branch_labels = None
depends_on = None

ACTS_BEFORE = "act IN ('merge', 'split', 'refuse', 'retract', 'restore')"
ACTS = (
    "act IN ('merge', 'split', 'rename', 'refuse', 'retract', 'restore', 'generic', 'joining', "
    "'block', 'unblock', 'apart', 'together', 'erase')"
)
KINDS_BEFORE = "kind IN ('member', 'card', 'email', 'session', 'social')"
CHANNELS_BEFORE, CHANNELS = "channel IN ('mail')", "channel IN ('mail', 'feed')"
STATES_BEFORE = "state IN ('waiting', 'sent', 'failed')"
STATES = "state IN ('waiting', 'sent', 'failed', 'kept')"
FEED = "(channel = 'feed') = (state = 'kept')"
RETRACTED = "(retracted_at IS NULL) = (retracted_by IS NULL)"
FIRST = (
    "UPDATE identity_cluster SET first_id = (SELECT identifier_id FROM identity_identifier i"
    " WHERE i.program_id = identity_cluster.program_id"
    " AND i.cluster_id = identity_cluster.cluster_id"
    " ORDER BY first_occurred_at, kind, value_hmac LIMIT 1)"
)
KNOWN = (
    "UPDATE identity_cluster SET known = EXISTS (SELECT 1 FROM identity_identifier i"
    " WHERE i.program_id = identity_cluster.program_id"
    " AND i.cluster_id = identity_cluster.cluster_id"
    " AND i.kind IN ('member', 'email', 'social'))"
)


def _checks(table: str, **checks: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for name, check in checks.items():
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), check)


def upgrade() -> None:
    op.create_table(
        "identity_left_alone",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("a", sa.Uuid(), nullable=False),
        sa.Column("b", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "a"],
            ["identity_identifier.program_id", "identity_identifier.identifier_id"],
            name="fk_identity_left_alone_a",
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "b"],
            ["identity_identifier.program_id", "identity_identifier.identifier_id"],
            name="fk_identity_left_alone_b",
        ),
        sa.PrimaryKeyConstraint("program_id", "a", "b", name=op.f("pk_identity_left_alone")),
    )
    with op.batch_alter_table("identity_left_alone", schema=None) as batch_op:
        batch_op.create_index("ix_identity_left_alone_b", ["program_id", "b"], unique=False)

    with op.batch_alter_table("identity_cannot_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("retracted_by", sa.Text(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_identity_cannot_link_retracted"), RETRACTED)
        batch_op.create_index("ix_identity_cannot_link_b", ["program_id", "b"], unique=False)

    with op.batch_alter_table("identity_cluster", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("known", sa.Boolean(), nullable=True))
    op.execute(FIRST)
    op.execute(KNOWN)
    with op.batch_alter_table("identity_cluster", schema=None) as batch_op:
        batch_op.alter_column("first_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.alter_column("known", existing_type=sa.Boolean(), nullable=False)

    with op.batch_alter_table("identity_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_identity_link_refused",
            ["program_id", "refused_rule"],
            unique=False,
            sqlite_where=sa.text("refused_rule IS NOT NULL"),
            postgresql_where=sa.text("refused_rule IS NOT NULL"),
        )

    with op.batch_alter_table("identity_identifier", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_identity_identifier_kind"), type_="check")
    _checks("identity_log", act=ACTS)
    _checks("outbox_message", channel=CHANNELS, state=STATES)
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f("ck_outbox_message_feed"), FEED)
    for statement in {
        "sqlite": [],
        "postgresql": [
            "ALTER TABLE identity_left_alone ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE identity_left_alone FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON identity_left_alone USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    # What the older tables have no word for is taken out first: the feed, which is told again by
    # the log of persons, and lines of that log. An identifier of a newer kind makes this fail.
    op.execute("DELETE FROM outbox_message WHERE channel = 'feed'")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_feed"), type_="check")
    _checks("outbox_message", channel=CHANNELS_BEFORE, state=STATES_BEFORE)
    op.execute(f"DELETE FROM identity_log WHERE NOT ({ACTS_BEFORE})")  # noqa: S608
    _checks("identity_log", act=ACTS_BEFORE)
    with op.batch_alter_table("identity_identifier", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f("ck_identity_identifier_kind"), KINDS_BEFORE)
    with op.batch_alter_table("identity_link", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_identity_link_refused",
            sqlite_where=sa.text("refused_rule IS NOT NULL"),
            postgresql_where=sa.text("refused_rule IS NOT NULL"),
        )
        batch_op.drop_column("reason")

    with op.batch_alter_table("identity_cluster", schema=None) as batch_op:
        batch_op.drop_column("known")
        batch_op.drop_column("first_id")

    op.execute("DELETE FROM identity_cannot_link WHERE retracted_at IS NOT NULL")
    with op.batch_alter_table("identity_cannot_link", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_cannot_link_b")
        batch_op.drop_constraint(op.f("ck_identity_cannot_link_retracted"), type_="check")
        batch_op.drop_column("retracted_by")
        batch_op.drop_column("retracted_at")

    with op.batch_alter_table("identity_left_alone", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_left_alone_b")

    op.drop_table("identity_left_alone")
