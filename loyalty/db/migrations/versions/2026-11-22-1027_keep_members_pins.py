"""Keep members' PINs."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1027"
down_revision = "20261122_1016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_pin",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_member_pin_tries_left")),
        sa.ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
            name=op.f("fk_member_pin_program_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "member_id", name=op.f("pk_member_pin")),
    )
    for statement in {
        "sqlite": [],
        "postgresql": [
            "ALTER TABLE member_pin ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE member_pin FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON member_pin USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("member_pin")
