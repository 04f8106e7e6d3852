"""Keep what was redeemed."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1049"
down_revision = "20261122_1047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "points_redemption",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("basket_minor", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('till', 'web')", name=op.f("ck_points_redemption_channel")),
        sa.CheckConstraint(
            "times > 0 AND discount_minor BETWEEN 0 AND basket_minor",
            name=op.f("ck_points_redemption_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_hold.program_id", "points_hold.hold_id"],
            name=op.f("fk_points_redemption_program_id_hold_id"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
            name=op.f("fk_points_redemption_program_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "reward_id"],
            ["points_reward.program_id", "points_reward.reward_id"],
            name=op.f("fk_points_redemption_program_id_reward_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", name=op.f("pk_points_redemption")),
    )
    with op.batch_alter_table("points_redemption", schema=None) as batch_op:
        batch_op.create_index(
            "ix_points_redemption_member", ["program_id", "member_id", "at"], unique=False
        )
        batch_op.create_index(
            "ix_points_redemption_reward", ["program_id", "reward_id"], unique=False
        )

    op.create_table(
        "points_redemption_back",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_all", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_points_redemption_back_points")),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
            name=op.f("fk_points_redemption_back_program_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint(
            "program_id", "hold_id", "act_id", name=op.f("pk_points_redemption_back")
        ),
    )
    op.create_table(
        "points_redemption_sale",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
            name=op.f("fk_points_redemption_sale_program_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", name=op.f("pk_points_redemption_sale")),
        sa.UniqueConstraint(
            "program_id", "sale_id", name=op.f("uq_points_redemption_sale_program_id_sale_id")
        ),
    )
    op.create_table(
        "points_redemption_taken",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "times >= 0 AND points >= 0 AND discount_minor >= 0",
            name=op.f("ck_points_redemption_taken_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
            name=op.f("fk_points_redemption_taken_program_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", name=op.f("pk_points_redemption_taken")),
    )
    for statement in {
        "sqlite": [
            "CREATE TRIGGER points_redemption_no_update BEFORE UPDATE ON points_redemption BEGIN SELECT RAISE(ABORT, 'points_redemption is append-only'); END",
            "CREATE TRIGGER points_redemption_no_delete BEFORE DELETE ON points_redemption BEGIN SELECT RAISE(ABORT, 'points_redemption is append-only'); END",
            "CREATE TRIGGER points_redemption_back_no_update BEFORE UPDATE ON points_redemption_back BEGIN SELECT RAISE(ABORT, 'points_redemption_back is append-only'); END",
            "CREATE TRIGGER points_redemption_back_no_delete BEFORE DELETE ON points_redemption_back BEGIN SELECT RAISE(ABORT, 'points_redemption_back is append-only'); END",
            "CREATE TRIGGER points_redemption_sale_no_update BEFORE UPDATE ON points_redemption_sale BEGIN SELECT RAISE(ABORT, 'points_redemption_sale is append-only'); END",
            "CREATE TRIGGER points_redemption_sale_no_delete BEFORE DELETE ON points_redemption_sale BEGIN SELECT RAISE(ABORT, 'points_redemption_sale is append-only'); END",
            "CREATE TRIGGER points_redemption_taken_no_update BEFORE UPDATE ON points_redemption_taken BEGIN SELECT RAISE(ABORT, 'points_redemption_taken is append-only'); END",
            "CREATE TRIGGER points_redemption_taken_no_delete BEFORE DELETE ON points_redemption_taken BEGIN SELECT RAISE(ABORT, 'points_redemption_taken is append-only'); END",
        ],
        "postgresql": [
            "CREATE OR REPLACE FUNCTION enlaza_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$",
            "CREATE TRIGGER points_redemption_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_redemption FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_redemption ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_redemption FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_redemption USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_redemption_back_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_redemption_back FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_redemption_back ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_redemption_back FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_redemption_back USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_redemption_sale_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_redemption_sale FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_redemption_sale ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_redemption_sale FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_redemption_sale USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_redemption_taken_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_redemption_taken FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_redemption_taken ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_redemption_taken FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_redemption_taken USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("points_redemption_taken")
    op.drop_table("points_redemption_sale")
    op.drop_table("points_redemption_back")
    with op.batch_alter_table("points_redemption", schema=None) as batch_op:
        batch_op.drop_index("ix_points_redemption_reward")
        batch_op.drop_index("ix_points_redemption_member")

    op.drop_table("points_redemption")
