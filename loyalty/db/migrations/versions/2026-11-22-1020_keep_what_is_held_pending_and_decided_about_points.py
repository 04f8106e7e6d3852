"""Keep what is held, pending and decided about points.

Lines of the ledger keep the times of their posting, and of the lot they fill; a wallet has a
unit; sums may outgrow 32 bits on PostgreSQL. SQLite changes no constraint of a table that is
there, so three tables are written anew.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "20261122_1020"
down_revision = "20261122_1027"
branch_labels = None
depends_on = None

KINDS_BEFORE = "kind IN ('earn', 'take_back', 'transfer', 'transfer_back')"
KINDS = (
    "kind IN ('earn', 'bonus', 'take_back', 'redeem', 'give_back', 'expire', 'adjust',"
    " 'open', 'forgive', 'settle', 'transfer', 'transfer_back')"
)
BIRTH = "(earned_at IS NOT NULL) = (lot_id IS NOT NULL AND points > 0)"
ENDS = "earned_at IS NOT NULL OR (expires_at IS NULL AND available_at IS NULL)"
POSTING = (
    "program_id, posting_id, act_id, kind, occurred_at, recorded_at, store_id, till_id, subject,"
    " rule_version, reverses, request_hash"
)
ENTRY = "program_id, posting_id, line, account, wallet_id, store_id, lot_id, points"
WALLET = "program_id, wallet_id, member_id, opened_at"
ENTRY_INDEX = ["program_id", "wallet_id", "posting_id"]
WIDE_INDEX = [*ENTRY_INDEX, "occurred_at", "recorded_at", "account", "points"]
SUMS = {
    "points_entry": ["points"],
    "points_lot": ["issued", "remaining", "held"],
    "points_balance": ["posted", "held", "debt"],
}
GUARDED = ("points_posting", "points_entry", "points_wallet", "points_lot")
OPEN_INDEXES = (
    (
        "ix_points_balance_expires_next",
        "points_balance",
        "expires_next",
        "expires_next IS NOT NULL",
    ),
    ("ix_points_balance_held", "points_balance", "wallet_id", "held > 0"),
    ("ix_points_lot_open", "points_lot", "wallet_id", "remaining > 0"),
)


def upgrade() -> None:
    _new_tables()
    for table, column in (
        ("points_balance", "pending_until"),
        ("points_balance", "expires_next"),
        ("points_lot", "available_at"),
    ):
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    for name, table, column, where in OPEN_INDEXES:
        op.create_index(
            name,
            table,
            ["program_id", column],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    if _is_sqlite():
        _posting_anew(KINDS, sa.Column("basis", sa.Text(), nullable=True))
        _wallet_anew(is_new=True)
        _entry_anew(is_new=True)
    else:
        _change_on_postgresql()


def downgrade() -> None:
    if _is_sqlite():
        _entry_anew(is_new=False)
        _wallet_anew(is_new=False)
        _posting_anew(KINDS_BEFORE)
    else:
        _change_back_on_postgresql()
    for name, table, _, _ in OPEN_INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("points_lot", "available_at")
    op.drop_column("points_balance", "expires_next")
    op.drop_column("points_balance", "pending_until")
    for table in ("points_hold_lot", "points_hold_end", "points_hold", "points_policy"):
        op.drop_table(table)


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _replace(table: str, columns: str, told: str, source: str) -> None:
    """Take the rows over into the table made anew, which takes the name of the old one."""
    # All of it stands in this file.
    op.execute(f"INSERT INTO {table}_anew ({columns}) SELECT {told} FROM {source}")  # noqa: S608
    op.drop_table(table)
    op.rename_table(f"{table}_anew", table)


def _guard_on_sqlite(table: str) -> None:
    """Put back the triggers that the old table took along."""
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _posting_anew(kinds: str, *more: sa.Column[str]) -> None:
    op.create_table(
        "points_posting_anew",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("till_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=False),
        *more,
        sa.CheckConstraint(kinds, name=op.f("ck_points_posting_kind")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["program.program_id"], name=op.f("fk_points_posting_program_id")
        ),
        sa.PrimaryKeyConstraint("program_id", "posting_id", name=op.f("pk_points_posting")),
        sa.UniqueConstraint(
            "program_id", "act_id", name=op.f("uq_points_posting_program_id_act_id")
        ),
    )
    told = POSTING
    if not more:
        told = POSTING.replace("kind", f"CASE WHEN {KINDS_BEFORE} THEN kind ELSE 'earn' END")
    _replace("points_posting", POSTING, told, "points_posting")
    _guard_on_sqlite("points_posting")


def _wallet_anew(*, is_new: bool) -> None:
    unit = ["unit"] if is_new else []
    op.create_table(
        "points_wallet_anew",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in unit),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
            name=op.f("fk_points_wallet_program_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "wallet_id", name=op.f("pk_points_wallet")),
        sa.UniqueConstraint(
            "program_id",
            "member_id",
            *unit,
            name=op.f("_".join(["uq_points_wallet_program_id_member_id", *unit])),
        ),
    )
    columns, told = (f"{WALLET}, unit", f"{WALLET}, 'points'") if is_new else (WALLET, WALLET)
    _replace("points_wallet", columns, told, "points_wallet")


def _times() -> Sequence[sa.Column[object]]:
    return (
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=True),
    )


def _entry_anew(*, is_new: bool) -> None:
    checks = {"birth": BIRTH, "ends": ENDS} if is_new else {}
    op.create_table(
        "points_entry_anew",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        *(_times() if is_new else ()),
        sa.CheckConstraint(
            "(account IN ('wallet', 'debt')) = (wallet_id IS NOT NULL)",
            name=op.f("ck_points_entry_owned"),
        ),
        sa.CheckConstraint(
            "account IN ('wallet', 'debt', 'issued', 'redeemed', 'expired', 'forgiven')",
            name=op.f("ck_points_entry_account"),
        ),
        sa.CheckConstraint("points <> 0", name=op.f("ck_points_entry_moves")),
        *(
            sa.CheckConstraint(check, name=op.f(f"ck_points_entry_{name}"))
            for name, check in checks.items()
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "posting_id"],
            ["points_posting.program_id", "points_posting.posting_id"],
            name=op.f("fk_points_entry_program_id_posting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "wallet_id"],
            ["points_wallet.program_id", "points_wallet.wallet_id"],
            name=op.f("fk_points_entry_program_id_wallet_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "posting_id", "line", name=op.f("pk_points_entry")),
    )
    if is_new:
        own = ", ".join(f"e.{name}" for name in ENTRY.split(", "))
        ages = "CASE WHEN e.lot_id IS NOT NULL AND e.points > 0 THEN {} END"
        _replace(
            "points_entry",
            f"{ENTRY}, occurred_at, recorded_at, earned_at, expires_at",
            f"{own}, p.occurred_at, p.recorded_at,"
            f" {ages.format('coalesce(l.earned_at, p.occurred_at)')}, {ages.format('l.expires_at')}",
            "points_entry AS e JOIN points_posting AS p"
            " ON p.program_id = e.program_id AND p.posting_id = e.posting_id"
            " LEFT JOIN points_lot AS l ON l.program_id = e.program_id"
            " AND l.wallet_id = e.wallet_id AND l.lot_id = e.lot_id",
        )
    else:
        _replace("points_entry", ENTRY, ENTRY, "points_entry")
    op.create_index("ix_points_entry_wallet", "points_entry", WIDE_INDEX if is_new else ENTRY_INDEX)
    _guard_on_sqlite("points_entry")


def _guards_down(*, down: bool) -> None:
    """Let the owner of the tables write old rows of all programs, and forbid it again."""
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} {'NO ' if down else ''}FORCE ROW LEVEL SECURITY")
    for table in ("points_posting", "points_entry"):
        what = "DISABLE" if down else "ENABLE"
        op.execute(f"ALTER TABLE {table} {what} TRIGGER {table}_append_only")


def _change_on_postgresql() -> None:
    for table, columns in SUMS.items():
        changes = (f"ALTER COLUMN {column} TYPE bigint" for column in columns)
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    op.add_column("points_posting", sa.Column("basis", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_points_posting_kind"), "points_posting", type_="check")
    op.create_check_constraint(op.f("ck_points_posting_kind"), "points_posting", KINDS)
    op.execute("ALTER TABLE points_wallet ADD COLUMN unit text NOT NULL DEFAULT 'points'")
    op.execute("ALTER TABLE points_wallet ALTER COLUMN unit DROP DEFAULT")
    unique = "uq_points_wallet_program_id_member_id"
    op.drop_constraint(op.f(unique), "points_wallet", type_="unique")
    op.create_unique_constraint(
        op.f(f"{unique}_unit"), "points_wallet", ["program_id", "member_id", "unit"]
    )
    for column in _times():
        column.nullable = True
        op.add_column("points_entry", column)
    _guards_down(down=True)
    op.execute(
        "UPDATE points_entry AS e SET occurred_at = p.occurred_at, recorded_at = p.recorded_at,"
        " earned_at = CASE WHEN e.lot_id IS NOT NULL AND e.points > 0 THEN p.occurred_at END"
        " FROM points_posting AS p"
        " WHERE p.program_id = e.program_id AND p.posting_id = e.posting_id"
    )
    op.execute(
        "UPDATE points_entry AS e SET earned_at = l.earned_at, expires_at = l.expires_at"
        " FROM points_lot AS l WHERE l.program_id = e.program_id AND l.wallet_id = e.wallet_id"
        " AND l.lot_id = e.lot_id AND e.points > 0"
    )
    _guards_down(down=False)
    for name in ("occurred_at", "recorded_at"):
        op.alter_column("points_entry", name, nullable=False)
    op.create_check_constraint(op.f("ck_points_entry_birth"), "points_entry", BIRTH)
    op.create_check_constraint(op.f("ck_points_entry_ends"), "points_entry", ENDS)
    op.drop_index("ix_points_entry_wallet", table_name="points_entry")
    op.create_index("ix_points_entry_wallet", "points_entry", WIDE_INDEX)


def _change_back_on_postgresql() -> None:
    op.drop_index("ix_points_entry_wallet", table_name="points_entry")
    op.create_index("ix_points_entry_wallet", "points_entry", ENTRY_INDEX)
    for name in ("birth", "ends"):
        op.drop_constraint(op.f(f"ck_points_entry_{name}"), "points_entry", type_="check")
    for column in _times():
        op.drop_column("points_entry", column.name)
    unique = "uq_points_wallet_program_id_member_id"
    op.drop_constraint(op.f(f"{unique}_unit"), "points_wallet", type_="unique")
    op.create_unique_constraint(op.f(unique), "points_wallet", ["program_id", "member_id"])
    op.drop_column("points_wallet", "unit")
    op.drop_constraint(op.f("ck_points_posting_kind"), "points_posting", type_="check")
    _guards_down(down=True)
    # What has no name in the older tables stands as earned.
    op.execute(f"UPDATE points_posting SET kind = 'earn' WHERE NOT {KINDS_BEFORE}")  # noqa: S608
    _guards_down(down=False)
    op.create_check_constraint(op.f("ck_points_posting_kind"), "points_posting", KINDS_BEFORE)
    op.drop_column("points_posting", "basis")
    for table, columns in SUMS.items():
        changes = (f"ALTER COLUMN {column} TYPE integer" for column in columns)
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")


def _new_tables() -> None:
    op.create_table(
        "points_policy",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("value_minor_per_1000", sa.Integer(), nullable=False),
        sa.Column("debt_policy", sa.Text(), nullable=False),
        sa.Column("expiry_months", sa.Integer(), nullable=True),
        sa.Column("expiry_grace_days", sa.Integer(), nullable=False),
        sa.Column("expiry_warning_days", sa.Integer(), nullable=False),
        sa.Column("pending_days", sa.Integer(), nullable=False),
        sa.Column("carry_over", sa.Boolean(), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("offline_allowance", sa.Integer(), nullable=False),
        sa.Column("cashier_allowance", sa.Integer(), nullable=False),
        sa.Column("card_sales_per_day", sa.Integer(), nullable=True),
        sa.Column("card_points_per_day", sa.Integer(), nullable=True),
        sa.Column("welcome_points", sa.Integer(), nullable=False),
        sa.Column("birthday_points", sa.Integer(), nullable=False),
        sa.Column("referral_points", sa.Integer(), nullable=False),
        sa.Column("referral_most", sa.Integer(), nullable=False),
        sa.Column("adjust_manager_most", sa.Integer(), nullable=False),
        sa.Column("adjust_cashier_most", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "debt_policy IN ('owe', 'forgive', 'block')", name=op.f("ck_points_policy_debt_policy")
        ),
        sa.CheckConstraint(
            "value_minor_per_1000 >= 0 AND (expiry_months IS NULL OR expiry_months > 0) AND expiry_grace_days >= 0 AND expiry_warning_days >= 0 AND pending_days >= 0 AND hold_minutes > 0 AND offline_allowance >= 0 AND cashier_allowance >= 0 AND welcome_points >= 0 AND birthday_points >= 0 AND referral_points >= 0 AND referral_most >= 0 AND adjust_manager_most >= 0 AND adjust_cashier_most >= 0",
            name=op.f("ck_points_policy_amounts"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_points_policy_version")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["program.program_id"], name=op.f("fk_points_policy_program_id")
        ),
        sa.PrimaryKeyConstraint("program_id", "version", name=op.f("pk_points_policy")),
    )
    op.create_table(
        "points_hold",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("till_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('till', 'order', 'offline')", name=op.f("ck_points_hold_purpose")
        ),
        sa.CheckConstraint("points > 0", name=op.f("ck_points_hold_points")),
        sa.ForeignKeyConstraint(
            ["program_id", "wallet_id"],
            ["points_wallet.program_id", "points_wallet.wallet_id"],
            name=op.f("fk_points_hold_program_id_wallet_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", name=op.f("pk_points_hold")),
    )
    op.create_index("ix_points_hold_wallet", "points_hold", ["program_id", "wallet_id"])

    op.create_table(
        "points_hold_end",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('posted', 'voided', 'lapsed', 'moved')",
            name=op.f("ck_points_hold_end_outcome"),
        ),
        sa.CheckConstraint(
            "points >= 0 AND (outcome = 'posted' OR points = 0)",
            name=op.f("ck_points_hold_end_points"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_hold.program_id", "points_hold.hold_id"],
            name=op.f("fk_points_hold_end_program_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", name=op.f("pk_points_hold_end")),
    )
    op.create_table(
        "points_hold_lot",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_points_hold_lot_points")),
        sa.ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_hold.program_id", "points_hold.hold_id"],
            name=op.f("fk_points_hold_lot_program_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint("program_id", "hold_id", "lot_id", name=op.f("pk_points_hold_lot")),
    )
    for statement in {
        "sqlite": [
            "CREATE TRIGGER points_policy_no_update BEFORE UPDATE ON points_policy BEGIN SELECT RAISE(ABORT, 'points_policy is append-only'); END",
            "CREATE TRIGGER points_policy_no_delete BEFORE DELETE ON points_policy BEGIN SELECT RAISE(ABORT, 'points_policy is append-only'); END",
            "CREATE TRIGGER points_hold_no_update BEFORE UPDATE ON points_hold BEGIN SELECT RAISE(ABORT, 'points_hold is append-only'); END",
            "CREATE TRIGGER points_hold_no_delete BEFORE DELETE ON points_hold BEGIN SELECT RAISE(ABORT, 'points_hold is append-only'); END",
            "CREATE TRIGGER points_hold_end_no_update BEFORE UPDATE ON points_hold_end BEGIN SELECT RAISE(ABORT, 'points_hold_end is append-only'); END",
            "CREATE TRIGGER points_hold_end_no_delete BEFORE DELETE ON points_hold_end BEGIN SELECT RAISE(ABORT, 'points_hold_end is append-only'); END",
            "CREATE TRIGGER points_hold_lot_no_update BEFORE UPDATE ON points_hold_lot BEGIN SELECT RAISE(ABORT, 'points_hold_lot is append-only'); END",
            "CREATE TRIGGER points_hold_lot_no_delete BEFORE DELETE ON points_hold_lot BEGIN SELECT RAISE(ABORT, 'points_hold_lot is append-only'); END",
        ],
        "postgresql": [
            "CREATE OR REPLACE FUNCTION enlaza_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$",
            "CREATE TRIGGER points_policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_policy FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_policy ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_policy FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_policy USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_hold_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_hold FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_hold ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_hold FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_hold USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_hold_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_hold_end FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_hold_end ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_hold_end FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_hold_end USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
            "CREATE TRIGGER points_hold_lot_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_hold_lot FOR EACH STATEMENT EXECUTE FUNCTION enlaza_refuse_change()",
            "ALTER TABLE points_hold_lot ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE points_hold_lot FORCE ROW LEVEL SECURITY",
            "CREATE POLICY program_only ON points_hold_lot USING (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer) WITH CHECK (program_id = nullif(current_setting('enlaza.program_id', true), '')::integer)",
        ],
    }[op.get_context().dialect.name]:
        op.execute(statement)
