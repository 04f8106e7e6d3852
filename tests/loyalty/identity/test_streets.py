"""What happens in shops: shared tablets, kiosks, invented numbers, two people on one session."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.identity.errors import IdentifierUnknownError
from loyalty.identity.states import block_identifier
from loyalty.identity.values import vendor_value
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.wire.refusals import Refusal
from tests.support.clock import ManualClock
from tests.support.town import build_town
from tests.support.who import Who


@pytest.fixture
def who(database: Database, clock: ManualClock, tools: Tools) -> Iterator[Who]:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        yield Who(session, town.program_id, town.bakery_id, tools)


def block(who: Who, identifier_id: UUID, *, blocked: bool) -> bool:
    return block_identifier(
        who.session, who.program_id, identifier_id, blocked=blocked, actor="staff:1", at=who.at
    )


def test_a_family_tablet_with_three_cards_joins_none_of_them(who: Who) -> None:
    tablet = who.identifier("device", "tablet of the kitchen")
    family = [who.shopper() for _ in range(3)]
    first = who.link("device", tablet, family[0][0])
    assert who.are_one(tablet, family[0][0])
    others = [who.link("device", tablet, card) for _, card in family[1:]]
    assert {link.refused_rule for link in others} == {"not_joining"}
    assert len({who.person(card).person_id for _, card in family}) == 3
    assert not who.are_one(tablet, family[0][0]), "what it joined before is judged again"
    who.check()
    for link in others:
        who.retract(link)
    assert who.are_one(tablet, *family[0]), "and once more when it is one person's"
    who.check()
    assert first.refused_rule is None


def test_the_tablet_of_two_cards_that_one_person_joined_belongs_to_them(who: Who) -> None:
    (ana, card), (again, other) = who.shopper(), who.shopper()
    tablet = who.identifier("device", "browser 7")
    who.link("device", tablet, card)
    who.link("join", ana, again)
    assert who.are_one(card, other, tablet)
    who.check()


def test_a_kiosk_that_staff_block_joins_nobody_again(who: Who) -> None:
    kiosk = who.identifier("device", "tablet at the door")
    ana, card = who.shopper()
    who.link("device", kiosk, ana)
    assert who.are_one(kiosk, card)
    assert block(who, kiosk, blocked=True)
    assert not block(who, kiosk, blocked=True)
    assert not who.are_one(kiosk, card)
    stranger = who.web_session()
    luis, _ = who.shopper()
    assert who.link("device", kiosk, luis).refused_rule == "not_joining"
    assert not who.are_one(stranger, ana)
    who.check()
    assert block(who, kiosk, blocked=False)
    assert not who.are_one(kiosk, card), "two members were seen on it by now"
    who.check()


def test_a_value_nobody_used_cannot_be_blocked(who: Who) -> None:
    with pytest.raises(IdentifierUnknownError) as refused:
        block(who, new_id(who.at), blocked=True)
    assert refused.value.code is Refusal.IDENTIFIER_UNKNOWN


def test_a_cashier_who_scans_their_own_card_for_strangers_joins_no_stranger(who: Who) -> None:
    cashier, card = who.shopper()
    sessions = []
    for turn in range(5):
        stranger, own = who.shopper()
        visit = who.web_session()
        who.link("session", visit, own, by=stranger, event=f"sale:{turn}")
        link = who.link("session", visit, card, by=cashier, event=f"sale:{turn} again")
        assert link.refused_rule == "known_against_known"
        sessions.append((visit, own))
    assert who.person(card).size == 2
    assert all(who.are_one(visit, own) for visit, own in sessions)
    who.check()


def test_one_number_for_fifty_members_is_nobody_s(who: Who) -> None:
    number = who.identifier("phone", "+34 612 34 56 79")
    members = [who.member() for _ in range(50)]
    for member_id in members:
        who.link("phone", number, member_id)
    assert who.person(number).size == 1
    assert len({who.person(member_id).person_id for member_id in members}) == 50
    who.check()


def test_a_vendor_s_walk_in_customer_is_nobody(who: Who) -> None:
    walk_in = who.identifier("vendor", vendor_value("square", "CUST-WALK-IN"))
    regular = who.identifier("vendor", vendor_value("square", "CUST-7"))
    shoppers = [who.shopper() for _ in range(3)]
    for _, card in shoppers:
        who.link("vendor", walk_in, card)
    who.link("vendor", regular, shoppers[0][1])
    assert who.person(walk_in).size == 1
    assert who.are_one(regular, shoppers[0][0])
    who.check()


def test_two_known_people_on_one_session_stay_two(who: Who) -> None:
    (ana, hers), (luis, his) = who.shopper(), who.shopper()
    visit = who.web_session()
    first = who.link("session", visit, hers, by=ana)
    second = who.link("session", visit, his, by=luis)
    assert (first.refused_rule, second.refused_rule) == (None, "known_against_known")
    assert who.are_one(visit, ana)
    assert not who.are_one(ana, luis)
    who.retract(first)
    assert who.are_one(visit, luis), "the session goes over to whose it was"
    who.check()


def test_clocks_that_are_off_do_not_change_who_is_who(who: Who) -> None:
    ana, card = who.shopper()
    visit = who.web_session()
    late = who.at + timedelta(days=3650)
    early = who.at - timedelta(days=3650)
    one = who.link("session", visit, card, by=ana, event="sale:1", at=late)
    again = who.link("session", visit, card, by=ana, event="sale:1", at=early)
    assert (again.link_id, again.is_new) == (one.link_id, False)
    assert who.are_one(visit, ana)
    who.identifier("card", f"{card.int:016x}", at=early)
    assert who.are_one(visit, ana, card)
    who.check()
