"""Keep why staff took evidence back."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1313"
down_revision = "20261122_1159"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity_link", sa.Column("retracted_reason", sa.Text(), nullable=True))
    op.add_column("identity_log", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("identity_log", sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("identity_log", "reason")
    op.drop_column("identity_log", "actor")
    op.drop_column("identity_link", "retracted_reason")
