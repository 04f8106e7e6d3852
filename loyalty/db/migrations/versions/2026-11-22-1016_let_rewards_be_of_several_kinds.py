"""Let rewards be of several kinds."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1016"
down_revision = "20261122_0816"
branch_labels = None
depends_on = None

CHECKS = {
    "minimum": "minimum_minor >= 0",
    "limits": (
        "(stock IS NULL OR stock >= 0) AND (per_member IS NULL OR per_member > 0)"
        " AND (per_member_day IS NULL OR per_member_day > 0)"
    ),
    "somewhere": "at_till OR on_web",
}


def upgrade() -> None:
    # A reward of before has a name and a cost: it is given beside the ticket.
    with op.batch_alter_table("points_reward", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="product", nullable=False))
        batch_op.add_column(sa.Column("parameters", sa.Text(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("currency", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("minimum_minor", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("stock", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("per_member", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("per_member_day", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("at_till", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("on_web", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        for name, told in CHECKS.items():
            batch_op.create_check_constraint(op.f(f"ck_points_reward_{name}"), told)


def downgrade() -> None:
    with op.batch_alter_table("points_reward", schema=None) as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(op.f(f"ck_points_reward_{name}"), type_="check")
        batch_op.drop_column("on_web")
        batch_op.drop_column("at_till")
        batch_op.drop_column("per_member_day")
        batch_op.drop_column("per_member")
        batch_op.drop_column("stock")
        batch_op.drop_column("valid_until")
        batch_op.drop_column("valid_from")
        batch_op.drop_column("minimum_minor")
        batch_op.drop_column("currency")
        batch_op.drop_column("parameters")
        batch_op.drop_column("kind")
