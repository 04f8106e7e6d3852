"""What the room tells others inside the act: who moved from one person to another.

Rooms do not import each other; a journey says who hears it (`journeys/tell_of_persons.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class MovedIdentifier:
    """A membership or something personal whose person has another public id now."""

    kind: str
    identifier_id: UUID
    former_person_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class PersonsChanged:
    """One change of persons that others may have to know: its cause and who moved.

    Two that merged have one public id `after`, one that split has several; with one before and
    one after the same person is called otherwise.
    """

    program_id: int
    act: Literal["merge", "split", "rename"]
    cause: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    moved: tuple[MovedIdentifier, ...]
    at: datetime


Hearer = Callable[[Session, PersonsChanged], None]
_HEARERS: Final[list[Hearer]] = []


def hear_changes(hearer: Hearer) -> None:
    """Have every change of persons told to `hearer`, in the same act."""
    if hearer not in _HEARERS:
        _HEARERS.append(hearer)


def tell_change(session: Session, change: PersonsChanged) -> None:
    """Tell a change to whoever listens; what they write is kept or undone with it."""
    for hearer in _HEARERS:
        hearer(session, change)
