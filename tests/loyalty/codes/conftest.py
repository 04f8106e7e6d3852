"""A shop with one card and one till: what the codes room stands on."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from loyalty.codes.cards import create_card
from loyalty.codes.keys import create_ring
from loyalty.db.session import Database
from loyalty.db.writes import table_of
from loyalty.identity.models import Member
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys
from loyalty.programs.models import Program, Store, Till
from tests.support.clock import MONDAY_MORNING, ManualClock

PROGRAM = 20260302


@dataclass(frozen=True, slots=True)
class Shop:
    program_id: int
    store_id: UUID
    till_id: UUID
    other_till_id: UUID
    member_id: UUID
    card_id: str


def build_shop(database: Database, keys: ServerKeys, program_id: int = PROGRAM) -> Shop:
    at = MONDAY_MORNING
    store_id, member_id, till_id, other_till_id = (new_id(at) for _ in range(4))
    rows: list[tuple[type[Program | Store | Till | Member], dict[str, object]]] = [
        (Program, {"name": "Barrio", "language": "es", "is_demo": False, "created_at": at}),
        (
            Store,
            {
                "store_id": store_id,
                "name": "Panadería",
                "slug": "PANADERIA",
                "street": "",
                "time_zone": "Europe/Madrid",
                "country": "ES",
                "currency": "EUR",
                "language": "es",
                "color": "#2F6B4F",
                "hours": "",
                "contact_kind": "none",
                "contact_value": "",
                "created_at": at,
            },
        ),
        *(
            (
                Till,
                {
                    "till_id": till,
                    "store_id": store_id,
                    "name": "Caja",
                    "kind": "browser",
                    "key_hash": "",
                    "paired_at": at,
                    "revoked_at": None,
                    "last_seen_at": None,
                },
            )
            for till in (till_id, other_till_id)
        ),
        (
            Member,
            {
                "member_id": member_id,
                "store_id": store_id,
                "display_name": None,
                "language": "es",
                "joined_at": at,
            },
        ),
    ]
    with database.unit_of_work(program_id) as session:
        for model, values in rows:
            session.execute(table_of(model).insert().values(program_id=program_id, **values))
        create_ring(session, program_id, keys=keys, at=at)
        card = create_card(session, program_id, member_id, store_id=store_id, kind="phone", at=at)
        return Shop(program_id, store_id, till_id, other_till_id, member_id, card.card_id)


@pytest.fixture
def shop(database: Database, keys: ServerKeys, clock: ManualClock) -> Shop:
    assert clock.now() == MONDAY_MORNING
    return build_shop(database, keys)
