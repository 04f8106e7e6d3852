"""Let looks tell more of what was seen."""

from alembic import op

revision = "20261122_1440"
down_revision = "20261122_1357"
branch_labels = None
depends_on = None

BEFORE = "seen IN ('whole', 'short', 'points', 'why')"
SEEN = "seen IN ('whole', 'short', 'points', 'why', 'found', 'asked', 'split')"
# SQLite builds the table anew, and its triggers go with the old one.
REFUSES = "BEGIN SELECT RAISE(ABORT, 'identity_look is append-only'); END"
KEPT = {
    "sqlite": [
        f"CREATE TRIGGER identity_look_no_update BEFORE UPDATE ON identity_look {REFUSES}",
        f"CREATE TRIGGER identity_look_no_delete BEFORE DELETE ON identity_look {REFUSES}",
    ],
    "postgresql": [],
}
# The older table has no word for the newer looks, and lets nobody take a line out.
OPENED = {
    "sqlite": ["DROP TRIGGER identity_look_no_delete"],
    "postgresql": [
        "ALTER TABLE identity_look NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE identity_look DISABLE TRIGGER identity_look_append_only",
    ],
}
CLOSED = {
    "sqlite": [],
    "postgresql": [
        "ALTER TABLE identity_look ENABLE TRIGGER identity_look_append_only",
        "ALTER TABLE identity_look FORCE ROW LEVEL SECURITY",
    ],
}


def _each(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_context().dialect.name]:
        op.execute(statement)


def _check(told: str) -> None:
    with op.batch_alter_table("identity_look", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_identity_look_seen"), type_="check")
        batch_op.create_check_constraint(op.f("ck_identity_look_seen"), told)
    _each(KEPT)


def upgrade() -> None:
    _check(SEEN)
    op.create_index(
        "ix_identity_person_alias_identifier",
        "identity_person_alias",
        ["program_id", "identifier_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_identity_person_alias_identifier", table_name="identity_person_alias")
    _each(OPENED)
    op.execute(f"DELETE FROM identity_look WHERE NOT ({BEFORE})")  # noqa: S608
    _each(CLOSED)
    _check(BEFORE)
