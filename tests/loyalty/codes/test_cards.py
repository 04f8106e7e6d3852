"""Cards: claimed once, void for good, issued again until the epochs run out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from loyalty.codes.cards import (
    EPOCH_MAX,
    card_by_id,
    cards_of_member,
    claim_printed_card,
    create_card,
    reissue_card,
    void_card,
)
from loyalty.codes.errors import CardUnknownError
from loyalty.codes.judge import judge_code
from loyalty.codes.keys import public_ring, rotate_ring
from loyalty.codes.live import renew_live_batch
from loyalty.db.session import Database
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.trust import KeyState
from tests.loyalty.codes.conftest import Shop
from tests.support.clock import ManualClock

MANY = 12


@pytest.fixture
def printed_id(database: Database, shop: Shop, clock: ManualClock) -> str:
    with database.unit_of_work(shop.program_id) as session:
        return create_card(
            session,
            shop.program_id,
            shop.member_id,
            store_id=shop.store_id,
            kind="printed",
            at=clock.advance(s=1),
        ).card_id


@pytest.mark.race
def test_of_many_phones_that_open_a_printed_card_one_takes_it(
    database: Database, shop: Shop, printed_id: str, clock: ManualClock
) -> None:
    start = Barrier(MANY)

    def claim(_: int) -> bool:
        start.wait()
        with database.unit_of_work(shop.program_id) as session:
            return claim_printed_card(session, shop.program_id, printed_id, at=clock.now())

    with ThreadPoolExecutor(MANY) as phones:
        assert sum(phones.map(claim, range(MANY))) == 1


def test_phones_and_void_cards_are_not_claimed(
    database: Database, shop: Shop, printed_id: str, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        void_card(session, shop.program_id, printed_id, reason="lost", at=clock.now())
        claimed = [
            claim_printed_card(session, shop.program_id, card_id, at=clock.now())
            for card_id in (printed_id, shop.card_id, "ff" * 8)
        ]
    assert claimed == [False, False, False]


def test_a_member_has_all_cards_the_oldest_first(
    database: Database, shop: Shop, printed_id: str
) -> None:
    with database.reading(shop.program_id) as session:
        cards = cards_of_member(session, shop.program_id, shop.member_id)
        assert [card.card_id for card in cards] == [shop.card_id, printed_id]
        assert card_by_id(session, shop.program_id, "ff" * 8) is None


def test_a_card_that_is_void_unknown_or_worn_out_is_not_issued_again(
    database: Database, shop: Shop, printed_id: str, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        for epoch in range(1, EPOCH_MAX + 1):
            assert reissue_card(session, shop.program_id, shop.card_id).min_epoch == epoch
        void_card(session, shop.program_id, printed_id, reason="lost", at=clock.now())
    for card_id in (shop.card_id, printed_id, "ff" * 8):
        with pytest.raises(CardUnknownError), database.unit_of_work(shop.program_id) as session:
            reissue_card(session, shop.program_id, card_id)
    with pytest.raises(CardUnknownError), database.unit_of_work(shop.program_id) as session:
        void_card(session, shop.program_id, "ff" * 8, reason="lost", at=clock.now())


def test_letters_from_before_a_card_was_issued_again_are_superseded(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    at = clock.now()
    with database.unit_of_work(shop.program_id) as session:
        batch = renew_live_batch(session, shop.program_id, shop.card_id, at=at, keys=keys)
        reissue_card(session, shop.program_id, shop.card_id)
        verdict = judge_code(
            session,
            shop.program_id,
            batch.codes[0].letters,
            scanned_at=at,
            received_at=at,
            clock_sure=True,
            keys=keys,
        )
    assert verdict.outcome is CodeOutcome.SUPERSEDED
    assert not verdict.wrong_try


@pytest.mark.race
def test_rotations_at_once_leave_one_key_that_signs(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    start = Barrier(MANY)

    def rotate(_: int) -> int:
        start.wait()
        with database.unit_of_work(shop.program_id) as session:
            return rotate_ring(session, shop.program_id, keys=keys, at=clock.now())

    with ThreadPoolExecutor(MANY) as owners:
        told = list(owners.map(rotate, range(MANY)))
    with database.reading(shop.program_id) as session:
        ring = public_ring(session, shop.program_id)
    signing = [key.key_id for key in ring if key.state is KeyState.SIGNING]
    assert len(signing) == 1
    assert max(told) == signing[0]
