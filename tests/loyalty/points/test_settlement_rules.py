"""Between stores nothing is lost by rounding: what one pays the other gets."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.settlement_rules import Flow, Settlement, of_store, settle

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A, B, C = (UUID(int=number) for number in (1, 2, 3))
PARTIES = st.sampled_from([A, B, C, None])
FLOWS = st.lists(
    st.builds(
        Flow,
        debtor=PARTIES,
        creditor=PARTIES,
        points=st.integers(-5000, 5000),
        worth_milli=st.integers(-5_000_000, 5_000_000),
        entries=st.integers(1, 9),
    )
)


def settled(*flows: Flow) -> Settlement:
    return settle(flows, since=NOON, until=NOON + timedelta(days=1), currency="EUR")


def told(settlement: Settlement) -> list[tuple[object, object, int]]:
    return [(f.debtor, f.creditor, f.amount_minor) for f in settlement.figures]


def test_who_gave_the_points_pays_who_took_them() -> None:
    found = settled(Flow(A, B, 100, 100_000, 1), Flow(B, A, 30, 30_000, 2))
    assert told(found) == [(A, B, 70)]
    assert found.figures[0].entries == 3
    assert {total.party: total.amount_minor for total in found.totals} == {A: -70, B: 70}


def test_points_used_where_they_were_given_owe_nothing() -> None:
    assert settled(Flow(A, A, 100, 100_000, 1)).figures == ()


def test_a_redemption_that_was_undone_leaves_a_figure_of_nothing() -> None:
    (figure,) = settled(Flow(A, B, 100, 100_000, 1), Flow(A, B, -100, -100_000, 1)).figures
    assert (figure.amount_minor, figure.points, figure.entries) == (0, 0, 2)


@pytest.mark.parametrize(("worth", "minor"), [(499, 0), (500, 0), (501, 1), (1500, 1), (1501, 2)])
def test_each_two_round_once_to_the_nearest_half_for_who_pays(worth: int, minor: int) -> None:
    assert told(settled(Flow(A, B, 1, worth, 1))) == [(A, B, minor)]
    assert told(settled(Flow(A, B, -1, -worth, 1))) == [(B, A, minor)]


@given(FLOWS)
def test_a_settlement_adds_up_to_zero(flows: list[Flow]) -> None:
    found = settled(*flows)
    assert sum(total.amount_minor for total in found.totals) == 0
    assert all(figure.amount_minor >= 0 for figure in found.figures)
    exact = sum(f.worth_milli for f in flows if (f.debtor, f.creditor) == (A, B)) - sum(
        f.worth_milli for f in flows if (f.debtor, f.creditor) == (B, A)
    )
    between = [f for f in found.figures if {f.debtor, f.creditor} == {A, B}]
    assert sum(f.worth_milli if f.debtor == A else -f.worth_milli for f in between) == exact


@given(FLOWS, st.randoms(use_true_random=False))
def test_the_order_of_acts_does_not_matter(flows: list[Flow], random: object) -> None:
    turned = list(flows)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert settled(*turned) == settled(*flows)


@given(FLOWS)
def test_a_store_sees_its_own_figures_as_all_see_them(flows: list[Flow]) -> None:
    whole = settled(*flows)
    mine = of_store(whole, [A])
    assert set(mine.figures) == {f for f in whole.figures if A in (f.debtor, f.creditor)}
    assert {total.party for total in mine.totals} <= {A}
