"""How a person hangs together: the way from one identifier to another, and what hangs on each step.

A person may have ten thousand identifiers, so their links are read as bare ends, once, and walked
without putting them in order; what is told of a step is read for the steps that are told alone.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Dialect, Select, Text, bindparam, cast, select, type_coerce
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import is_postgresql, table_of
from loyalty.identity.models import Cluster, Identifier, Link

# Of what hangs on a step, so many are named, and so many on a whole way; the rest is counted.
NAMED_MOST: Final = 100
NAMED_IN_ALL: Final = 1_000
# Of a longer way the first and the last are told: nobody reads ten thousand proofs.
TOLD_MOST: Final = 100

_ID: Final = table_of(Identifier)
_CLUSTER: Final = table_of(Cluster)
_LINK: Final = table_of(Link)


def _holding(dialect: Dialect) -> Select[Any]:
    """Read the links of a person as plain text: ten thousand are only compared, a few are read."""

    def plain(column: Column[Any]) -> Any:  # noqa: ANN401  a column of text
        # SQLite keeps text, and PostgreSQL writes it faster than Python reads its values.
        return cast(column, Text) if dialect.name == "postgresql" else type_coerce(column, Text)

    return (
        select(
            _LINK.c.strength,
            plain(_LINK.c.occurred_at),
            _LINK.c.link_id,
            plain(_LINK.c.a),
            plain(_LINK.c.b),
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


_HOLDING: Final = Prepared(_holding)
_FIRST: Final = Prepared(
    select(_CLUSTER.c.first_id).where(
        _CLUSTER.c.program_id == bindparam("program"), _CLUSTER.c.cluster_id == bindparam("cluster")
    )
)

Key = Hashable
# A link as it is walked: strength, time, its id, both ends.
Row = tuple[int, Any, str, Key, Key]
Touching = Mapping[Key, Sequence[Row]]
# A way: each link and where it leads.
Way = Sequence[tuple[str, Key]]


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
) -> tuple[tuple[WayStep, ...], int]:
    """Find the shortest way between two identifiers of a person, and how many links it leaves out.

    It is empty when they are the same. Of ways of one length it takes the one of strong and early
    links. Of a way of more than a hundred links the first fifty and the last are told.
    """
    touching = touching_of(_HOLDING.rows(session, program=program_id, cluster=cluster_id))
    begin, end = (_name(session)(each) for each in (start, goal))
    way = way_between(touching, begin, end)
    hanging = Hanging(touching, begin, way)
    left_out = max(0, len(way) - TOLD_MOST)
    half = TOLD_MOST // 2
    told = [*range(half), *range(half + left_out, len(way))] if left_out else range(len(way))
    steps = []
    left = NAMED_IN_ALL
    for turn in told:
        link_id, there = way[turn]
        named = tuple(map(_uuid, hanging.first_on(turn, min(left, NAMED_MOST))))
        left -= len(named)
        steps.append(WayStep(link_id, _uuid(there), hanging.count_on(turn), named))
    return tuple(steps), left_out


def part_without(
    session: Session, program_id: int, cluster_id: UUID, ends: tuple[UUID, UUID], link_id: str
) -> frozenset[UUID] | None:
    """Find what a link between two of a person alone holds to the rest, the smaller part; or none.

    The link itself may be retracted already.
    """
    touching = touching_of(_HOLDING.rows(session, program=program_id, cluster=cluster_id))
    one, other = (_name(session)(end) for end in ends)
    seen: set[Key] = set()
    part = _gathered(touching, one, seen, {link_id})
    if other in seen:
        return None
    rest = _gathered(touching, other, seen, {link_id})
    return frozenset(map(_uuid, part if len(part) <= len(rest) else rest))


def touching_of(rows: Iterable[Row]) -> Touching:
    """Say which links touch each identifier."""
    touching: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        touching[row[3]].append(row)
        touching[row[4]].append(row)
    return touching


def way_between(touching: Touching, start: Key, goal: Key) -> Way:
    """Find the shortest way, of several the one whose links come first by strength, time and id.

    How far everything is from the goal is found first, so that only what touches the way has
    to be put in order.
    """
    far = {goal: 0}
    waiting = deque([goal])
    while start not in far:
        here = waiting.popleft()
        beyond = far[here] + 1
        for row in touching[here]:
            there = row[4] if row[3] == here else row[3]
            # Nothing lies behind what a single link touches.
            if there not in far and (len(touching[there]) > 1 or there == start):
                far[there] = beyond
                waiting.append(there)
    way = []
    here = start
    while here != goal:
        nearer = far[here] - 1
        best = None
        for row in touching[here]:
            there = row[4] if row[3] == here else row[3]
            if far.get(there) == nearer and (best is None or row < best):
                best = row
        assert best is not None, "whoever is so far has somebody nearer"
        here = best[4] if best[3] == here else best[3]
        way.append((best[2], here))
    return way


class Hanging:
    """What would come off a person if one link of a way went, for each of them.

    Everything hangs somewhere on the way: it is gathered from each place of it without using
    the way's own links. Where that comes back to the way further on, the links between are not
    missed. Without another, all that hangs on it and behind it comes off. What a way that is not
    `whole` leaves out hangs on the last place before it.
    """

    def __init__(self, touching: Touching, start: Key, way: Way, *, whole: bool = True) -> None:
        """Walk over the whole person once."""
        places = [start, *(there for _, there in way)]
        at: dict[Key, int] = {}
        own: set[str] = set()
        seen: set[Key] = set()
        self._parts: list[list[Key]] = []
        reaches = []
        for number, place in enumerate(places):
            own_here = 1 if number in {0, len(way)} else 2
            if place in seen or (whole and len(touching.get(place, ())) <= own_here):
                # Most places of a long way hold nothing but the way: its links to both sides.
                self._parts.append([] if place in seen else [place])
                seen.add(place)
                reaches.append(number)
                continue
            at = at or {each: turn for turn, each in enumerate(places)}
            own = own or {link_id for link_id, _ in way}
            part = _gathered(touching, place, seen, own)
            self._parts.append(part)
            reaches.append(max((at[each] for each in part if each in at), default=number))
        self._reach = list(accumulate(reaches, max))
        self._behind = list(accumulate(map(len, reversed(self._parts))))[::-1]
        self._ordered: dict[int, list[Key]] = {}

    def count_on(self, turn: int) -> int:
        """Count what would come off without the link at a turn of the way."""
        return 0 if self._reach[turn] > turn else self._behind[turn + 1]

    def first_on(self, turn: int, most: int) -> Iterator[Key]:
        """Name the first of what would come off: what is next on the way before the rest."""
        if self._reach[turn] > turn or not most:
            return iter(())
        places = range(turn + 1, len(self._parts))
        return islice(chain.from_iterable(map(self._in_order, places)), most)

    def _in_order(self, number: int) -> list[Key]:
        if number not in self._ordered:
            part = self._parts[number]
            self._ordered[number] = [*part[:1], *sorted(part[1:], key=str)]
        return self._ordered[number]


def _gathered(touching: Touching, place: Key, seen: set[Key], own: set[str]) -> list[Key]:
    """List what hangs together with a place by other links than a way's own, the place first."""
    seen.add(place)
    part = [place]
    for here in part:
        for row in touching.get(here, ()):
            there = row[4] if row[3] == here else row[3]
            if there not in seen and row[2] not in own:
                seen.add(there)
                part.append(there)
    return part


def _name(session: Session) -> Callable[[UUID], str]:
    """Say how a database writes an id as text."""
    return str if is_postgresql(session) else attrgetter("hex")


def _uuid(key: Key) -> UUID:
    return UUID(str(key))
