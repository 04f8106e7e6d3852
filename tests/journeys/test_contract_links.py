"""Receipts, orders and other programs' customers: linked by contract, told, and taken off."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.queries import person_of_card
from loyalty.journeys.card_view import CardPrivacy, LinkedThing, card_history, card_privacy
from loyalty.journeys.contract_links import link_order, unlinked_orders
from loyalty.journeys.join_memberships import join_memberships
from loyalty.journeys.unlink import relink_own, unlink_own
from loyalty.kernel.ids import new_id
from tests.journeys.test_claim_receipt import claimed, phone, points, pool, sold
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, browser
from tests.support.waiting import until


def shopper(counter: Counter, holder: Phone) -> Any:  # noqa: ANN401  a browser's facts
    return browser(counter.database, counter.street, holder.secret, counter.tools)


def linked(counter: Counter, holder: Phone) -> dict[str, LinkedThing]:
    mine = shopper(counter, holder)
    with counter.database.reading(counter.street.program_id) as session:
        told: CardPrivacy = card_privacy(session, mine)
    return {each.kind: each for each in told.linked}


def unlinked(counter: Counter, holder: Phone, kind: str) -> str:
    link_id = linked(counter, holder)[kind].link.link_id
    mine = shopper(counter, holder)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        unlink_own(session, mine, link_id, tools=counter.tools)
    return link_id


def rows(counter: Counter, holder: Phone) -> list[tuple[str, int, str]]:
    mine = shopper(counter, holder)
    with counter.database.reading(counter.street.program_id) as session:
        told = card_history(session, mine)
    return [(row.kind, row.points, row.reason) for month in told.months for row in month.rows]


def test_a_claimed_receipt_is_a_contract_link_that_comes_off_without_costing_points(
    counter: Counter,
) -> None:
    claim, ana = pool(counter)[0], phone(counter)
    sold(counter, "s1", 1240, claim)
    claimed(counter, ana, claim)
    thing = linked(counter, ana)["receipt"]
    assert (thing.link.basis, thing.link.actor, thing.removable) == ("contract", "shopper", True)
    link_id = unlinked(counter, ana, "receipt")
    assert points(counter, ana) == 12
    assert rows(counter, ana) == [("apart", 12, "shopper")]
    mine = shopper(counter, ana)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        assert relink_own(session, mine, link_id, tools=counter.tools).link_ids == (link_id,)
    assert rows(counter, ana) == [("moved_here", 12, "receipt")]
    assert counter.findings() == ()


def named(counter: Counter, sale_id: str, customer: str, *, code: str | None = None) -> None:
    counter.send(replace(counter.report(sale_id, 1240, code=code), customer=customer))


def test_a_vendors_customer_seen_with_a_code_brings_past_sales_and_no_points(
    counter: Counter, clock: ManualClock
) -> None:
    ana = phone(counter)
    named(counter, "s1", "acme:c-77")
    assert rows(counter, ana) == []
    clock.advance(hours=1)
    named(counter, "s2", "acme:c-77", code=counter.shown(ana))
    assert rows(counter, ana) == [("sale", 12, "live_code"), ("sale", 0, "vendor")]
    assert points(counter, ana) == 12
    unlinked(counter, ana, "vendor")
    assert rows(counter, ana) == [("sale", 12, "live_code")]
    assert counter.findings() == ()


def test_a_walk_in_customer_of_another_program_joins_nobody(counter: Counter) -> None:
    ana, berta = phone(counter), phone(counter)
    named(counter, "s0", "acme:1")
    named(counter, "s1", "acme:1", code=counter.shown(ana))
    named(counter, "s2", "acme:1", code=counter.shown(berta))
    with counter.database.reading(counter.street.program_id) as session:
        one, other = (
            person_of_card(session, counter.street.program_id, each.card_id)
            for each in (ana, berta)
        )
    assert one is not None
    assert other is not None
    assert one.person_id != other.person_id
    assert rows(counter, ana) == [("sale", 12, "live_code")]
    assert rows(counter, berta) == [("sale", 12, "live_code")]
    assert counter.findings() == ()


@pytest.mark.parametrize("value", ["undefined", "[object Object]", "0", " ", "\u202e77", "null"])
def test_a_sale_with_a_customer_that_is_nobody_is_kept_and_joins_nobody(
    counter: Counter, value: str
) -> None:
    ana = phone(counter)
    named(counter, "s1", f"acme:{value}", code=counter.shown(ana))
    assert points(counter, ana) == 12
    assert "vendor" not in linked(counter, ana)


def test_an_order_hangs_on_the_card_it_was_placed_with_until_it_is_separated(
    counter: Counter,
) -> None:
    ana, order_id = phone(counter), new_id(counter.tools.clock.now())
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        result = link_order(session, program_id, order_id, ana.card_id, tools=counter.tools)
        again = link_order(session, program_id, order_id, ana.card_id, tools=counter.tools)
    assert (result.is_new, again.is_new, again.link_id) == (True, False, result.link_id)
    assert linked(counter, ana)["order"].link.basis == "contract"
    unlinked(counter, ana, "order")
    with counter.database.reading(program_id) as session:
        assert unlinked_orders(session, program_id, [order_id]) == {order_id}


def test_two_cards_joined_by_staff_come_apart_and_together_again_by_their_owner(
    counter: Counter, clock: ManualClock
) -> None:
    ana, old = phone(counter), phone(counter)
    counter.sell("s1", 1000, code=counter.shown(ana))
    counter.sell("s2", 500, code=counter.shown(old))
    with counter.database.unit_of_work(counter.street.program_id) as session:
        join_memberships(
            session,
            counter.street.program_id,
            keep_member=ana.member_id,
            other_member=old.member_id,
            actor="staff:1",
            event="staff:join-1",
            reason="cambió de móvil",
            tools=counter.tools,
        )
    assert points(counter, ana) == 15
    assert linked(counter, ana)["join"].link.reason == "cambió de móvil"
    link_id = unlinked(counter, ana, "join")
    assert (points(counter, ana), points(counter, old)) == (10, 5)
    mine = shopper(counter, ana)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        assert relink_own(session, mine, link_id, tools=counter.tools).link_ids
    assert points(counter, ana) == 15
    clock.advance(minutes=1)
    assert counter.findings() == ()


# SQLite has one writer: nobody's code is read at the same moment.
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_code_that_is_read_while_its_visit_is_separated_comes_off_with_it(
    counter: Counter,
) -> None:
    database, program_id = counter.database, counter.street.program_id
    holder = counter.consenting_phone()
    counter.sell("s1", 1000, code=counter.shown(holder))
    link, mine = linked(counter, holder)["session"].link, shopper(counter, holder)
    late = LinkDraft(
        program_id=program_id,
        kind="session",
        a=link.a,
        b=link.b,
        event="sale:s2",
        occurred_at=counter.tools.clock.now(),
        actor="till:1",
        consent_id=link.consent_id,
    )

    def separated() -> tuple[str, ...]:
        with database.unit_of_work(program_id) as session:
            return unlink_own(session, mine, link.link_id, tools=counter.tools).link_ids

    blocked = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    with ThreadPoolExecutor(1) as pool:
        with database.unit_of_work(program_id) as session:
            made = add_link(session, late, at=counter.tools.clock.now())
            done = pool.submit(separated)
            until(lambda: done.done() or session.execute(blocked).scalar_one() > 0)
        assert set(done.result()) == {link.link_id, made.link_id}
    assert not linked(counter, holder)["session"].link.active
    assert counter.findings() == ()
