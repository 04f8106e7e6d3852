"""Somebody with very many identifiers: the pages tell some, say how many, and lead to the rest."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.queries import person_of_card
from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop

MANY = 130


@pytest.fixture
def person_path(service: Service, shop: Shop) -> str:
    """Let staff have said of very many customer numbers that they are of the shop's card."""
    tools, at = service.services.tools, service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        person = person_of_card(session, shop.program_id, shop.card_id)
        assert person is not None
        assert person.open_member_id is not None
        for turn in range(MANY):
            when = at + timedelta(seconds=turn)
            number = ensure_identifier(
                session, shop.program_id, "vendor", f"square:C{turn:06}", at=when, keys=tools.keys
            )
            _said(session, shop.program_id, number.identifier_id, person.open_member_id, turn, when)
    with service.services.database.reading(shop.program_id) as session:
        now = person_of_card(session, shop.program_id, shop.card_id)
    assert now is not None
    return f"/admin/people/{now.person_id}"


def _said(
    session: Session, program_id: int, one: UUID, member: UUID, turn: int, when: datetime
) -> None:
    draft = LinkDraft(
        program_id=program_id,
        kind="staff",
        a=one,
        b=member,
        event=f"staff:{turn}",
        occurred_at=when,
        actor="staff:1",
        reason="su número de siempre",
    )
    add_link(session, draft, at=when)


def told(page: Visitor, what: str) -> int:
    return page.text.count(what)


def test_the_person_page_tells_some_reasons_and_leads_to_all(
    service: Service, shop: Shop, person_path: str
) -> None:
    owner = staff_visitor(service, shop, "owner")
    owner.open(person_path)
    assert told(owner, 'id="proof-') == 60
    assert "131 uniones" in owner.text
    assert "Ver más pruebas" in owner.text
    owner.open(f"{person_path}?show=all&rows=120")
    assert told(owner, 'id="proof-') == 120
    owner.open(f"{person_path}?show=all&rows=240")
    assert told(owner, 'id="proof-') == MANY + 1
    assert "Ver más pruebas" not in owner.text


def test_the_shopper_finds_a_way_out_beside_each_link_however_many(
    service: Service, shop: Shop, person_path: str
) -> None:
    assert person_path
    mine = visitor(service)
    mine.client.set_cookie("enlaza-card", shop.shopper)
    mine.open("/card/privacy")
    assert told(mine, 'action="/card/privacy/unlink"') == 63
    assert f"{MANY - 3} uniones más" in mine.text
    assert 'href="/card/privacy?rows=120#more"' in mine.text
    for rows in ("120", "240"):
        mine.open(f"/card/privacy?rows={rows}")
    assert told(mine, 'action="/card/privacy/unlink"') == MANY
    assert "Ver más" not in mine.text
