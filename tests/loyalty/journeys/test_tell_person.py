"""One person's story, from every room."""

import pytest

from loyalty.db.session import Database
from loyalty.identity.members import rename_member
from loyalty.identity.queries import person_of_card
from loyalty.journeys.card_view import card_history, card_version, card_view
from loyalty.journeys.explain import explain
from loyalty.journeys.find_persons import find_persons
from loyalty.journeys.leave_note import WrittenNote, leave_note
from loyalty.journeys.move_sale import ReassignReport
from loyalty.journeys.reassign_sale import reassign_sale
from loyalty.journeys.refund_sale import RefundReport, refund_sale
from loyalty.journeys.tell_person import PersonStory, tell_person
from loyalty.journeys.tell_today import tell_today
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.visits.errors import NoteEmptyError
from tests.support.clock import ManualClock
from tests.support.street import (
    Phone,
    Purchase,
    Street,
    browser,
    buy,
    consent,
    new_phone,
    open_street,
    shown_code,
    visit,
)


def person_id_of(database: Database, street: Street, phone: Phone) -> str:
    with database.reading(street.program_id) as session:
        person = person_of_card(session, street.program_id, phone.card_id)
    assert person is not None
    return person.person_id


def story_of(database: Database, street: Street, phone: Phone) -> PersonStory:
    person_id = person_id_of(database, street, phone)
    with database.reading(street.program_id) as session:
        return tell_person(session, street.program_id, person_id)


def test_a_sale_tells_its_visit_till_channel_and_reason(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit_id = visit(database, street, phone, tools, query={"utm_source": "instagram"})
    consent(database, street, phone, tools)
    clock.advance(minutes=1)
    scanned_at = clock.now()
    receipt = buy(
        database, street, Purchase(2630, shown_code(database, street, phone, tools)), tools
    )
    story = story_of(database, street, phone)
    (link,) = story.sale_links
    assert link.sale_id == receipt.sale_id
    assert (link.till_name, link.store_name) == ("Caja 1", "Panadería Sol")
    assert link.scanned_at == scanned_at
    assert link.visit is not None
    assert (link.visit.visit_id, link.visit.channel) == (visit_id, "social")
    assert link.consent_given_at is not None
    assert link.link.basis == "consent"
    kinds = [each.kind for each in story.timeline]
    assert kinds[0] == "sale"
    assert set(kinds) == {"sale", "visit", "consent", "card"}
    assert story.points == 26
    assert story.questions.last is not None
    assert story.questions.last.kind == "sale"
    with database.reading(street.program_id) as session:
        why = explain(session, street.program_id, story.person_id, visit_id)
    assert {step.link.kind for step in why.steps} <= {"session", "card"}
    assert visit_id in {why.start.identifier_id, why.steps[-1].leads_to.identifier_id}


def test_former_ids_still_tell_the_story(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    visiting = new_phone(database, street, tools)
    before = person_id_of(database, street, visiting)
    visit(database, street, visiting, tools, query={})
    consent(database, street, visiting, tools)
    buy(database, street, Purchase(500, shown_code(database, street, visiting, tools)), tools)
    with database.reading(street.program_id) as session:
        story = tell_person(session, street.program_id, before)
        assert story.points == 5
        with pytest.raises(NotFoundError):
            tell_person(session, street.program_id, "0" * 32)


def test_the_card_page_explains_each_point(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    shopper = browser(database, street, phone.secret, tools)
    versions = []

    def version() -> str:
        with database.reading(street.program_id) as session:
            versions.append(card_version(session, shopper))
        return versions[-1]

    empty = version()
    assert version() == empty
    code = shown_code(database, street, phone, tools)
    receipt = buy(database, street, Purchase(1240, code), tools)
    small = buy(database, street, Purchase(60, code), tools)
    assert version() != empty
    assert small.points_earned == 0
    clock.advance(minutes=2)
    with database.unit_of_work(street.program_id) as session:
        refund = RefundReport(
            program_id=street.program_id,
            till_id=street.till_id,
            sale_id=receipt.sale_id,
            refund_id=str(new_id(clock.now())),
            amount_minor=450,
            refunded_at=clock.now(),
            reason="",
        )
        refund_sale(session, refund, tools=tools)
    with database.reading(street.program_id) as session:
        view = card_view(session, shopper, at=clock.now())
        history = card_history(session, shopper)
    points = view.points.now.free
    assert (points, view.earned, view.used, view.purchases) == (7, 12, 5, 2)
    assert view.version == version()
    (month,) = history.months
    assert month.points == points == sum(row.points for row in month.rows)
    assert {(row.kind, row.points) for row in month.rows} == {
        ("refund", -5),
        ("sale", 12),
        ("sale", 0),
    }
    bought = next(row for row in month.rows if row.points == 12)
    assert (bought.rule_points, bought.rule_per_minor, bought.total_minor) == (1, 100, 1240)
    assert (bought.store_name, bought.till_name) == ("Panadería Sol", "Caja 1")
    assert (bought.reason, bought.sale_state) == ("live_code", "part_refunded")


def test_a_sale_of_the_wrong_person_shows_on_both_pages(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    wrong, right = new_phone(database, street, tools), new_phone(database, street, tools)
    receipt = buy(
        database, street, Purchase(1240, shown_code(database, street, wrong, tools)), tools
    )
    clock.advance(minutes=1)
    report = ReassignReport(
        program_id=street.program_id,
        till_id=street.till_id,
        sale_id=receipt.sale_id,
        reassignment_id=str(new_id(clock.now())),
        code=shown_code(database, street, right, tools),
        scanned_at=clock.now(),
    )
    for _ in range(2):
        with database.unit_of_work(street.program_id) as session:
            reassign_sale(session, report, tools=tools)
    lost, won = story_of(database, street, wrong), story_of(database, street, right)
    assert (lost.points, won.points) == (0, 12)
    rows = [(each.kind, each.row.points) for each in lost.timeline if each.row is not None]
    assert rows == [("moved_away", -12), ("sale", 12)]
    rows = [(each.kind, each.row.points) for each in won.timeline if each.row is not None]
    assert rows == [("moved_here", 12)]
    assert lost.questions.known.purchases == 0
    assert won.questions.known.purchases == 1
    pages = [browser(database, street, each.secret, tools) for each in (wrong, right)]
    with database.reading(street.program_id) as session:
        before, after = (card_view(session, page, at=clock.now()) for page in pages)
    assert before.last_sale is None
    assert after.last_sale is not None
    assert after.last_sale.sale_id == receipt.sale_id


def test_a_note_lands_under_its_person(database: Database, tools: Tools) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    shopper = browser(database, street, phone.secret, tools)
    note_id = new_id(tools.clock.now())
    for _ in range(2):
        with database.unit_of_work(street.program_id) as session:
            leave_note(
                session,
                street.program_id,
                street.store_id,
                written=WrittenNote("¿Queda pan?", "lucia@correo.example", note_id),
                shopper=shopper,
                tools=tools,
            )
    story = story_of(database, street, phone)
    (note,) = story.notes
    assert note.text == "¿Queda pan?"
    assert [each.kind for each in story.timeline].count("note") == 1
    with pytest.raises(NoteEmptyError), database.unit_of_work(street.program_id) as session:
        leave_note(
            session,
            street.program_id,
            street.store_id,
            written=WrittenNote("  \n "),
            shopper=None,
            tools=tools,
        )


def test_persons_are_found_by_name_without_accents(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    clock.advance(s=1)
    other = new_phone(database, street, tools)
    with database.unit_of_work(street.program_id) as session:
        rename_member(session, street.program_id, phone.member_id, display_name="Lucía F.")
    buy(database, street, Purchase(900, shown_code(database, street, phone, tools)), tools)
    with database.reading(street.program_id) as session:
        newest = find_persons(session, street.program_id)
        (lucia,) = find_persons(session, street.program_id, "LUCIA")
        (by_card,) = find_persons(session, street.program_id, other.card_id.upper())
        (by_id,) = find_persons(session, street.program_id, lucia.person_id[:12])
        nobody = find_persons(session, street.program_id, "marcos")
    assert [each.display_name for each in newest] == [None, "Lucía F."]
    assert (lucia.points, lucia.purchases) == (9, 1)
    assert lucia.card_ids == (phone.card_id,)
    assert by_id == lucia
    assert by_card.card_ids == (other.card_id,)
    assert nobody == ()


def test_the_day_is_told_by_what_is_known_of_the_buyers(
    database: Database, tools: Tools, clock: ManualClock
) -> None:
    street = open_street(database, tools)
    phone, plain = new_phone(database, street, tools), new_phone(database, street, tools)
    visit(database, street, phone, tools, query={"utm_source": "cartel"})
    consent(database, street, phone, tools)
    clock.advance(minutes=1)
    buy(database, street, Purchase(1000, shown_code(database, street, phone, tools)), tools)
    buy(database, street, Purchase(600, shown_code(database, street, plain, tools)), tools)
    buy(database, street, Purchase(400, None), tools)
    for store_id in (street.store_id, None):
        with database.reading(street.program_id) as session:
            story = tell_today(session, street.program_id, store_id, tools=tools)
        today = story.today
        assert (today.sales, today.total_minor) == (3, 2000)
        assert (today.web_minor, today.card_minor, today.unknown_minor) == (1000, 600, 400)
        assert story.with_card_percent == 80
        assert (story.points_today, today.points, story.joined_today) == (16, 16, 2)
        assert [(each.channel, each.total_minor) for each in story.channels] == [("poster", 1000)]
        assert len(story.days) == 7
        assert story.days[-1] == today
    clock.advance(days=1)
    with database.reading(street.program_id) as session:
        story = tell_today(session, street.program_id, street.store_id, tools=tools)
    assert (story.today.sales, story.days[-2].sales) == (0, 3)
    assert story.with_card_percent is None
