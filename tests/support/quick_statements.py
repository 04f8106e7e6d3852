"""Statements compiled once for all databases of a test process, as for one that runs long.

Each engine keeps what it compiled for itself, and each test has engines of its own: a quarter of
what the tests took was the same statements written out again. What a statement says depends on
its own parts, which SQLAlchemy takes as the key, and on the kind of database.
"""

from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import LRUCache

KEPT: Final[LRUCache[Any, Any]] = LRUCache(2_000)


class _ForKind:
    """What was compiled for any database of one kind, by the keys of one of them."""

    def __init__(self, dialect: Dialect) -> None:
        self._kind = (
            type(dialect),
            dialect.server_version_info,
            dialect.paramstyle,
            getattr(dialect, "_json_serializer", None),
        )

    def get(self, key: tuple[object, ...]) -> Any:  # noqa: ANN401  as a dictionary
        """Take what another database of this kind compiled."""
        return KEPT.get((self._kind, *key[1:]))

    def __setitem__(self, key: tuple[object, ...], compiled: object) -> None:
        KEPT[self._kind, *key[1:]] = compiled


def compile_statements_once() -> None:
    """Let every engine of this process look among the statements that the others compiled."""
    compile_for_engine = ClauseElement._compile_w_cache

    def compile_for_kind(
        self: ClauseElement,
        dialect: Dialect,
        *,
        compiled_cache: Any,  # noqa: ANN401
        **said: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        kept = None if compiled_cache is None else _ForKind(dialect)
        return compile_for_engine(self, dialect, compiled_cache=kept, **said)  # type: ignore[arg-type]

    ClauseElement._compile_w_cache = compile_for_kind  # type: ignore[method-assign]
