"""Points are reserved, taken once and at most so many, or let go; what was refused stays so."""

from datetime import datetime, timedelta

import pytest

from loyalty.points.amounts import POINTS_MAX
from loyalty.points.errors import (
    ActConflictError,
    HoldEndedError,
    HoldExceededError,
    HoldUnknownError,
    PointsInvalidError,
    PointsShortError,
    RedeemingBlockedError,
)
from loyalty.points.policy import PointsPolicy
from loyalty.points.refused import Refused
from tests.support.ledger import Ledger


def at(ledger: Ledger, **later: int) -> datetime:
    return ledger.tools.clock.now() + timedelta(**later)


def why(refused: Refused | None) -> tuple[type[Exception], dict[str, object]]:
    assert refused is not None
    return type(refused.error()), dict(refused.facts)


def test_a_hold_reserves_and_a_post_takes_however_often_they_are_told(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 50)
    first, again = (ledger.hold("h1", wallet, 30) for _ in range(2))
    assert (first.points, first.balance.points, first.replayed) == (30, 20, False)
    assert (again.points, again.balance.points, again.replayed) == (30, 20, True)
    assert again.ends_at == at(ledger, minutes=15)
    taken, told = (ledger.post("redeem:1", "h1") for _ in range(2))
    assert (taken.points, taken.replayed) == (30, False)
    assert (told.points, told.draws, told.replayed) == (30, taken.draws, True)
    assert ledger.held(wallet) == [(20, 0)]
    assert ledger.balance(wallet).held == 0
    assert ledger.hold("h1", wallet, 30).outcome == "posted"
    assert ledger.differences() == ()


def test_a_part_is_taken_and_the_rest_is_free_again(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 50)
    ledger.hold("h1", wallet, 30)
    assert ledger.post("redeem:1", "h1", 12).points == 12
    assert (ledger.balance(wallet).posted, ledger.balance(wallet).held) == (38, 0)
    assert ledger.differences() == ()


def test_the_soonest_to_expire_is_held_first_and_what_is_over_or_pending_never(
    ledger: Ledger,
) -> None:
    wallet = ledger.new_wallet()
    for name, days in (("late", 90), ("soon", 10), ("over", -1)):
        ledger.credit(name, wallet, 10, expires_at=at(ledger, days=days))
    ledger.credit("pending", wallet, 10, available_at=at(ledger, days=1))
    assert why(ledger.hold("h0", wallet, 21).refused) == (
        PointsShortError,
        {"asked": 21, "free": 20},
    )
    held = ledger.hold("h1", wallet, 12)
    soon, late = ledger.posting("soon"), ledger.posting("late")
    assert [(draw.lot_id, draw.points) for draw in held.draws] == [(soon, 10), (late, 2)]


def test_more_than_is_free_is_refused_for_ever_under_that_id(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 9)
    refused = PointsShortError, {"asked": 10, "free": 9}
    assert why(ledger.hold("h1", wallet, 10).refused) == refused
    ledger.earn("sale:2", wallet, 100)
    again = ledger.hold("h1", wallet, 10)
    assert (why(again.refused), again.replayed) == (refused, True)
    assert ledger.hold("h2", wallet, 10).refused is None
    with pytest.raises(ActConflictError):
        ledger.hold("h1", wallet, 11)


def test_an_id_of_a_hold_is_not_used_for_another(ledger: Ledger) -> None:
    wallet, other = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", wallet, 9)
    ledger.earn("sale:2", other, 9)
    ledger.hold("h1", wallet, 5)
    with pytest.raises(ActConflictError):
        ledger.hold("h1", wallet, 6)
    with pytest.raises(ActConflictError):
        ledger.hold("h1", other, 5)


def test_a_post_takes_at_most_what_is_held(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 50)
    ledger.hold("h1", wallet, 30)
    refused = ledger.post("redeem:1", "h1", 31).refused
    assert why(refused) == (HoldExceededError, {"asked": 31, "held": 30})
    assert why(ledger.post("redeem:1", "h1", 31).refused) == why(refused)
    with pytest.raises(ActConflictError):
        ledger.post("redeem:1", "h1", 30)
    assert ledger.post("redeem:2", "h1", 30).points == 30


@pytest.mark.parametrize("end", ["posted", "voided", "lapsed"])
def test_a_hold_that_ended_gives_nothing(ledger: Ledger, end: str) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 50)
    ledger.hold("h1", wallet, 30)
    if end == "posted":
        ledger.post("redeem:1", "h1")
    elif end == "voided":
        assert ledger.void("h1").outcome == "voided"
    else:
        ledger.advance(minutes=15)
    told = HoldEndedError, {"hold_id": "h1", "outcome": end}
    for _ in range(2):
        assert why(ledger.post("redeem:2", "h1").refused) == told
    assert ledger.balance(wallet).posted == (20 if end == "posted" else 50)
    assert ledger.differences() == ()


def test_a_hold_runs_out_by_the_clock_of_who_reads_before_anybody_tidied_up(
    ledger: Ledger,
) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 30)
    ledger.advance(minutes=14, s=59)
    assert (ledger.spendable(wallet).free, ledger.spendable(wallet).held) == (0, 30)
    assert ledger.release() == 0
    ledger.advance(s=1)
    assert (ledger.spendable(wallet).free, ledger.spendable(wallet).held) == (30, 0)
    assert ledger.hold("h2", wallet, 30).points == 30, "it is free although no job ran"
    assert ledger.balance(wallet).held == 30
    assert ledger.hold("h1", wallet, 30).outcome == "lapsed"


def test_the_job_lets_go_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 30)
    ledger.hold("order", wallet, 1, purpose="order")
    ledger.advance(days=40)
    assert (ledger.release(), ledger.release()) == (1, 0)
    assert ledger.balance(wallet).held == 0
    assert ledger.differences() == ()


def test_an_order_holds_until_it_is_let_go(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    assert ledger.hold("order:1", wallet, 20, purpose="order").ends_at is None
    ledger.advance(days=400)
    assert ledger.release() == 0
    assert ledger.spendable(wallet).held == 20
    assert (ledger.void("order:1").points, ledger.void("order:1").replayed) == (20, True)
    assert ledger.held(wallet) == [(30, 0)]


def test_what_was_taken_is_not_let_go_and_what_never_was_neither(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 20)
    ledger.post("redeem:1", "h1")
    assert why(ledger.void("h1").refused) == (
        HoldEndedError,
        {"hold_id": "h1", "outcome": "posted"},
    )
    for refused in (ledger.void("h9").refused, ledger.post("redeem:9", "h9").refused):
        assert why(refused) == (HoldUnknownError, {"hold_id": "h9"})


def test_letting_go_of_what_was_never_held_stays_refused_for_its_id(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    first = ledger.void("h9", act_id="void:first")
    ledger.hold("h9", wallet, 20)
    again = ledger.void("h9", act_id="void:first")
    assert why(first.refused) == why(again.refused) == (HoldUnknownError, {"hold_id": "h9"})
    assert (first.replayed, again.replayed) == (False, True)
    assert ledger.held(wallet) == [(10, 0)]
    with pytest.raises(ActConflictError):
        ledger.void("h8", act_id="void:first")
    assert ledger.void("h9", act_id="void:second").points == 20


@pytest.mark.parametrize("points", [0, -1, POINTS_MAX + 1, 10**30, 1.5, True, "3"])
def test_what_is_no_number_of_points_moves_nothing(ledger: Ledger, points: int) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 3)
    for act in (
        lambda: ledger.hold("h2", wallet, points),
        lambda: ledger.post("redeem:1", "h1", points),
        lambda: ledger.give_back("back:1", "redeem:0", points),
    ):
        with pytest.raises(PointsInvalidError) as refusal:
            act()
        assert refusal.value.facts == {"points_max": POINTS_MAX}
    assert ledger.held(wallet) == [(27, 0)]


def test_freed_points_pay_a_debt_before_they_can_be_spent(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 30)
    assert ledger.take_back("refund:1", wallet, 12, of="sale:1").owed == 12
    ledger.void("h1")
    assert ledger.held(wallet) == [(18, 0)]
    assert ledger.differences() == ()


def test_who_owes_redeems_nothing_where_the_program_blocks_it(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(debt_policy="block"))
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 3)
    ledger.take_back("refund:1", wallet, 5, of="sale:1")
    assert why(ledger.hold("h1", wallet, 1).refused) == (RedeemingBlockedError, {"debt": 2})
    ledger.earn("sale:2", wallet, 3)
    assert ledger.hold("h2", wallet, 1).refused is None
