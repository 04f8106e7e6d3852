"""Write a program, its stores and how they present themselves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new
from loyalty.kernel.ids import new_id
from loyalty.programs import rules
from loyalty.programs.errors import ProgramExistsError, StoreAddressTakenError
from loyalty.programs.models import Program, Store, StoreAddress
from loyalty.programs.update_store import StoreSettings, checked_settings


@dataclass(frozen=True, slots=True)
class StoreDraft:
    """What an owner says about a store; checked when it is written."""

    name: str
    slug: str
    language: str
    time_zone: str
    currency: str
    country: str
    color: str = "#2F6B4F"
    hours: str = ""
    street: str = ""
    contact_kind: str = "none"
    contact_value: str = ""


def create_program_row(
    session: Session, program_id: int, *, name: str, language: str, is_demo: bool, at: datetime
) -> None:
    """Write the program itself; raises `ProgramExistsError` when the id is taken."""
    is_new = insert_new(
        session,
        Program,
        {
            "program_id": program_id,
            "name": rules.name_checked(name),
            "language": rules.language_checked(language),
            "is_demo": is_demo,
            "created_at": at,
        },
    )
    if not is_new:
        raise ProgramExistsError


def create_store(session: Session, program_id: int, draft: StoreDraft, *, at: datetime) -> UUID:
    """Write a store and its public address.

    Raises `StoreAddressTakenError` when another store of this server has the address, and
    `SettingInvalidError` for a value that cannot be.
    """
    slug = rules.slug_checked(draft.slug)
    store_id = new_id(at)
    country = rules.country_checked(draft.country)
    look = StoreSettings(
        name=draft.name,
        street=draft.street,
        color=draft.color,
        hours=draft.hours,
        contact_kind=draft.contact_kind,
        contact_value=draft.contact_value,
    )
    kept = checked_settings(look, country=country)
    session.add(
        Store(
            program_id=program_id,
            store_id=store_id,
            name=kept.name,
            slug=slug,
            street=kept.street,
            time_zone=rules.time_zone_checked(draft.time_zone),
            country=country,
            currency=rules.currency_checked(draft.currency),
            language=rules.language_checked(draft.language),
            color=kept.color,
            hours=kept.hours,
            contact_kind=kept.contact_kind,
            contact_value=kept.contact_value,
            created_at=at,
        )
    )
    session.flush()
    address = {"slug": slug, "program_id": program_id, "store_id": store_id}
    if not insert_new(session, StoreAddress, address):
        raise StoreAddressTakenError(slug=slug)
    return store_id
