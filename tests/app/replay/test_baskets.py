"""The files are read in part, in order, and the same seed draws the same."""

import pytest

from app.replay import baskets as module
from app.replay.baskets import Choice, read_baskets
from app.replay.errors import ReplayError
from app.replay.tickets import ticket_lines
from tests.support.baskets import need_real_baskets

SMALL = 317  # a store of the data with fewer baskets than the busy ones


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", "a_package_nobody_has")
    with pytest.raises(ReplayError, match=r"enlaza\[replay\]"):
        read_baskets(Choice())


def test_a_store_that_is_not_in_the_data_is_refused_with_the_busiest() -> None:
    need_real_baskets()
    with pytest.raises(ReplayError, match="no store 99999; it has 457, the busiest is 367"):
        read_baskets(Choice(stores=(99999,)))


def test_only_what_was_asked_is_read_in_the_order_it_was_bought() -> None:
    need_real_baskets()
    read = read_baskets(Choice(stores=(SMALL,), households=5, baskets=40, seed=3))
    assert 0 < len(read) <= 40
    assert {one.store_id for one in read} == {SMALL}
    assert len({one.household_id for one in read}) <= 5
    assert list(read) == sorted(read, key=lambda one: (one.bought_at, one.basket_id))
    assert read == read_baskets(Choice(stores=(SMALL,), households=5, baskets=40, seed=3))
    assert read != read_baskets(Choice(stores=(SMALL,), households=5, baskets=40, seed=4))
    assert all(item.name for one in read for item in one.items)


def test_a_sample_of_stores_is_drawn_by_the_seed() -> None:
    need_real_baskets()
    stores = {one.store_id for one in read_baskets(Choice(store_sample=3, seed=1))}
    again = {one.store_id for one in read_baskets(Choice(store_sample=3, seed=1))}
    assert len(stores) == 3
    assert stores == again != {one.store_id for one in read_baskets(Choice(store_sample=3, seed=2))}


def test_every_ticket_of_a_real_store_adds_up_and_fits_the_api() -> None:
    need_real_baskets()
    read = read_baskets(Choice(stores=(SMALL,)))
    tickets = [(one, ticket_lines(one)) for one in read]
    assert all(
        sum(line["total_minor"] for line in lines) == one.total_minor for one, lines in tickets
    )
    assert max(len(lines) for _, lines in tickets) <= 500
    assert any(line["total_minor"] < 0 for _, lines in tickets for line in lines)
