"""What is read of persons, identifiers and evidence: plain facts, with nothing behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person as computed now."""

    person_id: str
    cluster_id: UUID
    size: int
    open_member_id: UUID | None


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person with a membership that is open, and what it says of them."""

    person_id: str
    member_id: UUID
    display_name: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A membership; `display_name` is none for an anonymous one."""

    member_id: UUID
    store_id: UUID
    display_name: str | None
    language: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class IdentifierFacts:
    """An identifier of a person; `value` is readable for e-mails only."""

    identifier_id: UUID
    kind: str
    first_occurred_at: datetime
    state: str
    value: str | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A piece of evidence with everything that explains it."""

    link_id: str
    a: UUID
    a_kind: str
    b: UUID
    b_kind: str
    kind: str
    strength: int
    occurred_at: datetime
    recorded_at: datetime
    event: str
    actor: str
    basis: str
    consent_id: UUID | None
    stays: UUID | None
    reason: str | None
    active: bool
    refused_rule: str | None
    retracted_at: datetime | None
    retracted_by: str | None
    retracted_reason: str | None
