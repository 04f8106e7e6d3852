"""Seal the ledger in blocks; wallets and answers are never touched again either."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1032"
down_revision = "20261122_1038"
branch_labels = None
depends_on = None

# Tables that are there already and were only ever added to.
ADDED_TO_ONLY = ("points_answer", "points_wallet")


def upgrade() -> None:
    op.create_table(
        "points_seal",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("block > 0", name=op.f("ck_points_seal_block")),
        sa.CheckConstraint(
            "first > 0 AND count > 0 AND last = first + count - 1",
            name=op.f("ck_points_seal_places"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["program.program_id"], name=op.f("fk_points_seal_program_id")
        ),
        sa.PrimaryKeyConstraint("program_id", "block", name=op.f("pk_points_seal")),
        sa.UniqueConstraint("program_id", "first", name=op.f("uq_points_seal_program_id_first")),
    )
    op.create_table(
        "points_head",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "block"],
            ["points_seal.program_id", "points_seal.block"],
            name=op.f("fk_points_head_program_id_block"),
        ),
        sa.PrimaryKeyConstraint("program_id", "day", name=op.f("pk_points_head")),
    )
    op.create_table(
        "points_rollup",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.CheckConstraint("acts > 0", name=op.f("ck_points_rollup_acts")),
        sa.ForeignKeyConstraint(
            ["program_id", "block"],
            ["points_seal.program_id", "points_seal.block"],
            name=op.f("fk_points_rollup_program_id_block"),
        ),
        sa.PrimaryKeyConstraint("program_id", "block", "line", name=op.f("pk_points_rollup")),
    )
    with op.batch_alter_table("points_rollup", schema=None) as batch_op:
        batch_op.create_index("ix_points_rollup_day", ["program_id", "day"], unique=False)

    op.create_table(
        "points_sealed",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "block"],
            ["points_seal.program_id", "points_seal.block"],
            name=op.f("fk_points_sealed_program_id_block"),
        ),
        sa.PrimaryKeyConstraint("program_id", "place", name=op.f("pk_points_sealed")),
        sa.UniqueConstraint(
            "program_id", "kind", "key", name=op.f("uq_points_sealed_program_id_kind_key")
        ),
    )
    with op.batch_alter_table("points_answer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_points_answer_answered", ["program_id", "answered_at"], unique=False
        )

    with op.batch_alter_table("points_hold", schema=None) as batch_op:
        batch_op.create_index("ix_points_hold_opened", ["program_id", "opened_at"], unique=False)

    with op.batch_alter_table("points_hold_end", schema=None) as batch_op:
        batch_op.create_index("ix_points_hold_end_at", ["program_id", "at"], unique=False)

    for statement in {
        "sqlite": [
            "CREATE TRIGGER points_seal_no_update BEFORE UPDATE ON points_seal BEGIN SELECT RAISE(ABORT, 'points_seal is append-only'); END",
            "CREATE TRIGGER points_seal_no_delete BEFORE DELETE ON points_seal BEGIN SELECT RAISE(ABORT, 'points_seal is append-only'); END",
            "CREATE TRIGGER points_head_no_update BEFORE UPDATE ON points_head BEGIN SELECT RAISE(ABORT, 'points_head is append-only'); END",
            "CREATE TRIGGER points_head_no_delete BEFORE DELETE ON points_head BEGIN SELECT RAISE(ABORT, 'points_head is append-only'); END",
            "CREATE TRIGGER points_sealed_no_update BEFORE UPDATE ON points_sealed BEGIN SELECT RAISE(ABORT, 'points_sealed is append-only'); END",
            "CREATE TRIGGER points_sealed_no_delete BEFORE DELETE ON points_sealed BEGIN SELECT RAISE(ABORT, 'points_sealed is append-only'); END",
        ],
        "postgresql": [
            "CREATE OR REPLACE FUNCTION enlaza_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$",
            "CREATE TRIGGER points_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_seal FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_seal ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_seal FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_seal USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_head FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_head ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_head FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_head USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "ALTER TABLE points_rollup ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_rollup FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_rollup USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_sealed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_sealed FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_sealed ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_sealed FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_sealed USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)
    for table in ADDED_TO_ONLY:
        for statement in _guards(table, op.get_context().dialect.name):
            op.execute(statement)


def _guards(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for act in ("UPDATE", "DELETE")
        ]
    guard = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()"
    )
    return [guard]


def downgrade() -> None:
    for table in ADDED_TO_ONLY:
        if op.get_context().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(f"DROP TRIGGER {table}_no_delete")
        else:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    with op.batch_alter_table("points_hold_end", schema=None) as batch_op:
        batch_op.drop_index("ix_points_hold_end_at")

    with op.batch_alter_table("points_hold", schema=None) as batch_op:
        batch_op.drop_index("ix_points_hold_opened")

    with op.batch_alter_table("points_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_points_answer_answered")

    op.drop_table("points_sealed")
    with op.batch_alter_table("points_rollup", schema=None) as batch_op:
        batch_op.drop_index("ix_points_rollup_day")

    op.drop_table("points_rollup")
    op.drop_table("points_head")
    op.drop_table("points_seal")
