"""Let a parcel that was given count."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0816"
down_revision = "20261122_0742"
branch_labels = None
depends_on = None

MOVES_BEFORE = (
    "(from_state = 'proposed' AND to_state IN ('reserved', 'canceled'))"
    " OR (from_state = 'reserved' AND to_state IN ('prepared', 'canceled', 'failed'))"
    " OR (from_state = 'prepared'"
    " AND to_state IN ('completed', 'canceled', 'failed', 'reserved'))"
)
MOVES = f"{MOVES_BEFORE} OR (from_state IN ('canceled', 'failed') AND to_state = 'completed')"
COLUMNS = (
    "program_id, move_id, order_id, line, from_state, to_state, quantity_milli, act_id, actor,"
    " reason, at"
)
# Dropping a table takes its triggers and its index along.
SQLITE_GUARDS = (
    "CREATE TRIGGER order_move_no_update BEFORE UPDATE ON order_move BEGIN SELECT RAISE(ABORT, 'order_move is append-only'); END",
    "CREATE TRIGGER order_move_no_delete BEFORE DELETE ON order_move BEGIN SELECT RAISE(ABORT, 'order_move is append-only'); END",
)


def upgrade() -> None:
    _allow(MOVES)


def downgrade() -> None:
    # The older tables have no word for a parcel that was given and told late: where there is
    # one, this fails and nothing is changed.
    _allow(MOVES_BEFORE)


def _allow(moves: str) -> None:
    if op.get_context().dialect.name == "sqlite":
        _written_anew(moves)
        return
    name = op.f("ck_order_move_known_move")
    op.drop_constraint(name, "order_move", type_="check")
    op.create_check_constraint(name, "order_move", moves)


def _written_anew(moves: str) -> None:
    """Write the table anew: SQLite changes no constraint of one that is there."""
    op.create_table(
        "order_move_anew",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("quantity_milli", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(moves, name=op.f("ck_order_move_known_move")),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_order_move_quantity_moves")),
        sa.ForeignKeyConstraint(
            ["program_id", "order_id", "line"],
            ["order_line.program_id", "order_line.order_id", "order_line.line"],
            name=op.f("fk_order_move_program_id_order_id_line"),
        ),
        sa.PrimaryKeyConstraint("program_id", "move_id", name=op.f("pk_order_move")),
    )
    # All of it stands in this file.
    copied = f"INSERT INTO order_move_anew ({COLUMNS}) SELECT {COLUMNS} FROM order_move"  # noqa: S608
    op.execute(copied)
    op.drop_table("order_move")
    op.rename_table("order_move_anew", "order_move")
    op.create_index("ix_order_move_order", "order_move", ["program_id", "order_id", "line"])
    for guard in SQLITE_GUARDS:
        op.execute(guard)
