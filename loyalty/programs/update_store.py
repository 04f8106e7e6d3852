"""Change what a store says about itself."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.contacts import check_contact
from loyalty.programs.hours import check_hours
from loyalty.programs.models import Store

NAME_LENGTH_MAX = 60
STREET_LENGTH_MAX = 120
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What an owner can change about a store; its address and its money stay."""

    name: str
    street: str
    color: str
    hours: str
    contact_kind: str
    contact_value: str


def update_store(
    session: Session, program_id: int, store_id: UUID, *, settings: StoreSettings, country: str
) -> StoreSettings:
    """Keep the new settings and give them back as kept: trimmed, the contact in standard form.

    Errors: `SettingInvalidError` with the field that cannot be kept.
    """
    kept = checked_settings(settings, country=country)
    done = session.execute(
        update(Store)
        .where(Store.program_id == program_id, Store.store_id == store_id)
        .values(
            name=kept.name,
            street=kept.street,
            color=kept.color,
            hours=kept.hours,
            contact_kind=kept.contact_kind,
            contact_value=kept.contact_value,
        )
        .returning(Store.store_id)
    ).one_or_none()
    assert done is not None, "the store was looked up before it was changed"
    return kept


def checked_settings(settings: StoreSettings, *, country: str) -> StoreSettings:
    """Trim and check what an owner typed, without touching the database.

    Errors: `SettingInvalidError` with the field that cannot be kept.
    """
    name, street = settings.name.strip(), settings.street.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise SettingInvalidError(field="name")
    if len(street) > STREET_LENGTH_MAX:
        raise SettingInvalidError(field="street")
    if not _COLOR.fullmatch(settings.color):
        raise SettingInvalidError(field="color")
    return StoreSettings(
        name=name,
        street=street,
        color=settings.color.upper(),
        hours=check_hours(settings.hours),
        contact_kind=settings.contact_kind,
        contact_value=check_contact(settings.contact_kind, settings.contact_value, country=country),
    )
