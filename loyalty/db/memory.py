"""What owners seldom change is kept in each process until they do (decision 0035).

Triggers draw a new mark for a program at each change of such tables (`REMEMBERED_TABLES`). The
look that an act of a till begins with reads the mark; what was read under the same mark is as
good as read again. A block that did not read the mark reads. The mark is drawn and not counted,
because a count that was undone would come a second time and mean something else.
"""

import threading
from collections.abc import Callable
from typing import Final, TypeVar, cast

from sqlalchemy.orm import Session

Value = TypeVar("Value")
MEMORY: Final = "enlaza_memory"
MARK: Final = "enlaza_settings_mark"
# Programs times what is kept of each; a server of that many forgets all at once and goes on.
KEPT_MOST: Final = 20_000


class Memory:
    """What one process knows of its programs' settings; none of it may be changed in place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str], tuple[int, object]] = {}

    def read(self, key: tuple[int, str], mark: int) -> tuple[int, object] | None:
        """Give what was read under this mark, none when it was another."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept[0] == mark else None

    def keep(self, key: tuple[int, str], mark: int, value: object) -> None:
        """Keep what was read under a mark."""
        with self._lock:
            if key not in self._kept and len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            self._kept[key] = mark, value


def lend_memory(session: Session, memory: Memory) -> None:
    """Let a session that was just opened use what its process knows."""
    session.info[MEMORY] = memory


def note_mark(session: Session, program_id: int, mark: int) -> None:
    """Note the mark of a program's settings, as this block has read it."""
    session.info[MARK] = program_id, mark


def remembered(session: Session, program_id: int, name: str, read: Callable[[], Value]) -> Value:
    """Give what `read` gives, from memory when nothing has changed since.

    What is read after the mark is at least as new as it, so no change is missed; `name` must
    say all that the answer depends on beside the program. The value must be immutable.
    """
    memory: Memory | None = session.info.get(MEMORY)
    noted: tuple[int, int] | None = session.info.get(MARK)
    if memory is None or noted is None or noted[0] != program_id:
        return read()
    key, mark = (program_id, name), noted[1]
    kept = memory.read(key, mark)
    if kept is not None:
        return cast("Value", kept[1])
    value = read()
    memory.keep(key, mark, value)
    return value
