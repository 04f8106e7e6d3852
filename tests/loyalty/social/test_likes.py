"""From a network's delivery to the person who linked the account, and to nobody else."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from loyalty.connectors.base import (
    Action,
    Actor,
    Answer,
    Change,
    EngagementFact,
    connector_of,
)
from loyalty.connectors.webmention import FORM, with_page
from loyalty.db.session import Database
from loyalty.identity.consents import SOCIAL
from loyalty.identity.models import Identifier, PersonalData
from loyalty.identity.queries import links_at
from loyalty.inbox.process import claim_deliveries, counts_of
from loyalty.inbox.receive import receive, receive_again
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.consents import withdraw_consent
from loyalty.journeys.link_account import (
    forget_unlinked_accounts,
    profile_code,
    profile_codes_in_force,
)
from loyalty.journeys.take_delivery import place_of, take_delivery
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import relink_own, unlink_own
from loyalty.kernel.errors import NotFoundError
from loyalty.social.accounts import accounts_by_id
from loyalty.social.connect import (
    NewConnection,
    connect,
    connection_by_id,
    connections_due,
    disconnect,
    note_failure,
    note_poll,
    retry_now,
    secrets_of,
)
from loyalty.social.count import counts_of_posts, forget_hashes
from loyalty.social.errors import AccountTakenError
from loyalty.social.models import CountedOnce, Engagement, SocialConnection
from loyalty.social.queries import LikeFacts, likes_known
from loyalty.social.rules import HASH_KEPT
from tests.support.clock import ManualClock
from tests.support.street import browser, new_phone
from tests.support.wall import ANA, Wall, open_wall


@pytest.fixture
def wall(database: Database, tools: Tools) -> Wall:
    return open_wall(database, tools)


def test_a_like_of_a_linked_account_is_on_the_timeline_and_at_the_counter(
    wall: Wall, clock: ManualClock
) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    clock.advance(minutes=1)
    assert wall.take(wall.like()) == "person"
    assert wall.take(wall.like()) == "nothing"
    assert wall.last(phone) == LikeFacts("mastodon", "7", clock.now(), "", "")
    assert wall.told(phone) == [("like", False)]
    assert wall.counts() == {}
    clock.advance(minutes=1)
    assert wall.take(wall.like(change=Change.GONE)) == "person"
    assert (wall.last(phone), wall.told(phone)) == (None, [("like", True)])
    clock.advance(minutes=1)
    assert wall.take(wall.like()) == "person", "liked again"
    assert wall.last(phone) is not None


def test_a_like_of_somebody_who_has_not_linked_is_a_number_and_nobody(
    wall: Wall, clock: ManualClock
) -> None:
    assert [wall.take(wall.like()) for _ in range(2)] == ["count", "nothing"]
    assert wall.take(wall.like("luis@calle.example")) == "count"
    assert wall.counts() == {("7", "like"): 2}
    program = wall.street.program_id
    with wall.database.reading(program) as session:
        assert session.execute(select(Engagement.engagement_id)).all() == []
        kinds = session.scalars(select(Identifier.kind).where(Identifier.program_id == program))
        assert "social" not in set(kinds)
        kept = [str(row) for row in session.execute(select(CountedOnce.__table__))]
        assert len(kept) == 2
        assert not any("ana" in row or "social.example" in row for row in kept)
    clock.advance(minutes=1)
    assert wall.take(wall.like(change=Change.GONE)) == "count"
    assert wall.counts() == {("7", "like"): 1}
    clock.set(clock.now() + HASH_KEPT + timedelta(seconds=1))
    with wall.database.unit_of_work(program) as session:
        assert forget_hashes(session, program, at=clock.now()) == 2
    assert wall.counts() == {("7", "like"): 1}, "the number stays"


@pytest.mark.parametrize("linked", [True, False])
def test_an_unlike_before_its_like_leaves_nothing(
    wall: Wall, clock: ManualClock, *, linked: bool
) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    if linked:
        wall.link(phone)
    like = wall.like()
    clock.advance(minutes=1)
    wall.take(wall.like(change=Change.GONE))
    assert wall.take(like) == "nothing"
    assert (wall.counts(), wall.last(phone), wall.told(phone)) == ({}, None, [])
    timeless = replace(like, external_id="https://x.example/likes/1", at=None)
    wall.take(replace(timeless, change=Change.GONE))
    assert wall.take(timeless) == "nothing", "without a time gone is gone for ever"


@pytest.mark.parametrize("linked", [True, False])
def test_an_undo_of_another_actor_is_ignored(wall: Wall, *, linked: bool) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    if linked:
        wall.link(phone)
    like = wall.like()
    wall.take(like)
    stranger = replace(like, change=Change.GONE, actor=Actor("eve@evil.example"), at=None)
    assert wall.take(stranger) == "nothing"
    assert (wall.last(phone) is not None) == linked
    assert wall.counts() == ({} if linked else {("7", "like"): 1})


def test_a_reply_takes_its_new_words_and_loses_them_when_deleted(
    wall: Wall, clock: ManualClock
) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    reply = EngagementFact(
        "status:9", Change.THERE, Action.REPLY, "7", Actor(ANA), clock.now(), text="¿Queda pan?"
    )
    assert wall.take(reply) == "person"
    assert wall.take(replace(reply, text="¿Queda pan de ayer?")) == "person"
    assert wall.take(replace(reply, text="¿Queda pan de ayer?")) == "nothing"
    counted = replace(reply, external_id="status:8", actor=Actor("luis@calle.example"))
    assert wall.take(counted) == "count"
    clock.advance(minutes=1)
    for external_id, who in (
        ("status:9", "person"),
        ("status:8", "count"),
        ("status:5", "nothing"),
    ):
        gone = EngagementFact(external_id, Change.GONE, None, "", None, clock.now())
        assert wall.take(gone) == who
    with wall.database.reading(wall.street.program_id) as session:
        assert set(session.scalars(select(Engagement.text))) == {""}
    assert wall.counts() == {}


def test_what_was_done_before_linking_stays_a_number(wall: Wall, clock: ManualClock) -> None:
    wall.take(wall.like())
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    assert (wall.told(phone), wall.counts()) == ([], {("7", "like"): 1})
    clock.advance(minutes=1)
    wall.take(wall.like(change=Change.GONE))
    assert wall.counts() == {}


def test_an_unlinked_account_is_counted_again_and_soon_forgotten(
    wall: Wall, clock: ManualClock
) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    link_id = wall.link(phone)
    clock.advance(minutes=1)
    wall.take(wall.like())
    program = wall.street.program_id
    shopper = browser(wall.database, wall.street, phone.secret, wall.tools)
    with wall.database.unit_of_work(program) as session:
        assert unlink_own(session, shopper, link_id, tools=wall.tools).link_ids == (link_id,)
    assert (wall.last(phone), wall.told(phone)) == (None, [])
    assert wall.take(replace(wall.like(), external_id="like:x:8", target="8")) == "count"
    with wall.database.unit_of_work(program) as session:
        assert forget_unlinked_accounts(session, program, tools=wall.tools) == 0
        assert relink_own(session, shopper, link_id, tools=wall.tools).link_ids == (link_id,)
    assert wall.told(phone) == [("like", False)], "undone within the day, all is as it was"
    with wall.database.unit_of_work(program) as session:
        unlink_own(session, shopper, link_id, tools=wall.tools)
    clock.advance(days=1, s=1)
    with wall.database.unit_of_work(program) as session:
        assert forget_unlinked_accounts(session, program, tools=wall.tools) == 1
        assert session.execute(select(Engagement.engagement_id)).all() == []


def test_withdrawing_the_consent_forgets_the_account_at_once(wall: Wall) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    wall.take(wall.like())
    program = wall.street.program_id
    shopper = browser(wall.database, wall.street, phone.secret, wall.tools)
    with wall.database.unit_of_work(program) as session:
        assert len(withdraw_consent(session, shopper, SOCIAL, tools=wall.tools).link_ids) == 1
    assert wall.told(phone) == []
    with wall.database.reading(program) as session:
        assert session.execute(select(Engagement.engagement_id)).all() == []
        assert not any("ana" in value for value in session.scalars(select(PersonalData.value)))
    assert wall.take(replace(wall.like(), external_id="like:x:8")) == "count"


def test_an_account_belongs_to_one_person(wall: Wall) -> None:
    phone, other = (new_phone(wall.database, wall.street, wall.tools) for _ in range(2))
    wall.link(phone)
    wall.link(phone)
    with pytest.raises(AccountTakenError):
        wall.link(other)
    assert wall.take(wall.like()) == "person"
    assert wall.last(phone) is not None
    assert wall.last(other) is None
    with wall.database.reading(wall.street.program_id) as session:
        ids = list(
            session.scalars(select(Identifier.identifier_id).where(Identifier.kind == "social"))
        )
        (shown,) = accounts_by_id(session, wall.street.program_id, ids).values()
        assert (shown.display, shown.proved_by) == ("Ana", "oauth")
        links = links_at(session, wall.street.program_id, ids[0], kind="social")
        assert {(each.basis, each.active) for each in links} == {("consent", True)}
        known = likes_known(session, wall.street.program_id, wall.connection_id, "7")
        assert known == {f"like:{ANA}:7": ids[0]}


def test_a_profile_code_is_of_one_card_one_account_and_one_hour(
    wall: Wall, clock: ManualClock
) -> None:
    phone, other = (new_phone(wall.database, wall.street, wall.tools) for _ in range(2))
    owners = []
    for each in (phone, other):
        shopper = browser(wall.database, wall.street, each.secret, wall.tools)
        with wall.database.reading(wall.street.program_id) as session:
            owners.append(owner_of(session, shopper))
    keys = wall.tools.keys
    code = profile_code(owners[0], "mastodon", ANA, at=clock.now(), keys=keys)
    assert len(code) == 16
    assert code != profile_code(owners[1], "mastodon", ANA, at=clock.now(), keys=keys)
    assert code != profile_code(owners[0], "mastodon", "eve@x.example", at=clock.now(), keys=keys)
    clock.advance(hours=1)
    assert code in profile_codes_in_force(owners[0], "mastodon", ANA, at=clock.now(), keys=keys)
    clock.advance(hours=1)
    assert code not in profile_codes_in_force(owners[0], "mastodon", ANA, at=clock.now(), keys=keys)


def test_deliveries_are_read_and_one_that_is_poison_is_set_aside(
    wall: Wall, clock: ManualClock
) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    clock.advance(minutes=1)
    told = {
        "id": "1", "type": "favourite", "created_at": clock.now().isoformat(),
        "account": {"acct": ANA}, "status": {"id": "7"},
    }  # fmt: skip
    program = wall.street.program_id
    clock.advance(s=20)
    with wall.database.unit_of_work(program) as session:
        for key, raw in (("1", json.dumps(told).encode()), ("2", b'{"type":"favourite"}')):
            receive(session, program, wall.connection_id, key=key, raw=raw, at=clock.now())
    with wall.database.unit_of_work(program) as session:
        taken = claim_deliveries(session, program, at=clock.now())
        read = [take_delivery(session, program, each, tools=wall.tools) for each in taken]
    assert read == [True, False]
    assert wall.last(phone) is not None
    with wall.database.reading(program) as session:
        assert counts_of(session, program, wall.connection_id).waiting == 1
        assert connection_by_id(session, program, wall.connection_id).lag_s == 20


def test_a_page_that_mentions_us_counts_until_it_does_not(wall: Wall, clock: ManualClock) -> None:
    program = wall.street.program_id
    draft = NewConnection(
        wall.street.store_id, "webmention", "https://shop.example", "shop.example"
    )
    form = b"source=https://ana.example/1&target=https://shop.example/pan"
    counts = []
    for html in ('<a class="u-like-of" href="https://shop.example/pan">x</a>', "<p>nada</p>"):
        clock.advance(minutes=1)
        page = f'<div class="h-entry">{html}</div>'.encode()
        with wall.database.unit_of_work(program) as session:
            made = connect(session, program, draft, at=clock.now(), keys=wall.tools.keys)
            place = place_of(connection_by_id(session, program, made))
            taken = connector_of("webmention").verify(FORM, form, place)
            assert receive_again(
                session, program, made, key=taken.key, raw=taken.raw, at=clock.now()
            )
            (delivery,) = claim_deliveries(session, program, at=clock.now())
            read = with_page(delivery.raw, Answer(200, {"content-type": "text/html"}, page))
            assert take_delivery(session, program, delivery, read=read, tools=wall.tools)
            counts.append(counts_of_posts(session, program, made))
    assert counts == [{("https://shop.example/pan", "like"): 1}, {}]


def test_a_connection_keeps_its_secrets_sealed_and_tells_how_it_is(
    wall: Wall, clock: ManualClock
) -> None:
    program, made, keys = wall.street.program_id, wall.connection_id, wall.tools.keys
    with wall.database.unit_of_work(program) as session:
        sealed = session.scalars(select(SocialConnection.secrets_sealed)).one()
        assert "secret" not in sealed
        assert b"secret" not in bytes.fromhex(sealed)
        assert secrets_of(session, program, made, keys=keys) == {"token": "a secret of the shop"}
        assert secrets_of(session, program, made, keys=replace(keys, master=bytes(32))) == {}
        note_poll(session, program, made, at=clock.now(), wait_s=300)
        assert connections_due(session, program, at=clock.now() + timedelta(seconds=299)) == ()
        for _ in range(20):
            note_failure(session, program, made, problem="down", at=clock.now())
        told = connection_by_id(session, program, made)
        assert (told.failures, told.problem, told.state) == (20, "down", "live")
        assert told.due_at - clock.now() == timedelta(hours=1)
        retry_now(session, program, made, at=clock.now())
        assert len(connections_due(session, program, at=clock.now())) == 1
        note_failure(session, program, made, problem="revoked", at=clock.now())
        assert connection_by_id(session, program, made).state == "revoked"
        assert secrets_of(session, program, made, keys=keys) == {}
        disconnect(session, program, made)
        assert connections_due(session, program, at=clock.now() + timedelta(days=1)) == ()
        with pytest.raises(NotFoundError):
            connection_by_id(session, program, UUID(int=1))
