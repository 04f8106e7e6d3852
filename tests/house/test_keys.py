"""The program leads every key, so that rows of two programs can never meet."""

from collections.abc import Sequence

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint

from loyalty.db.base import APPEND_ONLY_TABLES, GLOBAL_TABLES, UtcDateTime
from loyalty.schema import metadata

TABLES = metadata.sorted_tables
OF_A_PROGRAM = [table for table in TABLES if table.name not in GLOBAL_TABLES]
# Found before the program is known; written out here too, so that growing the list is a decision.
GLOBAL = {"program", "store_address", "pairing", "job_lease", "rate_counter", "alembic_version"}


def name(table: Table) -> str:
    return table.name


def leads(columns: Sequence[object]) -> bool:
    return getattr(columns[0], "name", None) == "program_id"


def test_the_tables_without_a_program_are_a_closed_list() -> None:
    assert GLOBAL == GLOBAL_TABLES
    assert {table.name for table in TABLES} >= GLOBAL - {"alembic_version"}


@pytest.mark.parametrize("table", OF_A_PROGRAM, ids=name)
def test_the_program_leads_the_primary_key(table: Table) -> None:
    assert leads(list(table.primary_key))
    assert not table.c.program_id.nullable


@pytest.mark.parametrize("table", OF_A_PROGRAM, ids=name)
def test_the_program_leads_every_unique_key_and_index(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert leads(list(constraint.columns)), constraint.name
    for index in table.indexes:
        assert leads(list(index.columns)), index.name


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_foreign_keys_stay_in_the_program(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            assert constraint.column_keys[0] == "program_id", constraint.name
            assert constraint.elements[0].target_fullname.endswith(".program_id"), constraint.name


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_what_is_written_has_a_name_and_a_zone(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            assert constraint.name, "a CHECK without a name cannot be migrated"
    for column in table.columns:
        if "DATETIME" in str(column.type).upper():
            assert isinstance(column.type, UtcDateTime), f"{column.name} must be aware UTC"
        assert column.autoincrement is not True, "ids are made by us, before they are sent"


def test_the_ledger_and_the_sales_are_append_only() -> None:
    ledger = {"points_posting", "points_entry", "order_move", "handoff", "handoff_line"}
    sales = {table.name for table in TABLES if table.name.partition("_")[0] == "sale"}
    assert ledger | sales <= APPEND_ONLY_TABLES
    assert {table.name for table in TABLES} >= APPEND_ONLY_TABLES
