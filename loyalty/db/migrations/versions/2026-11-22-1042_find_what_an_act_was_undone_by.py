"""Find what an act was undone by."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1042"
down_revision = "20261122_1032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_points_posting_reverses",
        "points_posting",
        ["program_id", "reverses"],
        sqlite_where=sa.text("reverses IS NOT NULL"),
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_points_posting_reverses", table_name="points_posting")
