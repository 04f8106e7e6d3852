"""What a judgement changes for persons: who merged, who split, who is called otherwise now."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.graph import Standing
from loyalty.identity.log import keep_alias, write_log
from loyalty.identity.policy import KNOWN_KINDS
from loyalty.identity.rules import JudgedCluster, Node, person_id_of
from loyalty.identity.told import MovedIdentifier, PersonsChanged, tell_change

Standings = Mapping[UUID, Standing]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cluster row as it shall be, and the identifiers that carry it."""

    cluster_id: UUID
    block_id: UUID
    person_id: str
    first_id: UUID
    known: bool
    open_member_id: UUID | None
    members: frozenset[UUID]

    def facts(self) -> dict[str, object]:
        """Give the columns of the row but its key and version."""
        return {
            "block_id": self.block_id,
            "person_id": self.person_id,
            "first_id": self.first_id,
            "size": len(self.members),
            "known": self.known,
            "open_member_id": self.open_member_id,
        }

    def is_told_by(self, row: Standing) -> bool:
        """Say whether the stored row says the same already."""
        return self.facts() == {
            "block_id": row.block_id,
            "person_id": row.person_id,
            "first_id": row.first_id,
            "size": row.size,
            "known": row.known,
            "open_member_id": row.open_member_id,
        }


def wanted_of(program_id: int, cluster_id: UUID, block_id: UUID, cluster: JudgedCluster) -> Wanted:
    """Say how the row of a judged cluster shall be."""
    return Wanted(
        cluster_id=cluster_id,
        block_id=block_id,
        person_id=person_of_first(program_id, cluster.first),
        first_id=cluster.first.identifier_id,
        known=cluster.known,
        open_member_id=cluster.open_member,
        members=cluster.identifier_ids,
    )


def person_of_first(program_id: int, first: Node) -> str:
    """Give the public id of the person whose first identifier this is."""
    return person_id_of(program_id, first.kind, first.value_hmac)


def write_changes(
    session: Session,
    program_id: int,
    standings: Standings,
    wanted: Collection[Wanted],
    *,
    cause: str,
    at: datetime,
) -> None:
    """Write down each merge, split and change of name, with its cause; former ids lead on.

    One act may do several: a link that comes off frees another that was refused.
    """
    persons = {own: each.person_id for each in wanted for own in each.members}
    comes: dict[str, set[str]] = defaultdict(set)
    goes: dict[str, set[str]] = defaultdict(set)
    for own, standing in standings.items():
        goes[standing.person_id].add(persons[own])
        comes[persons[own]].add(standing.person_id)
    moved = _moved(standings, persons, at=at)
    for act, before, after in _acts(comes, goes):
        change = PersonsChanged(
            program_id,
            act,
            cause,
            tuple(sorted(before)),
            tuple(sorted(after)),
            tuple(m for m in moved if m.former_person_id in before and m.person_id in after),
            at,
        )
        write_change(session, change)
    gone = goes.keys() - comes.keys()
    for standing in {each.person_id: each for each in standings.values()}.values():
        if standing.person_id in gone:
            keep_alias(session, program_id, standing.person_id, standing.first_id, at=at)


def write_change(session: Session, change: PersonsChanged) -> None:
    """Write one change into the log, and tell it to others when somebody known moved."""
    line = (change.before, change.after)
    write_log(session, change.program_id, change.act, change.cause, line, at=change.at)
    if change.moved:
        tell_change(session, change)


Act = Literal["merge", "split", "rename"]


def _acts(
    comes: Mapping[str, set[str]], goes: Mapping[str, set[str]]
) -> Iterator[tuple[Act, set[str], set[str]]]:
    """Say who merged, who split and who is only called otherwise."""
    for person_id, before in sorted(comes.items()):
        if len(before) > 1:
            yield "merge", before, {person_id}
    for person_id, after in sorted(goes.items()):
        if len(after) > 1:
            yield "split", {person_id}, after
        elif after != {person_id} and len(comes[next(iter(after))]) == 1:
            yield "rename", {person_id}, after


def _moved(
    standings: Standings, persons: Mapping[UUID, str], *, at: datetime
) -> tuple[MovedIdentifier, ...]:
    return tuple(
        MovedIdentifier(
            standing.node.kind, standing.node.identifier_id, standing.person_id, persons[own]
        )
        for own, standing in standings.items()
        if standing.person_id != persons[own]
        and standing.node.kind in KNOWN_KINDS
        and not is_newborn(standing.size, standing.node.first_occurred_at, at=at)
    )


def is_newborn(size: int, first_at: datetime, *, at: datetime) -> bool:
    """Say whether a person began in this very act: nobody knows the id they had until now."""
    return size == 1 and first_at == at
