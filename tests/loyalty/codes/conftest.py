"""A shop with one card and two tills: what the codes room stands on."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import insert

from loyalty.codes.cards import create_card
from loyalty.codes.keys import create_ring
from loyalty.db.session import Database
from loyalty.identity.models import Member
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys
from loyalty.programs.models import Till
from tests.support.clock import ManualClock
from tests.support.town import PROGRAM_ID, build_town


@dataclass(frozen=True, slots=True)
class Shop:
    program_id: int
    store_id: UUID
    till_id: UUID
    other_till_id: UUID
    member_id: UUID
    card_id: str


def build_shop(
    database: Database, keys: ServerKeys, clock: ManualClock, *, program_id: int = PROGRAM_ID
) -> Shop:
    at = clock.now()
    store_id = build_town(database, clock, program_id=program_id).bakery_id
    member_id, till_id, other_till_id = (new_id(at) for _ in range(3))
    with database.unit_of_work(program_id) as session:
        for till in (till_id, other_till_id):
            session.execute(
                insert(Till).values(
                    program_id=program_id,
                    till_id=till,
                    store_id=store_id,
                    name="Caja",
                    kind="browser",
                    key_hash="",
                    paired_at=at,
                )
            )
        session.execute(
            insert(Member).values(
                program_id=program_id,
                member_id=member_id,
                store_id=store_id,
                language="es",
                joined_at=at,
            )
        )
        create_ring(session, program_id, keys=keys, at=at)
        card = create_card(session, program_id, member_id, store_id=store_id, kind="phone", at=at)
        card_id = card.card_id
    return Shop(program_id, store_id, till_id, other_till_id, member_id, card_id)


@pytest.fixture
def shop(database: Database, keys: ServerKeys, clock: ManualClock) -> Shop:
    return build_shop(database, keys, clock)
