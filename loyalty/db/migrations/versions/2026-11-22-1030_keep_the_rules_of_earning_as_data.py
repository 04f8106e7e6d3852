"""Keep the rules of earning as data."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1030"
down_revision = "20261122_1013"
branch_labels = None
depends_on = None

# A rule of before is the one rule of its version; the text is what the service itself writes.
CARRY_OVER = """
    INSERT INTO points_ruleset (program_id, version, currency, document, in_force_from, made_by)
    SELECT program_id, version, currency,
        '{"rules":[{"id":"base","kind":"per_money","per_minor":' || CAST(per_minor AS TEXT)
            || ',"points":' || CAST(points AS TEXT) || '}]}',
        in_force_from, 'setup'
    FROM points_earning_rule
"""
# Versions that begin with another kind of rule cannot be told as a rate and are left behind.
CARRY_BACK = {
    "sqlite": """
        INSERT INTO points_earning_rule
            (program_id, version, points, per_minor, currency, in_force_from)
        SELECT program_id, version, json_extract(document, '$.rules[0].points'),
            json_extract(document, '$.rules[0].per_minor'), currency, in_force_from
        FROM points_ruleset WHERE json_extract(document, '$.rules[0].per_minor') IS NOT NULL
    """,
    "postgresql": """
        INSERT INTO points_earning_rule
            (program_id, version, points, per_minor, currency, in_force_from)
        SELECT program_id, version, (document::json #>> '{rules,0,points}')::integer,
            (document::json #>> '{rules,0,per_minor}')::integer, currency, in_force_from
        FROM points_ruleset WHERE document::json #>> '{rules,0,per_minor}' IS NOT NULL
    """,
}


def upgrade() -> None:
    op.create_table(
        "points_ruleset",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_points_ruleset_version")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["program.program_id"], name=op.f("fk_points_ruleset_program_id")
        ),
        sa.PrimaryKeyConstraint("program_id", "version", name=op.f("pk_points_ruleset")),
    )
    with op.batch_alter_table("points_ruleset", schema=None) as batch_op:
        batch_op.create_index(
            "ix_points_ruleset_currency", ["program_id", "currency", "version"], unique=False
        )

    op.execute(CARRY_OVER)
    op.drop_table("points_earning_rule")
    for statement in {
        "sqlite": [
            "CREATE TRIGGER points_ruleset_no_update BEFORE UPDATE ON points_ruleset BEGIN SELECT RAISE(ABORT, 'points_ruleset is append-only'); END",
            "CREATE TRIGGER points_ruleset_no_delete BEFORE DELETE ON points_ruleset BEGIN SELECT RAISE(ABORT, 'points_ruleset is append-only'); END",
        ],
        "postgresql": [
            "CREATE OR REPLACE FUNCTION enlaza_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$",
            "CREATE TRIGGER points_ruleset_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_ruleset FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_ruleset ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_ruleset FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_ruleset USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.create_table(
        "points_earning_rule",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("per_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "points > 0 AND per_minor > 0", name=op.f("ck_points_earning_rule_earns")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["program.program_id"], name=op.f("fk_points_earning_rule_program_id")
        ),
        sa.PrimaryKeyConstraint("program_id", "version", name=op.f("pk_points_earning_rule")),
    )
    dialect = op.get_context().dialect.name
    op.execute(CARRY_BACK[dialect])
    if dialect == "postgresql":
        for statement in [
            "ALTER TABLE points_earning_rule ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_earning_rule FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_earning_rule USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ]:
            op.execute(statement)
    with op.batch_alter_table("points_ruleset", schema=None) as batch_op:
        batch_op.drop_index("ix_points_ruleset_currency")

    op.drop_table("points_ruleset")
