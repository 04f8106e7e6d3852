"""An owner starts: a program with its first store, the keys of its codes, and a rule to earn by."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.keys import create_ring
from loyalty.journeys.tools import Tools
from loyalty.points.earning.rulesets import set_earning_rule
from loyalty.programs.create import StoreDraft, create_program_row, create_store
from loyalty.programs.queries import staff_of
from loyalty.programs.staff import give_role, hire

# One point for each whole euro, until the owner says otherwise.
RULE_POINTS = 1
RULE_PER_MINOR = 100


@dataclass(frozen=True, slots=True)
class ProgramDraft:
    """What is asked when a program starts; everything but the money can be changed later."""

    name: str
    store_name: str
    slug: str
    owner_email: str
    owner_name: str
    language: str = "es"
    time_zone: str = "Europe/Madrid"
    currency: str = "EUR"
    country: str = "ES"
    color: str = "#2F6B4F"
    hours: str = ""
    is_demo: bool = False
    street: str = ""
    contact_kind: str = "none"
    contact_value: str = ""


@dataclass(frozen=True, slots=True)
class CreatedProgram:
    """What came to be."""

    program_id: int
    store_id: UUID
    staff_id: UUID


def create_program(
    session: Session, draft: ProgramDraft, *, program_id: int, tools: Tools
) -> CreatedProgram:
    """Create a program with one store, its owner, its key ring and its earning rule.

    Raises `ProgramExistsError` when the id is taken, `StoreAddressTakenError` when the slug is,
    `SettingInvalidError` or `EmailInvalidError` for what cannot be.
    """
    now = tools.clock.now()
    create_program_row(
        session,
        program_id,
        name=draft.name,
        language=draft.language,
        is_demo=draft.is_demo,
        at=now,
    )
    store = StoreDraft(
        name=draft.store_name,
        slug=draft.slug,
        language=draft.language,
        time_zone=draft.time_zone,
        currency=draft.currency,
        country=draft.country,
        color=draft.color,
        hours=draft.hours,
        street=draft.street,
        contact_kind=draft.contact_kind,
        contact_value=draft.contact_value,
    )
    store_id = create_store(session, program_id, store, at=now)
    staff_id = hire(
        session,
        program_id,
        display_name=draft.owner_name,
        email=draft.owner_email,
        language=draft.language,
        at=now,
    )
    give_role(session, program_id, staff_id, store_id=store_id, role="owner")
    set_earning_rule(
        session,
        program_id,
        points=RULE_POINTS,
        per_minor=RULE_PER_MINOR,
        currency=draft.currency,
        at=now,
    )
    create_ring(session, program_id, keys=tools.keys, at=now)
    return CreatedProgram(program_id=program_id, store_id=store_id, staff_id=staff_id)


def add_store(session: Session, program_id: int, draft: StoreDraft, *, tools: Tools) -> UUID:
    """Add a store to a program; whoever owns the program owns it too.

    Raises `StoreAddressTakenError` when the slug is taken, `SettingInvalidError` for what
    cannot be.
    """
    store_id = create_store(session, program_id, draft, at=tools.clock.now())
    for person in staff_of(session, program_id):
        if "owner" in person.roles.values():
            give_role(session, program_id, person.staff_id, store_id=store_id, role="owner")
    return store_id
