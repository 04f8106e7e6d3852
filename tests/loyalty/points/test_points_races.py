"""Sixty-four clients on one wallet: never a point too many, never an act twice."""

from collections.abc import Callable
from functools import partial

import pytest

from loyalty.kernel.errors import LoyaltyError
from loyalty.points.credit import Credited
from loyalty.points.hold import Held
from loyalty.points.post_hold import Redeemed
from tests.support.at_once import at_once
from tests.support.ledger import Ledger
from tests.support.sizes import SIZE

pytestmark = pytest.mark.race

CLIENTS = 64
ROUNDS = max(1, SIZE.rounds // 10)


@pytest.fixture(autouse=True, params=range(ROUNDS))
def each_round(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def test_of_sixty_four_who_hold_or_redeem_only_so_many_get_what_there_is(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 100)

    def spend(number: int) -> int:
        if number % 2:
            return ledger.redeem(f"redeem:{number}", wallet, 20).points
        return ledger.hold(f"h{number}", wallet, 20).points

    told = [each for each in at_once(CLIENTS, spend) if isinstance(each, int)]
    assert sorted(told) == [0] * 59 + [20] * 5
    assert at_once(CLIENTS, spend) == told, "told again each gets the answer of the first time"
    assert ledger.held(wallet) == [(0, 0)]

    def post(number: int) -> int:
        return ledger.post(f"post:{number}", f"h{number}").points

    taken = at_once(CLIENTS, post)
    held = [points for number, points in enumerate(told) if number % 2 == 0 and points]
    assert sum(each for each in taken if isinstance(each, int)) == 20 * len(held)
    assert ledger.balance(wallet).posted == ledger.balance(wallet).held == 0
    assert ledger.differences() == ()


def test_of_sixty_four_who_take_one_hold_one_does(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 100)
    ledger.hold("h1", wallet, 60)

    def end(number: int) -> int:
        if number % 4 == 0:
            return 0 if ledger.void("h1").refused else -1
        return ledger.post(f"post:{number}", "h1", 10).points

    told = at_once(CLIENTS, end)
    assert not [each for each in told if isinstance(each, LoyaltyError)]
    assert told.count(10) + (-1 in told) == 1
    assert ledger.balance(wallet).posted == (90 if 10 in told else 100)
    assert ledger.balance(wallet).held == 0
    assert ledger.differences() == ()


def test_sixty_four_deliveries_of_one_act_do_it_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 100)
    ledger.hold("h1", wallet, 60)
    acts: list[Callable[[], Credited | Held | Redeemed]] = [
        partial(ledger.credit, "bonus:1", wallet, 7),
        partial(ledger.hold, "h2", wallet, 10),
        partial(ledger.post, "post:1", "h1", 50),
        partial(ledger.redeem, "redeem:1", wallet, 3),
    ]
    told = at_once(CLIENTS, lambda number: acts[number % len(acts)]())
    for kind in range(len(acts)):
        same = [each for each in told[kind :: len(acts)] if not isinstance(each, LoyaltyError)]
        assert len(same) == CLIENTS // len(acts)
        assert sum(not each.replayed for each in same) == 1
    assert (ledger.balance(wallet).posted, ledger.balance(wallet).held) == (54, 10)
    assert ledger.differences() == ()


def test_joining_spending_expiring_and_taking_back_at_once_lose_nothing(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    for wallet in (phone, card):
        ledger.earn(f"sale:{wallet}", wallet, 100)
        ledger.credit(f"past:{wallet}", wallet, 9, expires_at=ledger.advance(days=-30))
        ledger.advance(days=30)

    def act(number: int) -> object:
        wallet, other = (phone, card) if number % 2 else (card, phone)
        match number % 6:
            case 0 | 1:
                return ledger.transfer(f"join:{number}", wallet, other)
            case 2:
                return ledger.hold(f"h{number}", wallet, 5)
            case 3:
                return ledger.post(f"post:{number}", f"h{number - 1}", 4)
            case 4:
                return ledger.take_back(f"refund:{number}", wallet, 3)
            case _:
                return ledger.expire()

    told = at_once(CLIENTS, act)
    assert not [each for each in told if isinstance(each, LoyaltyError)]
    assert ledger.differences() == ()
