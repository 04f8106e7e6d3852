"""An owner brings the balances of an older program: read, held against the members, given once."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.codes.printed import cards_beginning
from loyalty.db.session import Database
from loyalty.identity.lookup import members_of_cards, members_of_emails, standing_members
from loyalty.journeys.tools import Tools
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.points.create_wallet import ensure_wallets
from loyalty.points.open_balances import Opening, open_balances
from loyalty.points.opening_list import CARD_LENGTH, OpeningList, OpeningRow, read_openings
from loyalty.points.opening_plan import (
    Before,
    OpeningPlan,
    Owners,
    PlannedOpening,
    act_id_of,
    plan_openings,
)
from loyalty.points.openings import members_opened, openings_of_acts
from loyalty.points.posting import Act
from loyalty.programs.queries import StoreFacts

PART_ROWS: Final = 2000


@dataclass(frozen=True, slots=True)
class KeptBalances:
    """A list that an owner wants given; `again` gives to those who had a balance opened, too."""

    data: bytes
    mark: DecimalMark | None
    again: bool
    made_by: str


@dataclass(frozen=True, slots=True)
class BalancesKept:
    """How many rows were given in this step, their points, and how many rows are still to come."""

    rows: int
    points: int
    left: int


def plan_balances(
    session: Session, store: StoreFacts, read: OpeningList, told: KeptBalances, *, tools: Tools
) -> OpeningPlan:
    """Say what giving a list would do now."""
    program_id, listed = store.program_id, hash_of(told.data)
    acts = openings_of_acts(session, program_id, {act_id_of(row, listed) for row in read.rows})
    stand = standing_members(session, program_id, {one.member_id for one in acts.values()})
    owners = _owners(session, program_id, read.rows, tools=tools)
    members = {*owners.cards.values(), *owners.emails.values()}
    before = Before(
        acts={
            act_id: (stand.get(one.member_id, one.member_id), one.points)
            for act_id, one in acts.items()
        },
        opened=members_opened(session, program_id, members),
    )
    today = tools.clock.now().astimezone(ZoneInfo(store.time_zone)).date()
    return plan_openings(read, owners, before, list_hash=listed, today=today, again=told.again)


def keep_balances(
    database: Database, told: KeptBalances, store: StoreFacts, *, seconds: float, tools: Tools
) -> BalancesKept | None:
    """Give what a list says, in short acts, for some seconds; done again it goes on where it was.

    None while nobody has said how the list's decimals are written: nothing is given then.
    Errors: `ListUnreadableError`.
    """
    read, is_asked = read_openings(told.data, mark=told.mark)
    if is_asked:
        return None
    with database.reading(store.program_id) as session:
        plan = plan_balances(session, store, read, told, tools=tools)
    ends, points = time.monotonic() + seconds, 0
    for first in range(0, len(plan.give), PART_ROWS):
        if first and time.monotonic() > ends:
            return BalancesKept(first, points, len(plan.give) - first)
        part = plan.give[first : first + PART_ROWS]
        with database.unit_of_work(store.program_id) as session:
            _give(session, store, part, told.made_by, tools=tools)
        points += sum(one.row.points for one in part)
    return BalancesKept(len(plan.give), points, 0)


def hash_of(data: bytes) -> str:
    """Name a file by what is in it: the same file is the same acts."""
    return hashlib.sha256(data).hexdigest()[:32]


def _give(
    session: Session,
    store: StoreFacts,
    part: tuple[PlannedOpening, ...],
    made_by: str,
    *,
    tools: Tools,
) -> None:
    at = tools.clock.now()
    ends: Mapping[date | None, datetime | None] = {
        day: None if day is None else _day_end(day, store.time_zone)
        for day in {one.row.expires_on for one in part}
    }
    members = {one.member_id for one in part}
    wallets = ensure_wallets(session, store.program_id, members, at=at)
    basis = json.dumps({"actor": made_by})
    openings = [
        Opening(
            wallet_id=wallets[one.member_id],
            act=Act(
                one.act_id,
                occurred_at=at,
                subject=one.act_id,
                store_id=store.store_id,
                basis=basis,
            ),
            points=one.row.points,
            expires_at=ends[one.row.expires_on],
        )
        for one in part
    ]
    open_balances(session, store.program_id, openings, at=at)


def _owners(
    session: Session, program_id: int, rows: tuple[OpeningRow, ...], *, tools: Tools
) -> Owners:
    """Find whose the cards and addresses are; a card also by the letters printed on it."""
    told = {row.card for row in rows if row.card}
    whole = {letters for letters in told if len(letters) == CARD_LENGTH}
    begun = cards_beginning(session, program_id, told - whole)
    ambiguous = {letters for letters, (first, last) in begun.items() if first != last}
    named = {letters: letters for letters in whole}
    named |= {letters: begun[letters][0] for letters in begun.keys() - ambiguous}
    members = members_of_cards(session, program_id, set(named.values()))
    emails = {row.email for row in rows if row.email}
    return Owners(
        cards={
            letters: members[card_id] for letters, card_id in named.items() if card_id in members
        },
        emails=members_of_emails(session, program_id, emails, keys=tools.keys),
        ambiguous=frozenset(ambiguous),
    )


def _day_end(day: date, zone: str) -> datetime:
    """Say when a day is over, by the store's calendar."""
    after = datetime.combine(day + timedelta(days=1), clock_time(), tzinfo=ZoneInfo(zone))
    return after.astimezone(UTC)
