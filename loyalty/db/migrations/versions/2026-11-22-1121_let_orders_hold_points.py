"""Let orders hold points."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1121"
down_revision = "20261122_1102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("shop_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hold_id", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("discount_minor", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("discount_taken_minor", sa.Integer(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("shop_order", schema=None) as batch_op:
        batch_op.drop_column("discount_taken_minor")
        batch_op.drop_column("discount_minor")
        batch_op.drop_column("hold_id")
