"""What Alembic does not write by itself into a migration: the guards of new tables."""

from collections.abc import Iterable, Sequence

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations.ops import (
    CreateTableOp,
    DropTableOp,
    MigrateOperation,
    MigrationScript,
    OpContainer,
)
from alembic.runtime.migration import MigrationContext

from loyalty.db.base import APPEND_ONLY_TABLES
from loyalty.db.guards import DROP_REFUSE_FUNCTION, all_guard_statements

DIALECTS = ("sqlite", "postgresql")


class ExecutePerDialect(MigrateOperation):
    """Statements that differ between the two databases, written out in the migration."""

    def __init__(self, statements: dict[str, tuple[str, ...]]) -> None:
        self.statements = statements


@renderers.dispatch_for(ExecutePerDialect)
def _render(_: AutogenContext, operation: ExecutePerDialect) -> str:
    lines = ["for statement in {"]
    for dialect, statements in operation.statements.items():
        lines += [f'    "{dialect}": [']
        lines += [f"        {statement!r}," for statement in statements]
        lines += ["    ],"]
    lines += ["}[op.get_context().dialect.name]:", "    op.execute(statement)"]
    return "\n".join(lines)


def add_guards(
    _context: MigrationContext,
    _revision: str | Iterable[str | None] | Iterable[str],
    scripts: Sequence[MigrationScript],
) -> None:
    """Put the guards of new tables behind their creation."""
    for script in scripts:
        up, down = script.upgrade_ops, script.downgrade_ops
        if up is None or down is None:
            continue
        created = [op.table_name for op in _flat(up) if isinstance(op, CreateTableOp)]
        if created:
            up.ops.append(
                ExecutePerDialect({name: all_guard_statements(name, created) for name in DIALECTS})
            )
        dropped = [op.table_name for op in _flat(down) if isinstance(op, DropTableOp)]
        if set(dropped) >= APPEND_ONLY_TABLES:
            down.ops.append(
                ExecutePerDialect({"sqlite": (), "postgresql": (DROP_REFUSE_FUNCTION,)})
            )


def _flat(container: OpContainer) -> Iterable[MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, OpContainer):
            yield from _flat(operation)
        else:
            yield operation
