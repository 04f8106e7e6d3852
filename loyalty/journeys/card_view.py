"""What a shopper sees: points, what comes next, every act and its reason, what is linked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from loyalty.identity.consents import ConsentFacts
from loyalty.identity.queries import LinkFacts
from loyalty.journeys.history import HistoryMonth, HistoryRow
from loyalty.points.rules import RewardAhead, RewardFacts


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier of the person's card: a phone or a printed card."""

    card_id: str
    kind: str
    state: str
    is_this_phone: bool
    created_at: datetime
    claimed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class LinkedThing:
    """Something that is linked to the card, for the privacy page.

    `kind` is "session", "email" or "join"; `link` is the latest evidence and `links` how much of
    it there is; `masked` an e-mail that only its owner recognizes. `removable` by `unlink_own`
    (or by `undo_join` for joins); a retracted one can be put back when the shopper took it off.
    """

    kind: str
    link: LinkFacts
    links: int
    masked: str
    sale_at: datetime | None
    till_name: str | None
    channel: str | None
    consent_given_at: datetime | None
    removable: bool
    restorable: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """A shopper's card as its page shows it.

    `earned` and `used` are all points that ever came in and went out (`used` is not negative);
    `display_name` is none for an anonymous card; `version` changes when anything here does.
    """

    program_id: int
    card_id: str
    card_state: str
    person_id: str
    member_id: UUID
    display_name: str | None
    member_since: datetime
    points: int
    debt: int
    earned: int
    used: int
    next_reward: RewardAhead | None
    rewards_in_reach: tuple[RewardFacts, ...]
    rewards: tuple[RewardFacts, ...]
    last_act: HistoryRow | None
    last_sale: HistoryRow | None
    purchases: int
    version: str


@dataclass(frozen=True, slots=True)
class CardHistory:
    """Every act of a card, month by month, newest first."""

    points: int
    debt: int
    earned: int
    used: int
    months: tuple[HistoryMonth, ...]


@dataclass(frozen=True, slots=True)
class CardPrivacy:
    """What is linked to a card and why, what was accepted and refused, and the carriers."""

    person_id: str
    created_at: datetime
    purchases: int
    carriers: tuple[CarrierFacts, ...]
    linked: tuple[LinkedThing, ...]
    consents: tuple[ConsentFacts, ...]
    emails: tuple[str, ...]
