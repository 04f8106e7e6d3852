"""Points are moved by hand by who may, with a reason, and never into a debt."""

import json
from datetime import timedelta

import pytest

from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.errors import (
    ActConflictError,
    AdjustLimitError,
    PointsInvalidError,
    PointsShortError,
)
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import posting_of_act
from tests.support.ledger import Ledger


def test_points_are_given_and_taken_by_hand_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    for replayed in (False, True):
        given = ledger.adjust("adjust:1", wallet, 30)
        assert (given.points, given.replayed) == (30, replayed)
    for replayed in (False, True):
        taken = ledger.adjust("adjust:2", wallet, -12)
        assert (taken.points, taken.replayed, taken.balance.points) == (-12, replayed, 18)
    assert ledger.differences() == ()


def test_the_ledger_keeps_who_did_it_and_why(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.adjust("adjust:1", wallet, 30, reason="  Cartilla de papel ")
    with ledger.database.reading(ledger.program_id) as session:
        kept = posting_of_act(session, ledger.program_id, "adjust:1")
    assert kept is not None
    assert json.loads(kept.basis or "") == {
        "reason": "Cartilla de papel",
        "actor": f"staff:{ledger.street.staff_id}",
        "role": "owner",
    }


@pytest.mark.parametrize("points", [30, -7])
def test_the_same_change_with_another_reason_is_another_change(ledger: Ledger, points: int) -> None:
    wallet = ledger.new_wallet()
    first = ledger.adjust("adjust:1", wallet, points, reason="Cartilla de papel")
    again = ledger.adjust("adjust:1", wallet, points, reason=" Cartilla de papel ")
    assert again.points == first.points
    with pytest.raises(ActConflictError):
        ledger.adjust("adjust:1", wallet, points, reason="Se olvidó la tarjeta")
    assert ledger.balance(wallet).points == first.points


def test_an_undoing_pressed_again_in_another_language_is_the_same_undoing(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.adjust("adjust:1", wallet, 30)
    for reason, replayed in (("Deshecho", False), ("Undone", True)):
        undone = ledger.adjust("undo:1", wallet, -30, reason=reason, reverses="adjust:1")
        assert (undone.points, undone.replayed) == (-30, replayed)
    assert ledger.differences() == ()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_nothing_is_moved_without_a_reason(ledger: Ledger, reason: str) -> None:
    wallet = ledger.new_wallet()
    with pytest.raises(SettingInvalidError):
        ledger.adjust("adjust:1", wallet, 30, reason=reason)


@pytest.mark.parametrize(
    ("role", "most"), [("owner", 1_000_000), ("manager", 40), ("cashier", 0), ("courier", 0)]
)
def test_each_role_has_its_limit(ledger: Ledger, role: str, most: int) -> None:
    ledger.decide(PointsPolicy(adjust_manager_most=40))
    wallet = ledger.new_wallet()
    if most < 1_000_000:
        for points in (most + 1, -most - 1):
            refused = ledger.adjust(f"over:{points}", wallet, points, role=role).refused
            assert refused is not None
            assert isinstance(refused.error(), AdjustLimitError)
            assert refused.facts == {"most": most}
    if most:
        assert ledger.adjust("just", wallet, most, role=role).points == most


def test_no_more_is_taken_than_is_free_and_the_no_stays(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 10)
    ledger.hold("h1", wallet, 4)
    for _ in range(2):
        refused = ledger.adjust("adjust:1", wallet, -7).refused
        assert refused is not None
        assert isinstance(refused.error(), PointsShortError)
        assert refused.facts == {"asked": 7, "free": 6}
        ledger.earn(f"sale:{ledger.advance(s=1)}", wallet, 10)
    assert ledger.adjust("adjust:2", wallet, -7).points == -7
    assert ledger.differences() == ()


def test_an_undoing_takes_from_the_lot_that_was_given(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.credit("sale:1", wallet, 10, expires_at=ledger.advance() + timedelta(days=1))
    ledger.adjust("adjust:1", wallet, 30)
    ledger.adjust("undo:1", wallet, -30, reverses="adjust:1")
    assert list(ledger.lots(wallet)) == [ledger.posting("sale:1")]


@pytest.mark.parametrize("points", [0, 1_000_001, -1_000_001, 1.5])
def test_what_is_no_number_of_points_is_not_moved_by_hand(ledger: Ledger, points: int) -> None:
    wallet = ledger.new_wallet()
    with pytest.raises(PointsInvalidError):
        ledger.adjust("adjust:1", wallet, points)
    with pytest.raises(PointsInvalidError):
        ledger.open("open:1", wallet, max(points, 0))


def test_an_opening_balance_comes_in_once_and_ends_as_other_points_do(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(expiry_months=6))
    wallet = ledger.new_wallet()
    for replayed in (False, True):
        assert ledger.open("open:1", wallet, 120).replayed is replayed
    (lot,) = ledger.lots(wallet).values()
    assert (lot.remaining, lot.expires_at) == (120, ledger.advance().replace(month=9))
    with pytest.raises(ActConflictError):
        ledger.open("open:1", wallet, 121)


def test_a_debt_that_is_let_go_is_owed_no_more(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.take_back("refund:1", wallet, 5)
    for replayed in (False, True):
        told = ledger.forgive("forgive:1", wallet)
        assert (told.points, told.replayed) == (5, replayed)
    assert ledger.held(wallet) == [(0, 0)]
    assert ledger.differences() == ()
