"""A browser that somebody signed in with is theirs, until a second person signs in with it."""

from uuid import UUID

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.queries import (
    LinkFacts,
    PersonFacts,
    links_of_person,
    person_of_card,
)
from loyalty.journeys.card_view import card_privacy
from loyalty.journeys.save_card import JoinAsked, Restored, Saved, ask_to_save, confirm_save
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import relink_own, unlink_own
from tests.support.street import (
    Phone,
    Street,
    browser,
    give_points,
    new_phone,
    open_street,
    points_of,
)


def sign_in(
    database: Database, street: Street, tools: Tools, email: str, tablet: Phone | None
) -> Saved | Restored | JoinAsked:
    """Open the link of the mail in the browser that asked for it."""
    mine = None if tablet is None else browser(database, street, tablet.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        challenge_id = ask_to_save(
            session,
            street.program_id,
            email,
            card_id=None if tablet is None else tablet.card_id,
            store_id=street.store_id,
            language="es",
            tools=tools,
        )
        done = confirm_save(
            session, street.program_id, challenge_id, code=None, shopper=mine, tools=tools
        )
    assert isinstance(done, Saved | Restored | JoinAsked)
    return done


def person(database: Database, street: Street, card_id: str) -> PersonFacts:
    with database.reading(street.program_id) as session:
        assert audit_persons(session, street.program_id) == ()
        found = person_of_card(session, street.program_id, card_id)
    assert found is not None
    return found


def browsers(database: Database, street: Street, card_id: str) -> list[LinkFacts]:
    """List the sign-ins that hold a browser to somebody's card."""
    owner = person(database, street, card_id)
    with database.reading(street.program_id) as session:
        links = links_of_person(session, street.program_id, owner.cluster_id)
    return [each for each in links if each.kind == "device" and each.refused_rule is None]


def test_the_browser_somebody_signs_in_with_is_told_and_comes_off_by_one_tap(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    give_points(database, street, phone.member_id, 12, tools)
    for _ in range(2):
        assert isinstance(sign_in(database, street, tools, "lucia@correo.example", phone), Saved)
    mine = browser(database, street, phone.secret, tools)
    with database.reading(street.program_id) as session:
        told = card_privacy(session, mine).linked
    device = next(each for each in told if each.kind == "device")
    assert (device.links, device.removable, device.link.basis) == (2, True, "contract")
    with database.unit_of_work(street.program_id) as session:
        unlink_own(session, mine, device.link.link_id, tools=tools)
    assert [each.active for each in browsers(database, street, phone.card_id)] == [False, False]
    assert points_of(database, street, phone.member_id, tools) == 12
    with database.unit_of_work(street.program_id) as session:
        relink_own(session, mine, device.link.link_id, tools=tools)
    assert [each.active for each in browsers(database, street, phone.card_id)] == [True, True]


def test_a_card_found_again_knows_the_browser_it_came_back_on(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    sign_in(database, street, tools, "lucia@correo.example", phone)
    again = sign_in(database, street, tools, "lucia@correo.example", None)
    assert isinstance(again, Restored)
    assert (
        len({each.a for each in browsers(database, street, phone.card_id)})
        + len({each.b for each in browsers(database, street, phone.card_id)})
        == 3
    ), "two browsers, one membership"


def test_a_family_tablet_with_three_cards_joins_nobody(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    family = []
    for name in ("ana", "luis", "abuela"):
        phone = new_phone(database, street, tools)
        give_points(database, street, phone.member_id, 10, tools)
        sign_in(database, street, tools, f"{name}@correo.example", phone)
        family.append((phone, f"{name}@correo.example"))
    tablet = family[0][0]
    assert len(browsers(database, street, tablet.card_id)) == 1, "Ana's alone so far"
    before = {phone.card_id: person(database, street, phone.card_id) for phone, _ in family}
    for _, email in family[1:]:
        assert isinstance(sign_in(database, street, tools, email, tablet), JoinAsked)
    persons = {phone.card_id: person(database, street, phone.card_id) for phone, _ in family}
    members: set[UUID | None] = {each.open_member_id for each in persons.values()}
    assert members == {phone.member_id for phone, _ in family}
    assert {own: each.person_id for own, each in persons.items()} == {
        own: each.person_id for own, each in before.items()
    }
    assert browsers(database, street, tablet.card_id) == [], "the tablet is nobody's any more"
    assert [points_of(database, street, phone.member_id, tools) for phone, _ in family] == [10] * 3


def test_a_link_opened_in_another_browser_says_nothing_of_the_one_that_asked(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone, other = (new_phone(database, street, tools) for _ in range(2))
    there = browser(database, street, other.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        challenge_id = ask_to_save(
            session,
            street.program_id,
            "lucia@correo.example",
            card_id=phone.card_id,
            store_id=street.store_id,
            language="es",
            tools=tools,
        )
        done = confirm_save(
            session, street.program_id, challenge_id, code=None, shopper=there, tools=tools
        )
    assert isinstance(done, Saved)
    assert browsers(database, street, phone.card_id) == []
    assert browsers(database, street, other.card_id) == []
