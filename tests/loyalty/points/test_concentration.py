"""Where to look: few cards with most of the points, one card many times a day, odd hours."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from loyalty.points.concentration import Accrual, Concentration, by_cashier, by_till

STORE, TILL, ANA, BEA = (UUID(int=number) for number in (1, 2, 3, 4))
OPEN = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPANS = {STORE: [(OPEN + timedelta(days=d), OPEN + timedelta(days=d, hours=6)) for d in range(60)]}
ZONES = {STORE: "Europe/Madrid"}


def sold(
    card: int, *, day: int = 0, hour: float = 1, by: UUID | None = ANA, n: int = 10
) -> Accrual:
    at = OPEN + timedelta(days=day, hours=hour)
    return Accrual(STORE, TILL, by, UUID(int=1000 + card), at, n)


def tills(acts: Iterable[Accrual]) -> Concentration:
    (found,) = by_till(acts, spans=SPANS, zones=ZONES)
    return found


def test_many_neighbors_buying_bread_do_not_stand_out() -> None:
    found = tills(sold(card, day=card % 20) for card in range(40))
    assert (found.points, found.acts, found.cards, found.few_share) == (400, 40, 40, 75)
    assert not found.stands_out


def test_few_cards_with_most_of_the_points_stand_out() -> None:
    found = tills([*(sold(card, day=card % 20) for card in range(40)), sold(99, n=500)])
    assert found.few_share == 577
    assert found.is_few
    assert found.top[0].points == 500


def test_one_card_many_times_a_day_stands_out_although_its_points_are_few() -> None:
    often = [sold(99, day=50, hour=hour, n=1) for hour in (1, 2, 3, 4)]
    found = tills([*(sold(card, day=card % 20) for card in range(40)), *often])
    assert found.is_often
    assert (found.top[-1].wallet_id, found.top[-1].most_per_day) == (UUID(int=1099), 4)
    assert str(found.top[-1].busiest_day) == "2026-04-21"
    assert not tills(often[:3]).is_often


def test_sales_at_night_stand_out_and_a_little_before_opening_does_not() -> None:
    early = tills(sold(card, day=card, hour=-0.4) for card in range(30))
    night = tills(sold(card, day=card, hour=-6) for card in range(30))
    assert (early.outside, night.outside) == (0, 30)
    assert (early.is_odd, night.is_odd) == (False, True)


def test_a_store_without_hours_has_no_odd_hours() -> None:
    (found,) = by_till([sold(1, hour=-6)], spans={}, zones={})
    assert found.outside is None
    assert not found.is_odd


def test_each_cashier_is_told_apart_and_what_stands_out_comes_first() -> None:
    acts = [sold(card, day=card % 20, n=100) for card in range(40)]
    acts += [sold(1, day=30, hour=hour, by=BEA, n=1) for hour in (1, 2, 3, 4)]
    acts.append(sold(5, by=None))
    found = by_cashier(acts, spans=SPANS, zones=ZONES)
    assert [one.subject for one in found] == [BEA, ANA, None]
    assert [one.acts for one in found] == [4, 40, 1]
