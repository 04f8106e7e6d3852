"""One person's whole story on one page: four questions, what happened, and why it is one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from loyalty.identity.consents import ConsentFacts
from loyalty.identity.queries import IdentifierFacts, LinkFacts, MemberFacts
from loyalty.journeys.card_view import CarrierFacts
from loyalty.journeys.history import HistoryRow
from loyalty.kernel.errors import Fact
from loyalty.visits.queries import NoteFacts, VisitFacts

HappeningKind = Literal[
    "visit",  # a linked web session; facts: channel, source, campaign, landing, pages
    "scan",  # a code read at a till without a sale after it; facts: outcome, till_name
    "sale",
    "refund",
    "moved_away",
    "moved_here",
    "joined",
    "joined_away",
    "join_undone",
    "note",  # facts: text, reply_to, read
    "consent",  # facts: purpose, answer ("given", "refused", "withdrawn"), wording
    "card",  # a carrier came or went; facts: card_kind, change ("made", "claimed", "void")
    "email",  # an address was confirmed; facts: masked
    "message",  # what we told them; facts: topic, state
    "link",  # evidence joined something; facts: link_kind, link_id
    "unlink",  # … or it was taken back; facts: link_kind, link_id, actor
]


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of a person's story; `row` has the amounts and points of sales and the like."""

    kind: HappeningKind
    at: datetime
    row: HistoryRow | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    link: LinkFacts | None = None


@dataclass(frozen=True, slots=True)
class SaleLink:
    """Why a sale and a web session are one person: which code, which till, which channel.

    The phone that opened the visit showed a live code, and this till read it at that moment.
    """

    link: LinkFacts
    sale_id: str | None
    sold_at: datetime | None
    scanned_at: datetime
    till_name: str | None
    store_name: str | None
    visit: VisitFacts | None
    consent_given_at: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """What do we know: habits, told from at least three purchases."""

    purchases: int
    spent_minor: int
    currency: str | None
    usual_minor: int | None
    weekdays: tuple[int, ...]  # 0 is Monday; the days most purchases fall on
    last_sale_at: datetime | None
    member_since: datetime
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What did we tell them: the last message, and whether it was sent."""

    topic: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """How did they react: the first thing they did after we told them something or they bought."""

    kind: HappeningKind
    at: datetime
    after_s: int


@dataclass(frozen=True, slots=True)
class FourQuestions:
    """What do we know, what did we tell them, what happened last, how did they react."""

    known: Known
    told: Told | None
    last: Happening | None
    reaction: Reaction | None


@dataclass(frozen=True, slots=True)
class PersonStory:
    """Everything a shop may know of one person, and the reason for each part."""

    person_id: str
    display_name: str | None
    points: int
    debt: int
    wallet_id: UUID | None
    members: tuple[MemberFacts, ...]
    open_member_id: UUID | None
    questions: FourQuestions
    timeline: tuple[Happening, ...]
    identifiers: tuple[IdentifierFacts, ...]
    links: tuple[LinkFacts, ...]
    sale_links: tuple[SaleLink, ...]
    carriers: tuple[CarrierFacts, ...]
    consents: tuple[ConsentFacts, ...]
    notes: tuple[NoteFacts, ...]


@dataclass(frozen=True, slots=True)
class PersonFound:
    """One row of the list of persons."""

    person_id: str
    display_name: str | None
    member_since: datetime
    points: int
    purchases: int
    last_sale_at: datetime | None
    has_email: bool
    card_ids: tuple[str, ...]
