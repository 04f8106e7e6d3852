"""Eight letters make a till, once, for ten minutes; only the hash of its key is kept."""

import hashlib

import pytest
from sqlalchemy import select

from loyalty.journeys.pair_till import (
    PairedTill,
    PairingOffer,
    offer_pairing,
    pair_till,
    revoke_till,
)
from loyalty.kernel.errors import MalformedRequestError, NotFoundError, TooManyTriesError
from loyalty.kernel.ids import new_id
from loyalty.programs.errors import PairingCodeWrongError, TillRevokedError
from loyalty.programs.models import Pairing, Till
from loyalty.programs.tills import till_of_key
from tests.support.checkout import Counter
from tests.support.clock import ManualClock


def offer(counter: Counter) -> PairingOffer:
    with counter.database.unit_of_work(counter.street.program_id) as session:
        return offer_pairing(
            session,
            counter.street.program_id,
            counter.street.store_id,
            till_name="Caja 2",
            staff_id=counter.street.staff_id,
            tools=counter.tools,
        )


def pair(counter: Counter, code: str, *, client: str = "192.0.2.1") -> PairedTill:
    return pair_till(
        counter.database,
        code,
        client_address=client,
        kind="browser",
        key_sha256=None,
        tools=counter.tools,
    )


def test_the_letters_make_a_till_once(counter: Counter) -> None:
    offered = offer(counter)
    assert len(offered.code) == 8
    paired = pair(counter, f"{offered.code[:4].lower()} {offered.code[4:].lower()}")
    assert (paired.till_name, paired.store.name) == ("Caja 2", "Panadería Sol")
    assert len(bytes.fromhex(paired.root_public)) == 32
    assert paired.key is not None
    with counter.database.reading(paired.program_id) as session:
        till = till_of_key(session, paired.program_id, paired.till_id, paired.key)
        assert till is not None
        assert till_of_key(session, paired.program_id, paired.till_id, "another") is None
        kept = session.scalars(select(Till.key_hash).where(Till.till_id == paired.till_id)).one()
    assert kept == hashlib.sha256(paired.key.encode()).hexdigest()
    with pytest.raises(PairingCodeWrongError):
        pair(counter, offered.code)


def test_the_letters_themselves_are_not_kept(counter: Counter) -> None:
    offered = offer(counter)
    with counter.database.reading(counter.street.program_id) as session:
        rows = session.execute(select(Pairing.code_hash, Pairing.till_name)).all()
    assert offered.code not in str(rows)
    assert offered.code not in repr(rows)


def test_an_agent_brings_the_hash_of_a_key_it_made(counter: Counter) -> None:
    key = "a key that the agent made"
    paired = pair_till(
        counter.database,
        offer(counter).code,
        client_address="192.0.2.1",
        kind="agent",
        key_sha256=hashlib.sha256(key.encode()).hexdigest().upper(),
        tools=counter.tools,
    )
    assert paired.key is None
    with counter.database.reading(paired.program_id) as session:
        known = till_of_key(session, paired.program_id, paired.till_id, key)
    assert known is not None
    assert (known.till.kind, known.store) == ("agent", paired.store)


def test_what_is_no_hash_is_refused_before_the_letters_are_used(counter: Counter) -> None:
    offered = offer(counter)
    with pytest.raises(MalformedRequestError):
        pair_till(
            counter.database,
            offered.code,
            client_address="192.0.2.1",
            kind="agent",
            key_sha256="short",
            tools=counter.tools,
        )
    assert pair(counter, offered.code)


def test_after_ten_minutes_the_letters_are_nothing(counter: Counter, clock: ManualClock) -> None:
    offered = offer(counter)
    clock.advance(minutes=10)
    with pytest.raises(PairingCodeWrongError):
        pair(counter, offered.code)


def test_one_client_has_five_tries_in_ten_minutes(counter: Counter, clock: ManualClock) -> None:
    offered = offer(counter)
    for wrong in ("BBBBBBBB", "not a code", "", "CCCCCCCC", "DDDDDDDD"):
        with pytest.raises(PairingCodeWrongError):
            pair(counter, wrong)
    with pytest.raises(TooManyTriesError) as refusal:
        pair(counter, offered.code)
    assert refusal.value.facts == {"retry_after_s": 600}
    assert pair(counter, offered.code, client="192.0.2.2")
    clock.advance(minutes=11)
    assert pair(counter, offer(counter).code)


def test_pairing_many_tills_is_no_guessing(counter: Counter) -> None:
    for _ in range(7):
        assert pair(counter, offer(counter).code)


def test_a_revoked_till_is_told_so_and_its_key_opens_nothing(counter: Counter) -> None:
    paired = pair(counter, offer(counter).code)
    assert paired.key is not None
    for _ in range(2):
        with counter.database.unit_of_work(paired.program_id) as session:
            revoke_till(session, paired.program_id, paired.till_id, tools=counter.tools)
    with counter.database.reading(paired.program_id) as session, pytest.raises(TillRevokedError):
        till_of_key(session, paired.program_id, paired.till_id, paired.key)


def test_a_till_nobody_knows_cannot_be_revoked(counter: Counter) -> None:
    stranger = new_id(counter.tools.clock.now())
    with (
        pytest.raises(NotFoundError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        revoke_till(session, counter.street.program_id, stranger, tools=counter.tools)
