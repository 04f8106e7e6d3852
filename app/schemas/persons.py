"""A person as the shop's staff may read one: what is known, and the evidence for it."""

from uuid import UUID

from app.schemas.base import MessageIn, MessageOut, Moment


class IdentifierOut(MessageOut):
    """A value that points at the person; `value` is readable for e-mails only."""

    identifier_id: UUID
    kind: str
    value: str | None
    since: Moment


class LinkOut(MessageOut):
    """A piece of evidence that two identifiers are one person, and what it rests on.

    `a_person_id` and `b_person_id` are whose they are now, null for what was erased.
    """

    link_id: str
    a: UUID
    a_person_id: str | None
    b: UUID
    b_person_id: str | None
    kind: str
    strength: int
    basis: str
    event: str
    actor: str
    occurred_at: Moment
    recorded_at: Moment
    active: bool
    refused_rule: str | None
    retracted_at: Moment | None
    retracted_by: str | None
    retracted_reason: str | None


class VisitFactsOut(MessageOut):
    """A web session and where it came from."""

    visit_id: UUID
    started_at: Moment
    channel: str
    source: str
    medium: str
    campaign: str
    landing: str


class SaleLinkOut(MessageOut):
    """A sale and the web session that showed its code: when, which till, which channel.

    `identifier_id` is that session's, `person_id` whose it is now.
    """

    link_id: str
    identifier_id: UUID | None
    person_id: str | None
    sale_id: str | None
    sold_at: Moment | None
    scanned_at: Moment
    till_name: str | None
    store_name: str | None
    visit: VisitFactsOut | None
    consent_given_at: Moment | None


class ConsentOut(MessageOut):
    """One answer to one purpose."""

    purpose: str
    given_at: Moment | None
    refused_at: Moment | None
    withdrawn_at: Moment | None


class CardOut(MessageOut):
    """One carrier of the person's card."""

    card_id: str
    kind: str
    state: str
    created_at: Moment


class HappeningOut(MessageOut):
    """One thing that happened; amounts and points where it has them.

    `identifier_id` is what it came with, for ever; `person_id` whose that is at the time of asking.
    """

    kind: str
    at: Moment
    identifier_id: UUID | None
    identifier_kind: str | None
    person_id: str | None
    points: int | None
    total_minor: int | None
    currency: str | None
    sale_id: str | None
    link_id: str | None
    facts: dict[str, str | int | bool | None]


class OrderedOut(MessageOut):
    """A line of an order; `price_minor` is for a piece or a kilogram, with tax."""

    name: str
    unit: str
    ordered_milli: int
    price_minor: int


class DelegateOut(MessageOut):
    """Somebody else who was to collect an order; the name is forgotten with the contact."""

    name: str
    revoked_at: Moment | None


class HandoffOfOrderOut(MessageOut):
    """An order or a part of it that was given, on which proof, and the sale it became."""

    handed_at: Moment
    proof: str
    sale_id: str


class AccountOut(MessageOut):
    """An account at a network that the person linked, and how it was proved to be theirs."""

    network: str
    account: str
    url: str
    proved_by: str
    since: Moment


class OrderOfPersonOut(MessageOut):
    """One order of the person, with the contact they left for it while it is kept."""

    order_id: UUID
    identifier_id: UUID | None
    person_id: str | None
    number: str
    state: str
    placed_at: Moment
    slot_starts_at: Moment
    total_minor: int
    currency: str
    contact_name: str
    contact_email: str
    contact_phone: str
    note: str
    channel: str | None
    lines: list[OrderedOut]
    delegates: list[DelegateOut]
    handoffs: list[HandoffOfOrderOut]


class PersonStoryOut(MessageOut):
    """Everything the shop may know of one person, with the reason for each part.

    `person_id` is the one in force: an id from before a merge or a split still leads here.
    """

    person_id: str
    display_name: str | None
    member_since: Moment
    points: int
    debt: int
    identifiers: list[IdentifierOut]
    cards: list[CardOut]
    links: list[LinkOut]
    sale_links: list[SaleLinkOut]
    consents: list[ConsentOut]
    orders: list[OrderOfPersonOut]
    accounts: list[AccountOut]
    timeline: list[HappeningOut]


class ExplainQuery(MessageIn):
    """Which identifier is asked about."""

    identifier_id: UUID


class ExplainStepOut(MessageOut):
    """One link on the way, and the identifiers that would leave the person without it."""

    link: LinkOut
    leads_to: IdentifierOut
    alone_without: list[UUID]


class ExplanationOut(MessageOut):
    """Why an identifier belongs to a person, link by link from the first one.

    Of a way of more than a hundred links the first fifty steps and the last fifty are told;
    `left_out` counts those between.
    """

    person_id: str
    start: IdentifierOut
    steps: list[ExplainStepOut]
    left_out: int
