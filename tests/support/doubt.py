"""Two persons who may be one: two memberships that gave the same address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.members import rename_member
from loyalty.identity.queries import open_member_of_card, person_of_card
from tests.support.service import Service, Shop, give_card


@dataclass(frozen=True, slots=True)
class Doubt:
    """The two memberships, their cards and persons, and the evidence that was refused."""

    one: UUID
    other: UUID
    card_ids: tuple[str, str]
    person_ids: tuple[str, str]
    link_id: str


def doubt(service: Service, shop: Shop, *, email: str = "lu@correo.example") -> Doubt:
    """Let a second card give the address that the shop's first card gave."""
    parts, program_id = service.services, shop.program_id
    other_card = give_card(service, shop.program)[0]
    with parts.database.unit_of_work(program_id) as session:
        at = parts.tools.clock.now()
        known = ensure_identifier(session, program_id, "email", email, at=at, keys=parts.tools.keys)
        members: list[UUID] = []
        link_id = ""
        for turn, card_id in enumerate((shop.card_id, other_card)):
            member_id = open_member_of_card(session, program_id, card_id)
            assert member_id is not None
            members.append(member_id)
            draft = LinkDraft(
                program_id=program_id,
                kind="email",
                a=known.identifier_id,
                b=member_id,
                event=f"challenge:{turn}",
                occurred_at=at - timedelta(minutes=9 - turn),
                actor="shopper",
            )
            link_id = add_link(session, draft, at=at).link_id
        rename_member(session, program_id, members[0], display_name="Lucía F.")
        rename_member(session, program_id, members[1], display_name="Lucía Fdez.")
        persons = [person_of_card(session, program_id, each) for each in (shop.card_id, other_card)]
    one, other = persons
    assert one is not None
    assert other is not None
    return Doubt(
        members[0],
        members[1],
        (shop.card_id, other_card),
        (one.person_id, other.person_id),
        link_id,
    )
