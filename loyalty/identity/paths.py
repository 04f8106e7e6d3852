"""How a person hangs together: the way from one identifier to another, and what hangs on each step.

A person may have ten thousand identifiers, so their links are read as bare ends, once; what is
told of a step is read for the steps of the way alone.
"""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import is_postgresql, table_of
from loyalty.identity.models import Cluster, Identifier, Link

# Of what hangs on a step, so many are named, and so many on a whole way; the rest is counted.
NAMED_MOST: Final = 100
NAMED_IN_ALL: Final = 1_000

_ID: Final = table_of(Identifier)
_CLUSTER: Final = table_of(Cluster)
_LINK: Final = table_of(Link)
# The values stay as the driver gives them: ten thousand are only compared, a few are read.
_HOLDING: Final = Prepared(
    select(
        _LINK.c.strength,
        type_coerce(_LINK.c.occurred_at, Text),
        _LINK.c.link_id,
        type_coerce(_LINK.c.a, Text),
        type_coerce(_LINK.c.b, Text),
    )
    .select_from(_ID)
    .join(_LINK, (_LINK.c.program_id == _ID.c.program_id) & (_LINK.c.a == _ID.c.identifier_id))
    .where(
        _ID.c.program_id == bindparam("program"),
        _ID.c.cluster_id == bindparam("cluster"),
        _LINK.c.active.is_(True),
        _LINK.c.refused_rule.is_(None),
    )
)
_FIRST: Final = Prepared(
    select(_CLUSTER.c.first_id).where(
        _CLUSTER.c.program_id == bindparam("program"), _CLUSTER.c.cluster_id == bindparam("cluster")
    )
)

Key = Hashable
# The links at each identifier: the other end and the link, strong and early ones first.
Touching = Mapping[Key, Sequence[tuple[Key, str]]]


@dataclass(frozen=True, slots=True)
class WayStep:
    """One link on a way, the identifier it leads to, and what would come off without it.

    `alone` counts all of them, `alone_without` names the first: a hundred, and a thousand of a
    whole way.
    """

    link_id: str
    leads_to: UUID
    alone: int
    alone_without: tuple[UUID, ...]


def first_identifier(session: Session, program_id: int, cluster_id: UUID) -> UUID:
    """Find the identifier that names a person."""
    first_id: UUID = _FIRST.one(session, program=program_id, cluster=cluster_id)[0]
    return first_id


def way_to(
    session: Session, program_id: int, cluster_id: UUID, *, start: UUID, goal: UUID
) -> tuple[WayStep, ...]:
    """Find the shortest way between two identifiers of a person; none when they are the same.

    Of ways of one length it takes the one of strong and early links.
    """
    plain = is_postgresql(session)
    rows = _HOLDING.rows(session, program=program_id, cluster=cluster_id)
    touching = touching_of(rows)
    begin, end = (start, goal) if plain else (start.hex, goal.hex)
    way = way_between(touching, begin, end)
    hanging = hanging_on(touching, begin, {link_id for link_id, _ in way})
    steps = []
    left = NAMED_IN_ALL
    for link_id, there in way:
        alone = hanging.get(link_id, ())
        named = tuple(_uuid(each) for each in alone[: min(left, NAMED_MOST)])
        left -= len(named)
        steps.append(WayStep(link_id, _uuid(there), len(alone), named))
    return tuple(steps)


def touching_of(rows: Sequence[tuple[int, object, str, Key, Key]]) -> Touching:
    """Say which links touch each identifier; rows are (strength, time, link, end, end)."""
    touching: dict[Key, list[tuple[Key, str]]] = {}
    for _, _, link_id, a, b in sorted(rows):
        touching.setdefault(a, []).append((b, link_id))
        touching.setdefault(b, []).append((a, link_id))
    return touching


def way_between(touching: Touching, start: Key, goal: Key) -> tuple[tuple[str, Key], ...]:
    """Find the shortest way: each link and where it leads."""
    came: dict[Key, tuple[str, Key] | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in came:
        here = waiting.popleft()
        for there, link_id in touching.get(here, ()):
            if there not in came:
                came[there] = (link_id, here)
                waiting.append(there)
    way = []
    here = goal
    while (step := came[here]) is not None:
        way.append((step[0], here))
        here = step[1]
    return tuple(reversed(way))


@dataclass(slots=True)
class _Visit:
    """A place on the walk: when it was reached, how far back it is held, what came after it."""

    number: int
    low: int
    by: str
    rest: Iterator[tuple[Key, str]]


def hanging_on(touching: Touching, start: Key, links: set[str]) -> dict[str, Sequence[Key]]:
    """Say, for each of some links that nothing else stands in for, what would come off with it.

    One walk over the whole person finds them all: what is reached by a link, and is held to
    what was before by no other one, comes off with it. Source: Tarjan, bridges of a graph.
    """
    order: list[Key] = [start]
    numbers: dict[Key, int] = {start: 0}
    found: dict[str, tuple[int, int]] = {}
    stack = [_Visit(0, 0, "", iter(touching.get(start, ())))]
    while stack:
        visit = stack[-1]
        for there, link_id in visit.rest:
            if link_id == visit.by:
                continue
            number = numbers.get(there)
            if number is None and len(touching[there]) == 1:  # a leaf, as most are
                if link_id in links:
                    found[link_id] = (len(order), len(order) + 1)
                numbers[there] = len(order)
                order.append(there)
                continue
            if number is None:
                numbers[there] = len(order)
                order.append(there)
                reached = _Visit(numbers[there], numbers[there], link_id, iter(touching[there]))
                stack.append(reached)
                break
            visit.low = min(visit.low, number)
        else:
            stack.pop()
            if not stack:
                break
            before = stack[-1]
            before.low = min(before.low, visit.low)
            if visit.low > before.number and visit.by in links:
                found[visit.by] = (visit.number, len(order))
    return {link_id: _Slice(order, *ends) for link_id, ends in found.items()}


class _Slice(Sequence[Key]):
    """A stretch of a list without a copy of it: a long way has a long one at each step."""

    def __init__(self, whole: list[Key], start: int, stop: int) -> None:
        self._whole, self._start, self._stop = whole, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401  one, or a list of them
        inside = range(self._start, self._stop)[index]
        if isinstance(inside, range):
            return [self._whole[each] for each in inside]
        return self._whole[inside]


def _uuid(key: Key) -> UUID:
    return key if isinstance(key, UUID) else UUID(str(key))
