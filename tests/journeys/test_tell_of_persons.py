"""Programs that follow the shop hear, in the same act, whose somebody is now and was before."""

from datetime import timedelta

import pytest

from loyalty.db.session import Database
from loyalty.identity.queries import person_by_id
from loyalty.journeys.news import place_news
from loyalty.journeys.tidy_up import FEED_KEPT, tidy_up
from loyalty.journeys.tools import Tools
from loyalty.outbox.feed import FeedItem, FeedTopic, read_feed
from loyalty.outbox.queries import latest_messages
from tests.support.clock import ManualClock
from tests.support.town import Town, build_town
from tests.support.who import Who


@pytest.fixture
def town(database: Database, clock: ManualClock) -> Town:
    return build_town(database, clock)


def news(database: Database, town: Town) -> tuple[FeedItem, ...]:
    place_news(database, town.program_id)
    with database.reading(town.program_id) as session:
        return read_feed(session, town.program_id, after=0)


def test_a_merge_and_its_undoing_are_told_with_former_ids(
    database: Database, town: Town, tools: Tools, clock: ManualClock
) -> None:
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        ana, _ = who.shopper()
        clock.advance(minutes=1)
        email = who.identifier("email", "ana@correo.example")
        alone, hers = who.person(email).person_id, who.person(ana).person_id
        clock.advance(minutes=1)
        link = who.link("email", email, ana)
        clock.advance(minutes=1)
        who.retract(link)
    merged, split = news(database, town)
    assert (merged.topic, split.topic) == (FeedTopic.PERSON_MERGED, FeedTopic.PERSON_SPLIT)
    assert merged.facts == {
        "cause": link.link_id,
        "former_person_ids": sorted([alone, hers]),
        "person_ids": [hers],
        "identifiers": [
            {
                "kind": "email",
                "identifier_id": str(email),
                "former_person_id": alone,
                "person_id": hers,
            }
        ],
    }
    assert split.facts["former_person_ids"] == [hers]
    assert sorted(split.facts["person_ids"]) == sorted([alone, hers])
    with database.reading(town.program_id) as session:
        assert latest_messages(session, town.program_id) == (), "nobody gets a mail of it"
        later = read_feed(session, town.program_id, after=merged.place)
        assert [item.item_id for item in later] == [split.item_id]


def test_a_session_that_somebody_opened_is_no_news(
    database: Database, town: Town, tools: Tools
) -> None:
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        ana, card = who.shopper()
        who.link("session", who.web_session(), card, by=ana)
    assert news(database, town) == ()


def test_an_older_sighting_that_names_somebody_otherwise_is_told(
    database: Database, town: Town, tools: Tools, clock: ManualClock
) -> None:
    address = "ana@correo.example"
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        ana, _ = who.shopper()
        who.link("email", who.identifier("email", address), ana)
    clock.advance(minutes=5)
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        before = who.person(ana).person_id
        who.identifier("email", address, at=who.at - timedelta(days=1))
        after = who.person(ana).person_id
        former = person_by_id(session, town.program_id, before)
    (item,) = news(database, town)
    assert item.topic is FeedTopic.PERSON_RENAMED
    assert (item.facts["former_person_ids"], item.facts["person_ids"]) == ([before], [after])
    assert {each["kind"] for each in item.facts["identifiers"]} == {"member", "email"}
    assert former is not None
    assert former.person_id == after


def test_what_is_undone_is_never_told(
    database: Database, town: Town, tools: Tools, clock: ManualClock
) -> None:
    def merge_and_fail() -> None:
        with database.unit_of_work(town.program_id) as session:
            who = Who(session, town.program_id, town.bakery_id, tools)
            ana, _ = who.shopper()
            email = who.identifier("email", "ana@correo.example")
            clock.advance(minutes=1)
            who.link("email", email, ana)
            message = "the line broke"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        merge_and_fail()
    assert news(database, town) == ()


def test_news_are_forgotten_after_a_season(
    database: Database, town: Town, tools: Tools, clock: ManualClock
) -> None:
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        ana, _ = who.shopper()
        email = who.identifier("email", "ana@correo.example")
        clock.advance(minutes=1)
        link = who.link("email", email, ana)
        clock.advance(minutes=1)
        who.retract(link)
    assert len(news(database, town)) == 2
    clock.advance(days=FEED_KEPT.days + 1)
    tidy_up(database, tools=tools)
    (left,) = news(database, town)
    assert left.topic is FeedTopic.PERSON_SPLIT, "the newest stays, so that its place stays its own"
