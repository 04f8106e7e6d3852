"""The ring: who signs, who is still believed, and that private keys rest sealed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from loyalty.codes.cards import reissue_card, void_card
from loyalty.codes.errors import KeyRingSealedError
from loyalty.codes.issue import sign_code
from loyalty.codes.keys import public_ring, rotate_ring, signer, withdraw_key
from loyalty.codes.models import CodeKey
from loyalty.codes.signing import CODE_SIGNING, public_of
from loyalty.codes.trust import load_trust, root_public, signed_trust
from loyalty.db.session import Database
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeHeader, CodeKind, CodeOutcome, check, seconds_of, take_apart
from loyalty.wire.trust import KeyState, UntrustedListError, open_trust
from tests.loyalty.codes.conftest import Shop
from tests.support.clock import ManualClock


def card_text(database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock) -> str:
    header = CodeHeader(CodeKind.CARD, 0, shop.program_id, shop.card_id, 0, seconds_of(clock.now()))
    with database.reading(shop.program_id) as session:
        return sign_code(session, header, keys=keys)


def outcome_of(database: Database, shop: Shop, text: str, clock: ManualClock) -> CodeOutcome:
    with database.reading(shop.program_id) as session:
        trust = load_trust(session, shop.program_id, at=clock.now())
    return check(text, trust=trust, program_id=shop.program_id, at=clock.now()).outcome


def key_id_of(text: str) -> int:
    code = take_apart(text)
    assert not isinstance(code, CodeOutcome)
    return code.header.key_id


def test_a_new_program_signs_with_its_own_key(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    text = card_text(database, shop, keys, clock)
    assert outcome_of(database, shop, text, clock) is CodeOutcome.OK


def test_after_a_rotation_old_codes_still_verify_and_new_ones_use_the_new_key(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    before = card_text(database, shop, keys, clock)
    clock.advance(days=1)
    with database.unit_of_work(shop.program_id) as session:
        key_id = rotate_ring(session, shop.program_id, keys=keys, at=clock.now())
    after = card_text(database, shop, keys, clock)
    assert (key_id_of(before), key_id_of(after)) == (1, key_id)
    assert outcome_of(database, shop, before, clock) is CodeOutcome.OK
    assert outcome_of(database, shop, after, clock) is CodeOutcome.OK


def test_a_rotation_is_noticed_by_a_process_that_signed_before(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    with database.reading(shop.program_id) as session:
        old = signer(session, shop.program_id, keys=keys)
    with database.unit_of_work(shop.program_id) as session:
        rotate_ring(session, shop.program_id, keys=keys, at=clock.now())
    with database.reading(shop.program_id) as session:
        new = signer(session, shop.program_id, keys=keys)
    assert new.key_id == old.key_id + 1
    assert new.seed != old.seed


def test_two_rotations_in_a_row_leave_one_key_that_signs(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    for _ in range(2):
        with database.unit_of_work(shop.program_id) as session:
            rotate_ring(session, shop.program_id, keys=keys, at=clock.advance(days=30))
    with database.reading(shop.program_id) as session:
        states = [key.state for key in public_ring(session, shop.program_id)]
    assert states == [KeyState.SIGNING, KeyState.VERIFYING, KeyState.VERIFYING]


def test_the_database_refuses_a_second_signing_key(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    with (
        pytest.raises(IntegrityError),
        database.unit_of_work(shop.program_id) as session,
    ):
        session.add(
            CodeKey(
                program_id=shop.program_id,
                key_id=9,
                public="00",
                private_sealed="00",
                not_before=clock.now(),
                not_after=None,
                state="signing",
            )
        )


def test_withdrawing_the_signing_key_revokes_its_codes_and_another_takes_over(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    before = card_text(database, shop, keys, clock)
    with database.unit_of_work(shop.program_id) as session:
        assert withdraw_key(session, shop.program_id, 1, keys=keys, at=clock.now())
        assert not withdraw_key(session, shop.program_id, 1, keys=keys, at=clock.now())
    after = card_text(database, shop, keys, clock)
    assert outcome_of(database, shop, before, clock) is CodeOutcome.REVOKED
    assert outcome_of(database, shop, after, clock) is CodeOutcome.OK


def test_private_keys_rest_sealed_and_only_the_master_key_opens_them(
    database: Database, shop: Shop, keys: ServerKeys
) -> None:
    with database.reading(shop.program_id) as session:
        seed = signer(session, shop.program_id, keys=keys).seed
        sealed = session.scalars(select(CodeKey.private_sealed)).one()
    assert seed.hex() not in sealed
    other = replace(keys, master=bytes(32))
    with database.reading(shop.program_id) as session, pytest.raises(KeyRingSealedError) as refusal:
        signer(session, shop.program_id, keys=other)
    assert refusal.value.facts == {"key_id": 1}
    assert seed.hex() not in repr(refusal.value)


def test_a_sealed_key_moved_to_another_place_does_not_open(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        first = session.scalars(select(CodeKey.private_sealed)).one()
        rotate_ring(session, shop.program_id, keys=keys, at=clock.now())
    with database.unit_of_work(shop.program_id) as session:
        newest = session.get_one(CodeKey, (shop.program_id, 2))
        newest.private_sealed = first
    with database.reading(shop.program_id) as session, pytest.raises(KeyRingSealedError):
        signer(session, shop.program_id, keys=keys)


def test_the_signing_algorithm_verifies_what_it_signed_and_nothing_else() -> None:
    seed = bytes(range(32))
    signature = CODE_SIGNING.get_signature(seed, b"value")
    assert CODE_SIGNING.verify_signature(seed, b"value", signature)
    assert not CODE_SIGNING.verify_signature(seed, b"other", signature)
    assert not CODE_SIGNING.verify_signature(bytes(32), b"value", signature)


def test_a_till_opens_the_trust_list_with_the_pinned_root_key(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    with database.reading(shop.program_id) as session:
        document = signed_trust(session, shop.program_id, keys=keys, at=clock.now())
        told = load_trust(session, shop.program_id, at=clock.now())
    opened = open_trust(document, root_public=root_public(keys), program_id=shop.program_id)
    assert opened == told
    with pytest.raises(UntrustedListError):
        open_trust(document, root_public=public_of(bytes(32)), program_id=shop.program_id)


def test_the_sequence_of_trust_lists_only_goes_up(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    def sequence() -> int:
        with database.reading(shop.program_id) as session:
            return load_trust(session, shop.program_id, at=clock.now()).sequence

    seen = [sequence()]
    at = clock.now() + timedelta(days=1)
    with database.unit_of_work(shop.program_id) as session:
        rotate_ring(session, shop.program_id, keys=keys, at=at)
    seen.append(sequence())
    with database.unit_of_work(shop.program_id) as session:
        withdraw_key(session, shop.program_id, 1, keys=keys, at=at)
    seen.append(sequence())
    with database.unit_of_work(shop.program_id) as session:
        reissue_card(session, shop.program_id, shop.card_id)
    seen.append(sequence())
    with database.unit_of_work(shop.program_id) as session:
        void_card(session, shop.program_id, shop.card_id, reason="lost", at=at)
    seen.append(sequence())
    assert seen == sorted(set(seen))
