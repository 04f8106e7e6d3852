"""Orders at the agent: handed over with the line and without it, once, and reconciled."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from loyalty.journeys.pair_till import revoke_till
from loyalty.orders.delegates import revoke_delegate
from loyalty.orders.queries import OrderFacts
from loyalty.wire.messages import moment_text
from tests.browser.till.pickups import basket, open_pickups, owner, ready_order
from tests.browser.till.support import Shop
from tests.support.agent_page import WAIT_S, AgentPage, Told
from tests.support.desk import Desk
from tests.support.running import wait_until

Json = dict[str, Any]


def body(page: AgentPage, code: str, **more: object) -> Json:
    at = moment_text(page.agent.clock.now())
    return {"handoff_id": str(uuid4()), "code": code, "handed_at": at, "scanned_at": at, **more}


def give(page: AgentPage, told: Json) -> Told:
    return page.api("POST", "/handoffs", told)


def scan(page: AgentPage, code: str, *, language: str = "es") -> Json:
    told = {"code": code, "scanned_at": moment_text(page.agent.clock.now()), "source": "wedge"}
    return page.api("POST", "/scans", told, language=language).body


def copied(page: AgentPage) -> dict[str, str]:
    kept = page.agent.books.last("orders")
    listed = [] if kept is None else kept[0]["orders"]
    return {one["order"]["number"]: one["order"]["standing"] for one in listed}


def learn(page: AgentPage, order: OrderFacts) -> None:
    """Let the till copy the list as it is now."""

    def is_known() -> bool:
        page.agent.drainer._fetch_orders()
        return copied(page).get(order.number) == "ready"

    wait_until(is_known, "the copy knows the order", wait_s=WAIT_S)


def numbers(page: AgentPage) -> list[str]:
    rows = page.api("GET", "/till/orders").body["orders"]
    return [one["order"]["number"] for one in rows]


def opened(shop: Shop) -> tuple[Desk, OrderFacts]:
    desk = open_pickups(shop)
    return desk, ready_order(desk, owner(shop, shop.join()))


def test_with_the_line_an_order_is_given_with_its_receipt(shop: Shop, page: AgentPage) -> None:
    desk, order = opened(shop)
    learn(page, order)
    assert scan(page, desk.code(order))["orders"][0]["proof"] == "pickup"
    sent = body(page, desk.code(order))
    first = give(page, sent)
    assert (first.status, first.body["state"]) == (201, "done")
    again = give(page, {**sent, "handed_at": moment_text(page.agent.clock.now())})
    assert (again.status, again.body["points"]["earned"]) == (201, 12)
    assert give(page, {**sent, "lines": [{"line": 1, "quantity_milli": 1000}]}).code == (
        "handoff_conflict"
    )
    assert [sale for sale, _total in shop.sales()] == [f"order:{sent['handoff_id']}"]
    assert desk.findings() == ()


def test_without_a_line_what_the_till_knows_is_given_once(shop: Shop, page: AgentPage) -> None:
    desk, order = opened(shop)
    learn(page, order)
    page.cut()
    told = scan(page, desk.code(order), language="en")
    assert told["display"]["title"] == f"Order {order.number}, ready"
    told = scan(page, desk.code(order))
    assert (told["outcome"], told["kind"], told["copy"]["at"] is None) == ("ok", "pickup", False)
    (shown,) = told["orders"]
    assert (shown["proof"], shown["due_text"], shown["items_text"]) == (
        "pickup",
        "12,40\N{NO-BREAK SPACE}€",
        "3 artículos",
    )
    assert numbers(page) == [order.number]
    sent = body(page, desk.code(order))
    first = give(page, sent)
    assert (first.status, first.body["kept"], first.body["total_minor"]) == (202, True, 1240)
    assert first.body["display"]["title"] == f"Entregado: pedido {order.number}"
    assert give(page, sent).status == 202
    # Never twice at this till, whatever press it is and whoever shows the code.
    assert give(page, body(page, desk.code(order))).code == "order_needs_line"
    used = scan(page, desk.code(order))
    assert (used["outcome"], used["display"]["tone"]) == ("already_used", "refusal")
    assert numbers(page) == []
    (row,) = page.api("GET", "/till/actions").body["actions"]
    assert (row["order_number"], row["state"]) == (order.number, "waiting")
    assert row["total_minor"] == 1240
    page.mend()
    page.wait_until_sent()
    assert page.api("GET", f"/till/acts/{sent['handoff_id']}").body["answer"]["state"] == "done"
    assert shop.sales() == [(f"order:{sent['handoff_id']}", 1240)]
    assert desk.findings() == ()


def test_what_another_till_gave_meanwhile_is_set_aside_and_sold_once(
    shop: Shop, page: AgentPage
) -> None:
    desk, order = opened(shop)
    learn(page, order)
    page.cut()
    sent = body(page, desk.code(order))
    assert give(page, sent).status == 202
    # Somebody with a line gives it first.
    there = replace(desk.handoff(desk.code(order)), till_id=UUID(page.agent.paired.till_id))
    assert desk.hand_off(there).receipt is not None
    page.mend()
    page.wait_until_sent()
    (aside,) = page.api("GET", "/till/aside").body["acts"]
    assert (aside["kind"], aside["problem"]["code"]) == ("handoff", "order_state")
    assert aside["shown"]["number"] == order.number
    assert shop.count_sales() == 1
    assert desk.findings() == ()


def test_without_a_line_only_a_good_code_of_a_ready_order_gives(
    shop: Shop, page: AgentPage
) -> None:
    desk, order = opened(shop)
    waiting = desk.place(basket(desk))
    subject, taken_back = desk.delegate(order)
    _, good = desk.delegate(order, "Pablo")
    with desk.database.unit_of_work(desk.program_id) as session:
        revoke_delegate(session, desk.program_id, subject, at=desk.clock.now())
    learn(page, order)
    page.cut()
    new = ready_order(desk, owner(shop, shop.join()))
    for code, more in (
        (desk.code(waiting), {}),
        (taken_back, {}),
        (desk.code(new), {}),
        (desk.spoken(order), {"order_id": str(order.order_id)}),
    ):
        assert give(page, body(page, code, **more)).code == "order_needs_line"
    assert scan(page, desk.code(waiting))["orders"][0]["standing"] == "not_ready"
    unknown = scan(page, desk.code(new))
    assert (unknown["display"]["tone"], unknown["orders"]) == ("attention", [])
    assert scan(page, good)["orders"][0]["proof"] == "delegate"
    assert give(page, body(page, good)).status == 202


def test_spoken_letters_go_to_the_service_and_a_wrong_one_is_its_no(
    shop: Shop, page: AgentPage
) -> None:
    desk, order = opened(shop)
    learn(page, order)
    named = {"order_id": str(order.order_id)}
    wrong = give(page, body(page, "BBBBBBBB", **named))
    assert (wrong.status, wrong.code, wrong.body["tries_left"]) == (403, "spoken_code_wrong", 4)
    given = give(page, body(page, desk.spoken(order), **named))
    assert (given.status, given.body["proof"]) == (201, "spoken")
    page.cut()
    # The copy may be older than that handoff: the picture gives nothing more here.
    assert give(page, body(page, desk.code(order))).code == "order_needs_line"
    assert page.agent.queue.handoffs() == []


def test_a_till_that_was_taken_off_knows_no_orders_any_more(shop: Shop, page: AgentPage) -> None:
    desk, order = opened(shop)
    learn(page, order)
    with desk.database.unit_of_work(desk.program_id) as session:
        till_id = UUID(page.agent.paired.till_id)
        revoke_till(session, desk.program_id, till_id, tools=desk.tools)
    page.agent.drainer.wake()
    page.wait_for_line("refused")
    wait_until(
        lambda: page.agent.books.last("orders") is None, "the copy is forgotten", wait_s=WAIT_S
    )
    assert give(page, body(page, desk.code(order))).code == "order_needs_line"


def test_a_message_of_another_form_is_not_a_handoff(page: AgentPage) -> None:
    good = body(page, "B" * 154)
    for bad in (
        {"handoff_id": "x"},
        {"handed_at": "yesterday"},
        {"lines": [{"line": 0, "quantity_milli": 1}]},
        {"lines": "all"},
        {"code": 7},
        {"price": 1},
    ):
        assert give(page, {**good, **bad}).code == "malformed_request"
