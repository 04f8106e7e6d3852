"""Live codes: an hour without signal, letters to type, and whose visit they speak for."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from loyalty.codes.cards import reissue_card, void_card
from loyalty.codes.errors import CardUnknownError
from loyalty.codes.live import (
    LiveBatch,
    code_for_letters,
    forget_expired_letters,
    held_live_batch,
    renew_live_batch,
    set_live_visit,
    visit_in_force,
)
from loyalty.codes.rules import RENEW_BELOW, missing_expiries
from loyalty.codes.trust import load_trust
from loyalty.db.session import Database
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import ALPHABET, LIVE_BATCH, CodeOutcome, check
from tests.loyalty.codes.conftest import Shop
from tests.support.clock import ManualClock

MINUTE = timedelta(minutes=1)


def renew(database: Database, shop: Shop, keys: ServerKeys, at: datetime) -> LiveBatch:
    with database.unit_of_work(shop.program_id) as session:
        return renew_live_batch(session, shop.program_id, shop.card_id, at=at, keys=keys)


def test_a_phone_gets_130_codes_a_minute_apart_and_the_first_is_good_at_once(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    at = clock.advance(s=0.75)
    batch = renew(database, shop, keys, at)
    expiries = [code.expires_at for code in batch.codes]
    assert batch.server_time == at
    assert len(batch.codes) == LIVE_BATCH
    assert {later - earlier for earlier, later in pairwise(expiries)} == {MINUTE}
    assert batch.codes[0].starts_at <= at < batch.codes[0].starts_at + timedelta(seconds=1)
    assert all(code.expires_at - code.starts_at == 2 * MINUTE for code in batch.codes)
    assert all(set(code.letters) <= set(ALPHABET) for code in batch.codes)
    assert len({code.letters for code in batch.codes}) == LIVE_BATCH


def test_each_code_is_good_by_public_keys_alone_while_it_is_shown(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    batch = renew(database, shop, keys, clock.now())
    with database.reading(shop.program_id) as session:
        trust = load_trust(session, shop.program_id, at=clock.now())
    for code in (batch.codes[0], batch.codes[64], batch.codes[-1]):
        for at in (code.starts_at, code.expires_at):
            reading = check(code.text, trust=trust, program_id=shop.program_id, at=at)
            assert reading.outcome is CodeOutcome.OK


def test_asking_again_gives_the_same_codes_while_enough_are_left(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    first = renew(database, shop, keys, clock.now())
    later = clock.now() + 60 * MINUTE
    with database.reading(shop.program_id) as session:
        held = held_live_batch(session, shop.program_id, shop.card_id, at=later, keys=keys)
    again = renew(database, shop, keys, later)
    assert held is not None
    assert held.codes == again.codes == first.codes[-len(again.codes) :]
    assert len(again.codes) >= RENEW_BELOW


def test_a_renewal_continues_after_the_last_expiry_held(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    first = renew(database, shop, keys, clock.now())
    later = first.codes[66].expires_at
    with database.reading(shop.program_id) as session:
        held = held_live_batch(session, shop.program_id, shop.card_id, at=later, keys=keys)
    second = renew(database, shop, keys, later)
    assert held is None
    assert len(second.codes) == LIVE_BATCH
    assert second.codes[:63] == first.codes[67:]
    assert second.codes[63].expires_at == first.codes[-1].expires_at + MINUTE


def test_an_hour_without_signal_is_always_covered() -> None:
    at = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    held: list[datetime] = []
    for _ in range(400):
        held = [expiry for expiry in held if expiry > at]
        held += missing_expiries(held, at=at)
        assert len(held) >= RENEW_BELOW
        assert held == sorted(set(held))
        assert held[0] - 2 * MINUTE <= at
        assert held[-1] - at >= 60 * MINUTE
        at += timedelta(seconds=97)


def test_a_phone_that_was_away_starts_afresh(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    renew(database, shop, keys, clock.now())
    later = clock.advance(days=3)
    batch = renew(database, shop, keys, later)
    assert batch.codes[0].starts_at == later


def test_letters_stand_for_the_whole_code(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    code = renew(database, shop, keys, clock.now()).codes[3]
    with database.reading(shop.program_id) as session:

        def found(letters: str, at: datetime) -> str | None:
            return code_for_letters(session, shop.program_id, letters, at=at, keys=keys)

        assert found(code.letters, clock.now()) == code.text
        assert found(code.letters, code.expires_at + timedelta(days=1)) is None
        assert found("BBBBBBBB", clock.now()) is None


def test_letters_nobody_may_type_any_more_are_tidied_up(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    batch = renew(database, shop, keys, clock.now())
    with database.unit_of_work(shop.program_id) as session:
        at = batch.codes[9].expires_at + timedelta(days=1)
        forget_expired_letters(session, shop.program_id, at=at)
    with database.reading(shop.program_id) as session:
        kept = [
            code_for_letters(session, shop.program_id, code.letters, at=clock.now(), keys=keys)
            for code in batch.codes[8:12]
        ]
    assert kept == [None, None, batch.codes[10].text, batch.codes[11].text]


def test_a_void_or_unknown_card_gets_no_codes(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        void_card(session, shop.program_id, shop.card_id, reason="lost", at=clock.now())
    with pytest.raises(CardUnknownError):
        renew(database, shop, keys, clock.now())
    with pytest.raises(CardUnknownError), database.unit_of_work(shop.program_id) as session:
        renew_live_batch(session, shop.program_id, "00" * 8, at=clock.now(), keys=keys)


def test_a_card_issued_again_gets_new_codes_for_every_minute(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    before = renew(database, shop, keys, clock.now())
    with database.unit_of_work(shop.program_id) as session:
        reissue_card(session, shop.program_id, shop.card_id)
    after = renew(database, shop, keys, clock.now())
    assert [code.expires_at for code in after.codes] == [code.expires_at for code in before.codes]
    assert not {code.text for code in after.codes} & {code.text for code in before.codes}
    with database.reading(shop.program_id) as session:
        trust = load_trust(session, shop.program_id, at=clock.now())
    outcomes = [
        check(batch.codes[0].text, trust=trust, program_id=shop.program_id, at=clock.now()).outcome
        for batch in (before, after)
    ]
    assert outcomes == [CodeOutcome.SUPERSEDED, CodeOutcome.OK]


def test_the_visit_in_force_at_the_scan_counts(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    at = clock.now()
    visit, next_visit, consent = (new_id(at) for _ in range(3))
    changes = [
        (10, visit, consent),
        (20, visit, consent),
        (30, next_visit, consent),
        (40, None, None),
    ]
    for minute, visit_id, consent_id in changes:
        with database.unit_of_work(shop.program_id) as session:
            set_live_visit(
                session,
                shop.program_id,
                shop.card_id,
                visit_id=visit_id,
                consent_id=consent_id,
                at=at + minute * MINUTE,
            )
    with database.reading(shop.program_id) as session:
        in_force = [
            visit_in_force(session, shop.program_id, shop.card_id, at=at + minute * MINUTE)
            for minute in (9, 10, 29, 30, 39, 40, 99)
        ]
    first, second = (visit, consent), (next_visit, consent)
    assert in_force == [None, first, first, second, second, None, None]


def test_two_answers_in_one_moment_leave_the_later_one(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    at = clock.now()
    visit, consent = new_id(at), new_id(at)
    with database.unit_of_work(shop.program_id) as session:
        for visit_id, consent_id in ((visit, consent), (None, None)):
            set_live_visit(
                session,
                shop.program_id,
                shop.card_id,
                visit_id=visit_id,
                consent_id=consent_id,
                at=at,
            )
    with database.reading(shop.program_id) as session:
        assert visit_in_force(session, shop.program_id, shop.card_id, at=at) is None
