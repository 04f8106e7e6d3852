"""Programs that follow the shop are told everything once, in places that nothing enters late."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.identity.queries import person_of_identifier
from loyalty.journeys import news
from loyalty.journeys.news import (
    POINTS_MOVED,
    Cursor,
    FeedPlaceUnknownError,
    News,
    cursor_text,
    newest,
    place_news,
    read_cursor,
    read_news,
)
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tidy_up import FEED_KEPT, tidy_up
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import MalformedRequestError
from loyalty.outbox.feed import PAGE_LETTERS_MAX, FeedTopic, post_feed
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place
from tests.support.who import Who


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


def tell(ledger: Ledger, name: str, *, later_s: float = 0, letters: int = 0) -> UUID:
    ledger.advance(s=1)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        return post_feed(
            session,
            ledger.program_id,
            FeedTopic.PERSON_RENAMED,
            {"name": name, "long": "x" * letters},
            subject=("person", name),
            at=ledger.tools.clock.now() + timedelta(seconds=later_s),
        )


def follow(ledger: Ledger, after: Cursor, *, limit: int = 100) -> Iterator[News]:
    """Read page by page to the end, as a follower does."""
    place_news(ledger.database, ledger.program_id)
    has_more = True
    while has_more:
        with ledger.database.reading(ledger.program_id) as session:
            page = read_news(session, ledger.program_id, after=after, limit=limit)
        yield from page.items
        assert len(page.items) <= limit
        after, has_more = page.upto, page.has_more


def seal(ledger: Ledger) -> None:
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools, everything=True)


def names(items: Iterator[News]) -> list[str]:
    return [str(item.facts["name"]) for item in items]


def test_what_is_committed_late_comes_later_and_is_not_skipped(ledger: Ledger) -> None:
    tell(ledger, "first")
    *_, last = follow(ledger, Cursor())
    tell(ledger, "with an older id", later_s=-20)
    tell(ledger, "newest")
    assert names(follow(ledger, last.after)) == ["with an older id", "newest"]
    assert names(follow(ledger, Cursor())) == ["first", "with an older id", "newest"]


def test_an_act_that_is_still_open_is_told_after_those_that_were_kept_before_it(
    postgres_only: Place, tools: Tools
) -> None:
    with closing(Database(postgres_only.url)) as database:
        ledger = open_ledger(database, tools)
        is_written, may_end = Event(), Event()

        def act_for_long() -> None:
            with database.unit_of_work(ledger.program_id) as session:
                post_feed(
                    session,
                    ledger.program_id,
                    FeedTopic.PERSON_MERGED,
                    {"name": "open for long"},
                    subject=("person", "a"),
                    at=tools.clock.now() - timedelta(seconds=10),
                )
                is_written.set()
                may_end.wait()

        slow = Thread(target=act_for_long)
        slow.start()
        is_written.wait()
        tell(ledger, "quick")
        *_, seen = follow(ledger, Cursor())
        may_end.set()
        slow.join()
        assert seen.facts["name"] == "quick"
        assert names(follow(ledger, seen.after)) == ["open for long"]


def test_points_that_are_committed_late_are_told_once_they_are_sealed(
    ledger: Ledger, clock: ManualClock
) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("a1", wallet, 3)
    assert list(follow(ledger, Cursor())) == [], "not sealed yet"
    seal(ledger)
    (told,) = follow(ledger, Cursor())
    assert (told.topic, told.news_id) == (POINTS_MOVED, ledger.posting("a1"))
    (moved,) = told.facts["wallets"]
    assert (moved["wallet_id"], moved["points"], moved["debt"]) == (str(wallet), 3, 0)
    ledger.earn("a2", wallet, 4)
    clock.advance(minutes=5)
    seal(ledger)
    began = clock.now()
    clock.set(began - timedelta(days=2))
    ledger.earn("a day of the past", wallet, 5)
    clock.set(began)
    seal(ledger)
    later = [item.news_id for item in follow(ledger, told.after)]
    assert later == [ledger.posting("a2"), ledger.posting("a day of the past")]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_tell_each_thing_once(
    ledger: Ledger, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LOOKED_MAX", 3)
    wallets = [ledger.new_wallet() for _ in range(4)]
    for turn, wallet in enumerate(wallets):
        tell(ledger, f"news {turn}")
        ledger.earn(f"a{turn}", wallet, 2)
        ledger.advance(s=1)
    seal(ledger)
    told = list(follow(ledger, Cursor(), limit=limit))
    assert len({item.news_id for item in told}) == len(told) == 8
    assert [item.topic == POINTS_MOVED for item in told].count(True) == 4
    with ledger.database.reading(ledger.program_id) as session:
        end = newest(session, ledger.program_id)
    assert list(follow(ledger, end)) == []


def test_long_news_come_on_pages_of_their_own(ledger: Ledger) -> None:
    for name in ("a", "b", "c"):
        tell(ledger, name, letters=PAGE_LETTERS_MAX)
    place_news(ledger.database, ledger.program_id)
    with ledger.database.reading(ledger.program_id) as session:
        page = read_news(session, ledger.program_id, after=Cursor())
    assert (len(page.items), page.has_more) == (1, True)
    assert names(follow(ledger, Cursor())) == ["a", "b", "c"]


def test_many_who_place_at_once_give_each_place_once(ledger: Ledger) -> None:
    def post_and_place(name: str) -> None:
        for turn in range(5):
            tell(ledger, f"{name}{turn}")
            place_news(ledger.database, ledger.program_id)

    threads = [Thread(target=post_and_place, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = list(follow(ledger, Cursor(), limit=7))
    assert [item.after.place for item in told] == list(range(1, 21))
    assert len({item.news_id for item in told}) == 20


def test_each_identifier_is_told_with_the_person_it_is_when_asked(
    ledger: Ledger, clock: ManualClock
) -> None:
    program_id = ledger.program_id
    with ledger.database.unit_of_work(program_id) as session:
        who = Who(session, program_id, ledger.street.store_id, ledger.tools)
        ana, _ = who.shopper()
        clock.advance(minutes=1)
        email = who.identifier("email", "ana@correo.example")
        clock.advance(minutes=1)
        link = who.link("email", email, ana)
    (merged,) = follow(ledger, Cursor())
    (named,) = merged.facts["identifiers"]
    assert named["person_id_now"] == named["person_id"]
    clock.advance(minutes=1)
    with ledger.database.unit_of_work(program_id) as session:
        who = Who(session, program_id, ledger.street.store_id, ledger.tools)
        who.retract(link)
        now = person_of_identifier(session, program_id, email)
    again, _split = follow(ledger, Cursor())
    (named,) = again.facts["identifiers"]
    assert now is not None
    assert named["person_id_now"] == now.person_id != named["person_id"]


def test_a_place_that_was_forgotten_or_never_given_is_refused(
    ledger: Ledger, clock: ManualClock
) -> None:
    for name in ("a", "b", "c", "d"):
        tell(ledger, name)
    first, *_, last = follow(ledger, Cursor())
    clock.advance(days=FEED_KEPT.days + 1)
    tidy_up(ledger.database, tools=ledger.tools)
    tell(ledger, "e")
    with pytest.raises(FeedPlaceUnknownError, match="forgotten"):
        list(follow(ledger, first.after))
    assert names(follow(ledger, last.after)) == ["e"], "who has kept up goes on"
    assert names(follow(ledger, Cursor())) == ["d", "e"], "who begins, begins where it begins"
    for ahead in (Cursor(place=6), Cursor(points=9)):
        with pytest.raises(FeedPlaceUnknownError, match="ahead"):
            list(follow(ledger, ahead))


def test_news_that_nobody_placed_are_placed_before_old_ones_are_forgotten(
    ledger: Ledger, clock: ManualClock
) -> None:
    tell(ledger, "a")
    clock.advance(days=FEED_KEPT.days + 1)
    tidy_up(ledger.database, tools=ledger.tools)
    assert names(follow(ledger, Cursor())) == ["a"], "the newest keeps its place"


def test_a_place_is_a_word_of_one_form() -> None:
    assert read_cursor(cursor_text(Cursor(3, 14))) == Cursor(3, 14)
    assert read_cursor("") == Cursor()
    for wrong in ("3", "3.", "-1.2", "٣.٤", "1.2.3", " 1.2", "1" * 16 + ".1"):
        with pytest.raises(MalformedRequestError):
            read_cursor(wrong)
