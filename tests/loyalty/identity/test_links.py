"""Evidence joins, refuses, comes off and goes back on."""

from dataclasses import replace

import pytest

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.cannot_link import NotTheSame, declare_not_the_same
from loyalty.identity.consents import WEB_VISITS, Wording, record_answer, withdraw
from loyalty.identity.errors import ConsentNeededError, IdentifierBlockedError, LinkUnknownError
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import (
    LinkDraft,
    LinkResult,
    add_link,
    links_of_consent,
    restore_link,
    retract_link,
)
from loyalty.identity.members import create_member
from loyalty.identity.queries import (
    open_member_of_card,
    person_by_id,
    person_of_card,
    person_of_identifier,
)
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from tests.support.clock import ManualClock
from tests.support.town import Town, build_town

CARD = "00112233445566aa"
OTHER_CARD = "00112233445566bb"


@pytest.fixture
def town(database: Database, clock: ManualClock) -> Town:
    return build_town(database, clock)


def test_a_card_earns_for_its_member(database: Database, town: Town, tools: Tools) -> None:
    with database.unit_of_work(town.program_id) as session:
        at = tools.clock.now()
        member_id = create_member(
            session, town.program_id, store_id=town.bakery_id, language="es", at=at, keys=tools.keys
        ).member_id
        card = ensure_identifier(session, town.program_id, "card", CARD, at=at, keys=tools.keys)
        draft = LinkDraft(
            program_id=town.program_id,
            kind="card",
            a=card.identifier_id,
            b=member_id,
            event=f"card:{CARD}",
            occurred_at=at,
            actor="shopper",
        )
        first = add_link(session, draft, at=at)
        again = add_link(session, draft, at=at)
    assert first.is_new
    assert not again.is_new
    assert again.link_id == first.link_id
    with database.reading(town.program_id) as session:
        assert open_member_of_card(session, town.program_id, CARD) == member_id
        assert open_member_of_card(session, town.program_id, OTHER_CARD) is None
        person = person_of_card(session, town.program_id, CARD)
        assert person is not None
        assert person.size == 2
        assert audit_persons(session, town.program_id) == ()


def test_a_split_gives_both_their_former_ids_back(
    database: Database, town: Town, tools: Tools, clock: ManualClock
) -> None:
    program_id = town.program_id
    with database.unit_of_work(program_id) as session:
        at = clock.now()
        card = ensure_identifier(session, program_id, "card", CARD, at=at, keys=tools.keys)
        email = ensure_identifier(
            session,
            program_id,
            "email",
            "Lucia@Correo.example",
            at=clock.advance(minutes=1),
            keys=tools.keys,
        )
        alone = person_of_identifier(session, program_id, email.identifier_id)
        result = add_link(
            session,
            LinkDraft(
                program_id=program_id,
                kind="email",
                a=email.identifier_id,
                b=card.identifier_id,
                event="challenge:1",
                occurred_at=clock.now(),
                actor="shopper",
            ),
            at=clock.now(),
        )
    assert alone is not None
    assert result.person_id != alone.person_id
    with database.unit_of_work(program_id) as session:
        joined = person_by_id(session, program_id, alone.person_id)
        assert joined is not None
        assert joined.person_id == result.person_id
        link_id = result.link_id
        assert retract_link(session, program_id, link_id, actor="shopper", at=clock.now())
        assert not retract_link(session, program_id, link_id, actor="shopper", at=clock.now())
        split = person_of_identifier(session, program_id, email.identifier_id)
        assert split is not None
        assert split.person_id == alone.person_id
        assert audit_persons(session, program_id) == ()
        assert restore_link(session, program_id, link_id, actor="shopper", at=clock.now())
        assert not restore_link(session, program_id, link_id, actor="shopper", at=clock.now())
        back = person_of_identifier(session, program_id, email.identifier_id)
        assert back is not None
        assert back.person_id == result.person_id
        assert audit_persons(session, program_id) == ()


@pytest.mark.parametrize("value", ["", "0000", "null", "undefined", "[object Object]", "anonymous"])
def test_a_value_that_stands_for_nobody_joins_nobody(
    database: Database, town: Town, tools: Tools, value: str
) -> None:
    with (
        pytest.raises(IdentifierBlockedError),
        database.unit_of_work(town.program_id) as session,
    ):
        ensure_identifier(
            session, town.program_id, "email", value, at=tools.clock.now(), keys=tools.keys
        )


def test_a_link_nobody_made_cannot_be_retracted(
    database: Database, town: Town, tools: Tools
) -> None:
    with pytest.raises(LinkUnknownError), database.unit_of_work(town.program_id) as session:
        retract_link(session, town.program_id, "0" * 64, actor="shopper", at=tools.clock.now())


def test_what_is_not_the_same_comes_apart_and_stays_apart(
    database: Database, town: Town, tools: Tools
) -> None:
    program_id, at = town.program_id, tools.clock.now()
    with database.unit_of_work(program_id) as session:
        card, email = (
            ensure_identifier(session, program_id, kind, value, at=at, keys=tools.keys)
            for kind, value in (("card", CARD), ("email", "lucia@correo.example"))
        )
        said = NotTheSame(
            program_id,
            card.identifier_id,
            email.identifier_id,
            actor="staff:1",
            reason="Es el correo de su hermana",
        )

        def link(event: str) -> LinkResult:
            draft = LinkDraft(
                program_id=program_id,
                kind="email",
                a=email.identifier_id,
                b=card.identifier_id,
                event=event,
                occurred_at=at,
                actor="shopper",
            )
            return add_link(session, draft, at=at)

        before = link("challenge:1")
        assert declare_not_the_same(session, said, at=at)
        assert not declare_not_the_same(session, said, at=at)
        after = link("challenge:2")
        assert audit_persons(session, program_id) == ()
    assert before.refused_rule is None
    assert after.refused_rule == "cannot_link"
    assert after.person_id != before.person_id


def test_a_link_without_a_living_consent_is_not_kept(
    database: Database, town: Town, tools: Tools
) -> None:
    program_id, at = town.program_id, tools.clock.now()
    with database.unit_of_work(program_id) as session:
        member = create_member(
            session, program_id, store_id=town.bakery_id, language="es", at=at, keys=tools.keys
        )
        consent_id = record_answer(
            session,
            program_id,
            member.member_id,
            purpose=WEB_VISITS,
            accepted=True,
            wording=Wording("Unir mis visitas", "es"),
            at=at,
        )
        visit = ensure_identifier(
            session, program_id, "session", str(new_id(at)), at=at, keys=tools.keys
        )
        draft = LinkDraft(
            program_id=program_id,
            kind="session",
            a=visit.identifier_id,
            b=member.member_id,
            event="sale:1",
            occurred_at=at,
            actor="till:1",
            consent_id=consent_id,
        )
        link = add_link(session, draft, at=at)
        assert links_of_consent(session, program_id, consent_id) == [link.link_id]
        assert withdraw(session, program_id, consent_id, at=at)
        assert not withdraw(session, program_id, consent_id, at=at)
        with pytest.raises(ConsentNeededError):
            add_link(session, replace(draft, event="sale:2"), at=at)
        retract_link(session, program_id, link.link_id, actor="shopper", at=at)
        with pytest.raises(ConsentNeededError):
            restore_link(session, program_id, link.link_id, actor="shopper", at=at)
        assert audit_persons(session, program_id) == ()
