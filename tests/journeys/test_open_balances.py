"""Balances of an older program come over once, by card or e-mail, and the books stay right."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from loyalty.codes.printed import cards_beginning
from loyalty.identity.members import create_member
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys import open_balances
from loyalty.journeys.open_balances import (
    BalancesKept,
    KeptBalances,
    keep_balances,
    plan_balances,
)
from loyalty.points.audit import audit_ledger
from loyalty.points.create_wallet import ensure_wallets
from loyalty.points.lots import lots_of
from loyalty.points.opening_list import read_openings
from loyalty.points.opening_plan import OpeningPlan
from loyalty.points.policy import PointsPolicy
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.set_policy import set_policy
from loyalty.points.take_back import take_back
from loyalty.programs.queries import StoreFacts, store_by_id
from tests.support.checkout import Counter
from tests.support.street import Phone, new_phone

HEAD = "tarjeta;puntos;caduca;referencia\n"


@pytest.fixture
def store(counter: Counter) -> StoreFacts:
    with counter.database.reading(counter.street.program_id) as session:
        found = store_by_id(session, counter.street.program_id, counter.street.store_id)
    assert found is not None
    return found


def phone(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def told(rows: str, *, again: bool = False) -> KeptBalances:
    return KeptBalances((HEAD + rows).encode(), ",", again, "staff:x")


def keep(counter: Counter, store: StoreFacts, what: KeptBalances, *, seconds: float = 60) -> object:
    return keep_balances(counter.database, what, store, seconds=seconds, tools=counter.tools)


def plan(counter: Counter, store: StoreFacts, what: KeptBalances) -> OpeningPlan:
    read, _ = read_openings(what.data, mark=what.mark)
    with counter.database.reading(store.program_id) as session:
        return plan_balances(session, store, read, what, tools=counter.tools)


def points(counter: Counter, card_id: str) -> int:
    wallet_id = wallet(counter, card_id)
    with counter.database.reading(counter.street.program_id) as session:
        return balance_of(session, counter.street.program_id, wallet_id).posted


def wallet(counter: Counter, card_id: str) -> UUID:
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        member_id = open_member_of_card(session, program_id, card_id)
        assert member_id is not None
        found = wallet_of_member(session, program_id, member_id)
    assert found is not None
    return found


@pytest.fixture
def books(counter: Counter) -> Iterator[None]:
    yield
    with counter.database.reading(counter.street.program_id) as session:
        assert audit_ledger(session, counter.street.program_id) == ()


@pytest.mark.usefixtures("books")
def test_a_list_gives_each_row_once_however_often_it_is_sent(
    counter: Counter, store: StoreFacts
) -> None:
    ana, luz = phone(counter), phone(counter)
    rows = f"{ana.card_id};340;31/12/2027;\n{luz.card_id};25;;\n"
    assert keep(counter, store, told(rows)) == BalancesKept(2, 365, 0)
    assert keep(counter, store, told(rows)) == BalancesKept(0, 0, 0)
    assert (points(counter, ana.card_id), points(counter, luz.card_id)) == (340, 25)
    assert plan(counter, store, told(rows)).done == 2
    owner = wallet(counter, ana.card_id)
    with counter.database.reading(store.program_id) as session:
        (lot,) = lots_of(session, store.program_id, owner)
    assert lot.expires_at == datetime(2027, 12, 31, 23, tzinfo=UTC)


@pytest.mark.usefixtures("books")
def test_a_mended_file_gives_only_what_was_missing(counter: Counter, store: StoreFacts) -> None:
    ana, luz = phone(counter), phone(counter)
    keep(counter, store, told(f"{ana.card_id};340;;\n{luz.card_id};muchos;;\n"))
    mended = told(f"{ana.card_id};340;;\n{luz.card_id};25;;\n")
    assert [slip.slip for slip in plan(counter, store, mended).slips] == ["already_opened"]
    assert keep(counter, store, mended) == BalancesKept(1, 25, 0)
    assert points(counter, ana.card_id) == 340
    more = replace(mended, data=mended.data + b"\n", again=True)
    assert keep(counter, store, more) == BalancesKept(2, 365, 0)


@pytest.mark.usefixtures("books")
def test_a_reference_is_given_once_in_whatever_file_it_comes(
    counter: Counter, store: StoreFacts
) -> None:
    ana = phone(counter)
    keep(counter, store, told(f"{ana.card_id};10;;A\n{ana.card_id};20;;B\n"))
    other = told(f"{ana.card_id};20;;B\n{ana.card_id};30;;C\n{ana.card_id};11;;A\n")
    planned = plan(counter, store, other)
    assert planned.done == 1
    assert [slip.slip for slip in planned.slips] == ["reference_used"]
    keep(counter, store, other)
    assert points(counter, ana.card_id) == 60


@pytest.mark.usefixtures("books")
def test_whoever_owes_points_pays_with_what_they_bring(counter: Counter, store: StoreFacts) -> None:
    ana = phone(counter)
    program_id, owner = store.program_id, wallet(counter, ana.card_id)
    at = counter.tools.clock.now()
    with counter.database.unit_of_work(program_id) as session:
        act = Act("refund:early", occurred_at=at, subject="sale:early")
        take_back(session, program_id, owner, act=act, points=15, at=at)
    keep(counter, store, told(f"{ana.card_id};40;;\n"))
    with counter.database.reading(program_id) as session:
        held = balance_of(session, program_id, owner)
    assert (held.posted, held.debt) == (25, 0)


@pytest.mark.usefixtures("books")
def test_what_is_brought_ends_as_the_policy_says_unless_its_row_says_when(
    counter: Counter, store: StoreFacts
) -> None:
    ana, at = phone(counter), counter.tools.clock.now()
    with counter.database.unit_of_work(store.program_id) as session:
        policy = PointsPolicy(expiry_months=12)
        set_policy(session, store.program_id, policy, made_by="setup", at=at)
    keep(counter, store, told(f"{ana.card_id};5;;A\n{ana.card_id};7;01/06/2026;B\n"))
    owner = wallet(counter, ana.card_id)
    with counter.database.reading(store.program_id) as session:
        lots = lots_of(session, store.program_id, owner)
        held = balance_of(session, store.program_id, owner)
    ends = {lot.remaining: lot.expires_at for lot in lots}
    assert ends[5] is not None
    assert ends[5].year == at.year + 1
    assert held.expires_next == ends[7] == datetime(2026, 6, 1, 22, tzinfo=UTC)


def test_nobody_s_cards_wait_and_other_slips_are_told(counter: Counter, store: StoreFacts) -> None:
    ana = phone(counter)
    rows = (
        f"{ana.card_id[:6]};5;;\n"
        f"{ana.card_id};6;;\n"
        "0123456789abcdef;7;;\n"
        f"{ana.card_id};8;01/01/2020;A\n"
        f"{ana.card_id};0;;B\n"
    )
    planned = plan(counter, store, told(rows))
    assert [one.row.points for one in planned.give] == [5]
    assert [slip.slip for slip in planned.slips] == ["same_person", "card_unknown", "date_past"]
    assert planned.empty == 1


@pytest.mark.usefixtures("books")
def test_a_list_cut_off_half_way_goes_on_where_it_was(
    counter: Counter, store: StoreFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_balances, "PART_ROWS", 50)
    ana = phone(counter)
    rows = "".join(f"{ana.card_id};1;;R{number}\n" for number in range(55))
    steps = [keep(counter, store, told(rows), seconds=0) for _ in range(3)]
    assert steps == [BalancesKept(50, 50, 5), BalancesKept(5, 5, 0), BalancesKept(0, 0, 0)]
    assert points(counter, ana.card_id) == 55


@pytest.mark.usefixtures("books")
def test_a_part_that_fails_gives_nothing_and_is_given_when_it_is_sent_again(
    counter: Counter, store: StoreFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_balances, "PART_ROWS", 2)
    cards = [phone(counter).card_id for _ in range(3)]
    rows = told("".join(f"{card};10;;\n" for card in cards))
    parts = []

    def breaks(*_args: object) -> str:
        parts.append(1)
        if len(parts) == 3:
            message = "the process died"
            raise RuntimeError(message)
        return "0" * 64

    with monkeypatch.context() as broken:
        broken.setattr("loyalty.points.open_balances.content_hash", breaks)
        with pytest.raises(RuntimeError):
            keep(counter, store, rows)
    assert keep(counter, store, rows) == BalancesKept(1, 10, 0)
    assert [points(counter, card) for card in cards] == [10, 10, 10]


@pytest.mark.usefixtures("books")
def test_who_never_had_points_gets_a_wallet_with_the_first(
    counter: Counter, store: StoreFacts
) -> None:
    program_id, at = store.program_id, counter.tools.clock.now()
    ana = phone(counter)
    with counter.database.unit_of_work(program_id) as session:
        made = create_member(
            session,
            program_id,
            store_id=store.store_id,
            language="es",
            at=at,
            keys=counter.tools.keys,
        )
        both = {made.member_id, ana.member_id}
        first = ensure_wallets(session, program_id, both, at=at)
        assert ensure_wallets(session, program_id, both, at=at) == first
    assert first[ana.member_id] == wallet(counter, ana.card_id)
    with counter.database.reading(program_id) as session:
        assert balance_of(session, program_id, first[made.member_id]).posted == 0


def test_letters_name_a_card_while_only_one_begins_so(counter: Counter, store: StoreFacts) -> None:
    cards = sorted(phone(counter).card_id for _ in range(17))
    begins = [card[0] for card in cards]
    shared = next(letter for letter in begins if begins.count(letter) > 1)
    same = [card for card in cards if card[0] == shared]
    longest = [card[:15] for card in cards]
    with counter.database.reading(store.program_id) as session:
        found = cards_beginning(session, store.program_id, [shared, "g", *longest])
    assert found == {shared: (same[0], same[-1])} | {card[:15]: (card, card) for card in cards}
