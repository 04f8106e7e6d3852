"""Let owners say how long receipts are claimed."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1420"
down_revision = "20261122_1313"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, days in (("claim_days", "14"), ("claim_code_days", "30")):
        column = sa.Column(name, sa.Integer(), server_default=days, nullable=False)
        op.add_column("points_policy", column)


def downgrade() -> None:
    op.drop_column("points_policy", "claim_code_days")
    op.drop_column("points_policy", "claim_days")
