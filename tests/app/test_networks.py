"""The shop's Mastodon server is asked over a real line: likes come, go, and never twice."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.mastodon_polls import poll_connection, polls_due
from app.worker import Jobs, start_jobs, stop_jobs
from loyalty.connectors.base import EngagementFact
from loyalty.db.session import Database
from loyalty.journeys import take_delivery
from loyalty.journeys.look_again import take_turn
from loyalty.journeys.take_engagement import take_engagement
from loyalty.journeys.tools import Tools
from loyalty.social.connect import ConnectionFacts, connections_due, disconnect
from tests.support.clock import ManualClock
from tests.support.mastodon_server import MastodonServer, mastodon_server
from tests.support.network import Connected, connected_to, network_parts
from tests.support.waiting import until

ANA = "ana@127.0.0.1"
JSON = {"Content-Type": "application/json"}
NEWS = "/api/v1/notifications"


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with mastodon_server() as running:
        yield running


@pytest.fixture
def bakery(
    sqlite_database: Database, tools: Tools, server: MastodonServer, tmp_path: Path
) -> Connected:
    return connected_to(server, network_parts(sqlite_database, tools, tmp_path, seconds=20))


def test_a_like_is_seen_an_unlike_too_and_a_like_again(
    database: Database, tools: Tools, server: MastodonServer, clock: ManualClock, tmp_path: Path
) -> None:
    bakery = connected_to(server, network_parts(database, tools, tmp_path, seconds=20))
    ana = bakery.phone_of(ANA)
    bread = server.post("Hoy hay pan de centeno")
    clock.advance(s=30)
    server.like("ana", bread, at=clock.now())
    server.like("luis@otra.example", bread, at=clock.now())
    bakery.poll()
    assert bakery.story(ana) == [("like", False, "")]
    assert bakery.counts() == {(bread.number, "like"): 1}
    facts = bakery.facts()
    assert (facts.problem, facts.failures, facts.lag_s) == ("", 0, 0)
    clock.advance(s=30)
    server.unlike("ana", bread)
    server.unlike("luis@otra.example", bread)
    bakery.poll()
    assert bakery.story(ana) == [("like", True, "")]
    assert bakery.counts() == {}
    clock.advance(s=30)
    server.like("ana", bread, at=clock.now())
    server.like("luis@otra.example", bread, at=clock.now())
    bakery.poll()
    bakery.poll()
    assert bakery.story(ana) == [("like", False, "")]
    assert bakery.counts() == {(bread.number, "like"): 1}


def test_all_pages_are_read_and_each_thing_is_counted_once(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    first = server.post("El primero")
    server.like("vecina0", first, at=clock.now())
    bakery.poll()
    bread = server.post("Pan")
    server.mood.page_size = 40
    for number in range(130):
        server.like(f"vecina{number}@otra.example", bread, at=clock.now())
    clock.advance(s=30)
    bakery.poll()
    bakery.poll()
    assert bakery.counts() == {(first.number, "like"): 1, (bread.number, "like"): 130}
    assert bakery.inbox().waiting == 0
    for number in range(130):
        server.unlike(f"vecina{number}@otra.example", bread)
    clock.advance(s=30)
    bakery.poll()
    assert bakery.counts() == {(first.number, "like"): 1}


def test_a_server_that_limits_us_is_left_alone_as_long_as_it_asks(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    bread = server.post("Pan")
    server.like("ana", bread, at=clock.now())
    server.mood.requests_left = 0
    bakery.poll()
    assert (bakery.facts().problem, bakery.facts().state) == ("busy", "live")
    server.mood.requests_left = None
    asked = len(server.asked)
    clock.advance(s=119)
    bakery.poll_if_due()
    assert len(server.asked) == asked, "it asked for two minutes"
    clock.advance(s=1)
    bakery.poll_if_due()
    assert (bakery.facts().problem, bakery.facts().failures) == ("", 0)
    assert bakery.counts() == {(bread.number, "like"): 1}


def test_who_reads_the_news_does_not_shorten_the_rest_a_server_asked_for(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    like = server.like("ana", server.post("Pan"), at=clock.now())
    told = json.dumps([like.told()]).encode()
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-03-02T09:05:00.000Z"}
    server.mood.answers[NEWS] = (200, JSON | limits, told)
    bakery.poll()
    assert bakery.counts() != {}
    assert bakery.facts().due_at - clock.now() >= timedelta(minutes=5)
    assert not any("favourited_by" in each for each in server.asked), "nothing more is asked"


def test_a_token_that_was_revoked_ends_the_polling_and_is_said(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    server.tokens.clear()
    bakery.poll()
    assert (bakery.facts().state, bakery.facts().problem) == ("revoked", "revoked")
    asked = len(server.asked)
    clock.advance(hours=2)
    bakery.poll()
    assert len(server.asked) == asked
    assert polls_due(bakery.parts, bakery.program_id) == ()


def test_a_connection_that_was_ended_while_it_was_asked_stays_ended(
    bakery: Connected, server: MastodonServer
) -> None:
    with bakery.parts.database.unit_of_work(bakery.program_id) as session:
        disconnect(session, bakery.program_id, bakery.connection_id)
    bakery.poll()
    assert bakery.facts().state == "ended"
    assert server.asked == []


def test_a_server_that_drips_costs_its_time_and_no_more(
    sqlite_database: Database, tools: Tools, server: MastodonServer, tmp_path: Path
) -> None:
    bakery = connected_to(server, network_parts(sqlite_database, tools, tmp_path, seconds=0.3))
    server.mood.drips.add(NEWS)
    bakery.poll()
    assert (bakery.facts().problem, bakery.facts().state) == ("too_slow", "live")
    bakery.poll()
    assert bakery.facts().failures == 2


LIES = (
    b"<html>under maintenance</html>",
    b"{}",
    b'[{"id": []}]',
    b"[" * 100_000,
    b'[{"id": 1e400}]',
    b"\xff\xfe",
    b"null",
)


def test_a_server_that_talks_nonsense_or_is_broken_is_tried_again(
    bakery: Connected, server: MastodonServer
) -> None:
    for status, body, problem in [
        *((200, lie, "not_understood") for lie in LIES),
        (418, b"{}", "not_understood"),
        (500, b"{}", "down"),
        (503, b"{}", "down"),
    ]:
        server.mood.answers[NEWS] = (status, JSON, body)
        bakery.poll()
        assert (bakery.facts().problem, bakery.facts().state) == (problem, "live"), body[:60]
    bread = server.post("Pan")
    server.like("ana", bread)
    server.mood.answers.clear()
    bakery.poll()
    assert (bakery.facts().problem, bakery.facts().failures) == ("", 0)
    assert bakery.counts() == {(bread.number, "like"): 1}


def test_one_lie_among_the_news_hides_nothing_and_is_set_aside(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana, bread = bakery.phone_of(ANA), server.post("Pan")
    like = server.like("ana", bread, at=clock.now()).told()
    above = like | {"id": "3", "type": "mention"}
    above["status"] = like["status"] | {"in_reply_to_account_id": server.people["panaderia"].number}
    above["status"] |= {"in_reply_to_id": "\0"}
    lies = [{"id": "1", "type": "favourite"}, above, {"id": "2", "type": "reblog", "account": 5}]
    server.mood.answers[NEWS] = (200, JSON, json.dumps([*lies, like, "x"]).encode())
    bakery.poll()
    assert (bakery.facts().problem, bakery.facts().failures) == ("", 0)
    assert bakery.story(ana) == [("like", False, "")]
    assert bakery.inbox().waiting == len(lies)
    for _ in range(7):
        clock.advance(days=1)
        bakery.poll()
    assert (bakery.inbox().waiting, bakery.inbox().aside) == (0, len(lies))


def test_a_delivery_that_breaks_its_reader_holds_up_nobody(
    bakery: Connected, server: MastodonServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bread = bakery.phone_of(ANA), server.post("Pan")

    def break_at(
        session: Session,
        program_id: int,
        connection: ConnectionFacts,
        fact: EngagementFact,
        **told: Any,  # noqa: ANN401  as it was told
    ) -> str:
        if fact.actor is not None and fact.actor.actor_id == "mala@otra.example":
            raise RuntimeError
        return take_engagement(session, program_id, connection, fact, **told)

    monkeypatch.setattr(take_delivery, "take_engagement", break_at)
    server.like("mala@otra.example", bread, at=clock.now())
    server.like("ana", bread, at=clock.now())
    bakery.poll()
    assert bakery.story(ana) == [("like", False, "")]
    assert bakery.inbox().waiting == 1


def test_a_list_of_likers_that_cannot_be_read_whole_takes_nobodys_like_away(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana = bakery.phone_of(ANA)
    bread, cake = server.post("Pan"), server.post("Bizcocho")
    for post in (bread, cake):
        server.like("ana", post, at=clock.now())
    bakery.poll()
    likers = f"/api/v1/statuses/{bread.number}/favourited_by"
    elsewhere = {"Link": '<https://elsewhere.example/x>; rel="next"'}
    itself = {"Link": f'<{server.base_url}{likers}>; rel="next"'}
    server.unlike("ana", cake)
    for status, headers, body in [
        (500, JSON, b"[]"),
        (403, JSON, b"{}"),
        (200, JSON, b"{}"),
        (200, JSON | itself, b"[]"),
    ]:
        clock.advance(s=30)
        server.mood.answers[likers] = (status, headers, body)
        bakery.poll()
        assert bakery.facts().state == "live"
        assert sorted(bakery.story(ana)) == [("like", False, ""), ("like", True, "")]
    clock.advance(s=30)
    server.mood.answers[likers] = (200, JSON | elsewhere, b"[]")
    bakery.poll()
    assert not any("elsewhere" in each for each in server.asked)


def test_with_a_deleted_post_its_likes_are_gone(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana = bakery.phone_of(ANA)
    bread = server.post("Pan")
    server.like("ana", bread, at=clock.now())
    bakery.poll()
    server.delete(bread)
    clock.advance(s=30)
    bakery.poll()
    assert bakery.story(ana) == [("like", True, "")]


def test_a_reply_is_kept_with_its_words_of_now_and_gone_when_deleted(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana = bakery.phone_of(ANA)
    bread = server.post("¿Quién quiere pan?")
    said = server.reply("ana", bread, "Yo <script>alert(1)</script> quiero", at=clock.now())
    bakery.poll()
    assert bakery.story(ana) == [("reply", False, "Yo quiero")]
    said.content = "Yo, dos barras"
    clock.advance(s=30)
    bakery.poll()
    assert bakery.story(ana) == [("reply", False, "Yo, dos barras")]
    server.delete(said)
    clock.advance(s=30)
    bakery.poll()
    assert bakery.story(ana) == [("reply", True, "")]


def test_a_deleted_reply_of_somebody_who_has_not_linked_is_counted_no_more(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    bread = server.post("¿Quién quiere pan?")
    said = server.reply("luis@otra.example", bread, "Yo", at=clock.now())
    server.reply("eva@otra.example", bread, "Yo también", at=clock.now())
    bakery.poll()
    assert bakery.counts() == {(bread.number, "reply"): 2}
    below = f"/api/v1/statuses/{bread.number}/context"
    cut = {"descendants": [{"id": str(number)} for number in range(100)]}
    server.delete(said)
    for body in (b'{"descendants": 5}', b"[]", json.dumps(cut).encode()):
        clock.advance(s=30)
        server.mood.answers[below] = (200, JSON, body)
        bakery.poll()
        assert bakery.counts() == {(bread.number, "reply"): 2}, "not told, or not told whole"
    server.mood.answers.clear()
    clock.advance(s=30)
    bakery.poll()
    assert bakery.counts() == {(bread.number, "reply"): 1}


def test_a_mention_is_the_linked_persons_and_a_number_of_everybody_elses(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana = bakery.phone_of(ANA)
    said = server.mention("ana", "El pan de @panaderia, <b>buenísimo</b>", at=clock.now())
    server.mention("luis@otra.example", "Voy a @panaderia", at=clock.now())
    bakery.poll()
    assert bakery.story(ana) == [("mention", False, "El pan de @panaderia, buenísimo")]
    assert bakery.counts() == {("", "mention"): 1}
    server.delete(said)
    clock.advance(s=30)
    bakery.poll()
    assert bakery.story(ana) == [("mention", True, "")]
    assert bakery.counts() == {("", "mention"): 1}


def test_every_post_has_its_turn_and_the_newest_have_it_each_time() -> None:
    posts, cursor, seen = [f"1{number:018d}" for number in range(20)], "", set[str]()
    for _ in range(6):
        turn, cursor = take_turn(posts, cursor)
        assert set(turn) >= set(posts[-3:])
        assert len(turn) <= 6
        seen |= set(turn)
    assert seen == set(posts)
    assert take_turn(posts[:2], "x") == ((posts[1], posts[0]), "")
    assert take_turn([], "") == ((), "")


def test_of_two_readers_one_asks(bakery: Connected, server: MastodonServer) -> None:
    barrier = threading.Barrier(2)

    def ask() -> None:
        barrier.wait()
        poll_connection(bakery.parts, bakery.program_id, bakery.connection_id)

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len([each for each in server.asked if NEWS in each]) == 1


def test_the_running_service_sees_a_like_by_itself(
    bakery: Connected, server: MastodonServer, clock: ManualClock
) -> None:
    ana = bakery.phone_of(ANA)
    server.like("ana", server.post("Pan"), at=clock.now())
    start_jobs(bakery.parts)
    try:
        until(lambda: bakery.story(ana) == [("like", False, "")])
    finally:
        stop_jobs()
    with bakery.parts.database.unit_of_work(bakery.program_id) as session:
        at = clock.now()
        assert connections_due(session, bakery.program_id, at=at + timedelta(seconds=30))
        assert not connections_due(session, bakery.program_id, at=at)


def test_networks_are_watched_twice_a_minute(bakery: Connected) -> None:
    jobs = Jobs(bakery.parts)
    try:
        jobs.watch_twice()
        tasks = {task.name: task for task in jobs.huey.pending()}
        assert set(tasks) == {"look", "poll"}
        assert tasks["look"].eta <= datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=30)
        assert tasks["poll"].args == (bakery.program_id, str(bakery.connection_id))
    finally:
        jobs.huey.storage.close()
