"""Hold a list of balances against whose cards and addresses they are: what would be given; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from loyalty.points.opening_list import Column, OpeningList, OpeningRow

Slip = Literal[
    "card_unknown",
    "card_ambiguous",
    "email_unknown",
    "two_people",
    "same_person",
    "already_opened",
    "reference_used",
    "date_past",
]


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose the cards and addresses of a list are.

    `cards` and `emails` name the membership that stands today. A card that was told by its
    first letters only is `ambiguous` when several begin so.
    """

    cards: Mapping[str, UUID]
    emails: Mapping[str, UUID]
    ambiguous: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """What was given before this: points by act, and the memberships that have a balance opened."""

    acts: Mapping[str, tuple[UUID, int]] = field(default_factory=dict)
    opened: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class RowSlip:
    """Why a row that was read is not given."""

    row: OpeningRow
    column: Column
    slip: Slip


@dataclass(frozen=True, slots=True)
class PlannedOpening:
    """A balance that would be given; `act_id` gives it once for ever."""

    row: OpeningRow
    member_id: UUID
    act_id: str


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """What keeping a list would do: give, leave because it was given before, or refuse."""

    give: tuple[PlannedOpening, ...]
    slips: tuple[RowSlip, ...]
    done: int
    empty: int

    @property
    def points(self) -> int:
        """All the points that would be given."""
        return sum(one.row.points for one in self.give)


def act_id_of(row: OpeningRow, list_hash: str) -> str:
    """Name the act of a row: by the caller's reference, else by the file and its line.

    The same file sent again is the same acts; a reference is one act in whatever file it comes.
    """
    return f"opening:ref:{row.reference}" if row.reference else f"opening:{list_hash}:{row.line}"


def plan_openings(
    read: OpeningList,
    owners: Owners,
    before: Before,
    *,
    list_hash: str,
    today: date,
    again: bool = False,
) -> OpeningPlan:
    """Say what a list would give.

    Who has had a balance opened gets no other one, unless the row has a reference of its own
    or `again` says so: a file that was mended and sent again must not give everything twice.
    """
    give: list[PlannedOpening] = []
    slips: list[RowSlip] = []
    done, empty = 0, 0
    seen: set[UUID] = set()
    for row in read.rows:
        act_id = act_id_of(row, list_hash)
        found = _owner_of(row, owners)
        if isinstance(found, RowSlip):
            slips.append(found)
            continue
        given = before.acts.get(act_id)
        if given is not None and (given == (found, row.points) or not row.reference):
            done += 1
            continue
        slip = _slip_of(row, found, before, seen, is_used=given is not None, again=again)
        if slip is None and row.expires_on is not None and row.expires_on < today:
            slip = RowSlip(row, "expires", "date_past")
        if slip is not None:
            slips.append(slip)
        elif row.points == 0:
            empty += 1
        else:
            seen.add(found)
            give.append(PlannedOpening(row, found, act_id))
    return OpeningPlan(tuple(give), tuple(slips), done, empty)


def _owner_of(row: OpeningRow, owners: Owners) -> UUID | RowSlip:
    if row.card in owners.ambiguous:
        return RowSlip(row, "card", "card_ambiguous")
    by_card, by_email = owners.cards.get(row.card), owners.emails.get(row.email)
    if row.card and by_card is None:
        return RowSlip(row, "card", "card_unknown")
    if row.email and by_email is None and by_card is None:
        return RowSlip(row, "email", "email_unknown")
    if by_card is not None and by_email is not None and by_card != by_email:
        return RowSlip(row, "email", "two_people")
    found = by_card or by_email
    assert found is not None, "a row names somebody"
    return found


def _slip_of(
    row: OpeningRow,
    member_id: UUID,
    before: Before,
    seen: set[UUID],
    *,
    is_used: bool,
    again: bool,
) -> RowSlip | None:
    who: Column = "card" if row.card else "email"
    if is_used:
        return RowSlip(row, "reference", "reference_used")
    if not row.reference and member_id in seen:
        return RowSlip(row, who, "same_person")
    if not row.reference and not again and member_id in before.opened and row.points:
        return RowSlip(row, who, "already_opened")
    return None
