"""Find what is to be sealed, and what a sale moved, by an index; keep a digest of days."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1450"
down_revision = "20261122_1440"
branch_labels = None
depends_on = None

SEALED = (
    "points_redemption",
    "points_redemption_taken",
    "points_redemption_sale",
    "points_redemption_back",
)


def upgrade() -> None:
    op.add_column("points_birthday", sa.Column("digest", sa.Text(), nullable=True))
    op.create_index("ix_points_posting_subject", "points_posting", ["program_id", "subject"])
    for table in SEALED:
        op.create_index(f"ix_{table}_at", table, ["program_id", "at"])


def downgrade() -> None:
    for table in SEALED:
        op.drop_index(f"ix_{table}_at", table_name=table)
    op.drop_index("ix_points_posting_subject", table_name="points_posting")
    op.drop_column("points_birthday", "digest")
