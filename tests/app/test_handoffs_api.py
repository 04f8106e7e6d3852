"""Orders at the counter over the API: told with the scan, given once, judged with reasons."""

from pathlib import Path

import pytest
from sqlalchemy import update

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.cashier import set_pin
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.orders.delegates import revoke_delegate
from loyalty.orders.place import Owner
from loyalty.programs.models import Store
from loyalty.wire.messages import moment_text
from tests.support.clock import ManualClock
from tests.support.desk import HOURS, Desk
from tests.support.handed import Handing, open_handing
from tests.support.service import Service, Shop, make_service, open_shop
from tests.support.street import Street
from tests.support.town import add_store


@pytest.fixture
def handing(database: Database, tools: Tools, tmp_path: Path, clock: ManualClock) -> Handing:
    """A shop that hands over, on either database."""
    service = make_service(database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))
    return open_handing(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"), clock)


@pytest.fixture
def quick(service: Service, shop: Shop, clock: ManualClock) -> Handing:
    """The same on SQLite, for what no database has a say in."""
    return open_handing(service, shop, clock)


def test_scanning_the_card_tells_which_order_waits(handing: Handing) -> None:
    order = handing.ready()
    told = handing.scan(handing.shop.card_text)
    assert told["outcome"] == "ok"
    (waiting,) = told["orders"]
    assert (waiting["number"], waiting["standing"]) == (order.number, "ready")
    assert (waiting["due_minor"], waiting["due_text"]) == (1000, "10,00\N{NO-BREAK SPACE}€")
    assert (waiting["name"], waiting["items_text"]) == ("Lucía", "2 artículos")
    (line,) = waiting["lines"]
    assert (line["name"], line["quantity_text"], line["prepared_milli"]) == ("Pan BREAD", "2", 2000)
    # A printed card says who it is and proves nothing: it may be anybody's copy.
    assert waiting["proof"] is None
    handing.given(handing.body(handing.desk.code(order)))
    assert handing.scan(handing.shop.card_text)["orders"] == []


def test_scanning_the_pickup_code_opens_the_order_and_hands_it_over_once(handing: Handing) -> None:
    order = handing.ready()
    code = handing.desk.code(order)
    told = handing.scan(code)
    assert (told["outcome"], told["kind"], told["person"]) == ("ok", "pickup", None)
    assert told["display"]["title"] == f"Pedido {order.number}, listo"
    # A shortened name ends in a full stop of its own.
    assert told["display"]["detail"] == "Para Lucía"
    assert told["orders"][0]["proof"] == "pickup"
    body = handing.body(told["code"])
    given = handing.given(body)
    assert given["sale_id"] == f"order:{body['handoff_id']}"
    assert (given["state"], given["proof"], given["total_minor"]) == ("done", "pickup", 1000)
    assert given["points"] == {"earned": 10, "balance": 10, "pending": 0}
    assert given["display"]["title"] == f"Entregado: pedido {order.number}"
    assert given["display"]["detail"] == "Lucía, +10 puntos"
    again = handing.send(body)
    assert (again.status_code, again.headers["Idempotency-Hit"]) == (200, "true")
    assert again.get_json() == {**given, "replayed": True}
    used = handing.scan(code)
    assert (used["outcome"], used["display"]["tone"]) == ("already_used", "refusal")
    assert used["display"]["title"] == f"El pedido {order.number} ya se entregó"
    assert used["display"]["steps"]
    assert handing.refused(handing.body(code))["code"] == "order_state"
    assert handing.desk.findings() == ()


def test_another_handoff_under_the_same_id_is_a_conflict(quick: Handing) -> None:
    first, second = quick.ready(), quick.ready(pieces=1)
    body = quick.body(quick.desk.code(first))
    quick.given(body)
    for other in (
        {"code": quick.desk.code(second)},
        {"order_id": str(second.order_id)},
        {"lines": [{"line": 1, "quantity_milli": 1000}]},
    ):
        assert quick.refused({**body, **other})["code"] == "handoff_conflict"
    assert quick.desk.order(second).state.value == "ready"


def test_a_code_says_why_it_is_not_good_here(quick: Handing) -> None:
    desk = quick.desk
    placed = desk.place({desk.product(): 1})
    told = quick.scan(desk.code(placed))
    assert (told["outcome"], told["orders"][0]["standing"]) == ("ok", "not_ready")
    assert told["display"]["tone"] == "attention"
    assert told["orders"][0]["proof"] is None
    assert quick.refused(quick.body(desk.code(placed)))["state"] == "placed"
    desk.cancel(placed, by_shopper=False)
    told = quick.scan(desk.code(placed), lang="en")
    assert (told["outcome"], told["orders"][0]["standing"]) == ("revoked", "canceled")
    assert told["display"]["title"] == f"Order {placed.number} is canceled"
    assert quick.refused(quick.body(desk.code(placed)))["state"] == "canceled"
    late = quick.ready(owner=Owner())
    desk.clock.advance(days=3)
    told = quick.scan(desk.code(late))
    assert (told["outcome"], told["orders"][0]["standing"]) == ("expired", "missed")
    assert quick.refused(quick.body(desk.code(late)))["state"] == "missed"


def test_a_delegates_code_collects_until_it_is_taken_back(quick: Handing) -> None:
    order = quick.ready()
    subject, code = quick.desk.delegate(order)
    told = quick.scan(code)
    assert (told["kind"], told["orders"][0]["proof"]) == ("delegate", "delegate")
    with quick.desk.database.unit_of_work(7) as session:
        revoke_delegate(session, 7, subject, at=quick.desk.clock.now())
    told = quick.scan(code)
    assert (told["outcome"], told["orders"]) == ("revoked", [])
    assert told["display"]["title"] == "Este código de recogida está anulado"
    assert quick.refused(quick.body(code))["code"] == "code_refused"
    _, second = quick.desk.delegate(order, "Pablo")
    assert quick.given(quick.body(second))["proof"] == "delegate"


def test_an_order_of_another_store_is_sent_there(quick: Handing) -> None:
    shop, desk = quick.shop, quick.desk
    other = new_id(desk.clock.now())
    with desk.database.unit_of_work(shop.program_id) as session:
        add_store(
            session,
            shop.program_id,
            other,
            slug="LUNA",
            at=desk.clock.now(),
            name="Obrador Luna",
        )
        session.execute(update(Store).where(Store.store_id == other).values(hours=HOURS))
    there = Desk(
        desk.database,
        Street(shop.program_id, other, shop.program.staff_id, shop.till_id),
        desk.tools,
        desk.clock,
    )
    there.set_policy()
    order = there.make_ready(there.place({there.product("CAKE"): 1}))
    told = quick.scan(there.code(order))
    assert told["orders"][0]["standing"] == "elsewhere"
    assert (told["orders"][0]["name"], told["orders"][0]["lines"]) == ("", [])
    assert told["display"]["detail"] == "Está en Obrador Luna."
    assert quick.refused(quick.body(there.code(order)))["code"] == "order_elsewhere"


def test_a_guessed_code_tells_nothing(quick: Handing) -> None:
    code = quick.desk.code(quick.ready())
    guessed = code[:-1] + ("B" if code[-1] != "B" else "C")
    told = quick.scan(guessed)
    assert told["outcome"] in {"bad_signature", "malformed", "not_ours"}
    assert told["orders"] == []
    assert quick.refused(quick.body(guessed))["code"] == "code_refused"


def test_the_spoken_code_is_tried_five_times(handing: Handing) -> None:
    order = handing.ready()
    wrong = handing.body("BBBBBBBB", order_number=order.number)
    lefts = [handing.refused(wrong)["tries_left"] for _ in range(6)]
    assert lefts == [4, 3, 2, 1, 0, 0]
    right = handing.body(handing.desk.spoken(order), order_id=str(order.order_id))
    assert handing.refused(right)["tries_left"] == 0
    # The picture still does it.
    assert handing.given(handing.body(handing.desk.code(order)))["state"] == "done"


def test_the_spoken_code_and_the_number_hand_over(quick: Handing) -> None:
    order = quick.ready()
    spoken = quick.desk.spoken(order)
    assert quick.refused(quick.body(spoken, order_number="9999"))["code"] == "not_found"
    assert quick.refused(quick.body(spoken))["code"] == "code_refused"
    given = quick.given(quick.body(f"{spoken[:4]}-{spoken[4:]}".lower(), order_number=order.number))
    assert (given["proof"], given["number"]) == ("spoken", order.number)


def test_a_part_is_given_and_the_rest_later(quick: Handing) -> None:
    order = quick.ready(pieces=3)
    part = quick.body(quick.desk.code(order), lines=[{"line": 1, "quantity_milli": 1000}])
    given = quick.given(part)
    assert (given["state"], given["total_minor"], given["lines"][0]["quantity_text"]) == (
        "ready",
        500,
        "1",
    )
    (waiting,) = quick.scan(quick.desk.code(order))["orders"]
    assert (waiting["due_minor"], waiting["items_text"]) == (1000, "2 artículos")
    assert quick.given(quick.body(quick.desk.code(order)))["state"] == "done"


def test_the_refund_of_a_handoff_takes_points_back_and_fills_the_shelf(handing: Handing) -> None:
    order = handing.ready()
    (line,) = handing.desk.lines(order).values()
    sale_id = handing.given(handing.body(handing.desk.code(order)))["sale_id"]
    assert handing.desk.stock(line.product_id) == (8, 0)
    part = handing.refund(sale_id, 400).get_json()
    assert (part["left_minor"], part["points"]["taken"]) == (600, 4)
    # Of a part of the money nobody knows which goods it means.
    assert handing.desk.stock(line.product_id) == (8, 0)
    rest = handing.refund(sale_id, 600).get_json()
    assert (rest["left_minor"], rest["points"]) == (0, {"taken": 6, "balance": 0})
    assert handing.desk.stock(line.product_id) == (10, 0)
    assert handing.desk.findings() == ()


def test_a_sale_that_names_a_handoff_is_that_handoffs(quick: Handing) -> None:
    now = moment_text(quick.desk.clock.now())
    sale = {"total_minor": 1000, "currency": "EUR", "sold_at": now}
    free = {**sale, "sale_id": f"order:{new_id(quick.desk.clock.now())}"}
    refused = quick.service.post("/api/v1/sales", quick.shop.as_till(), json=free)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "sale_id_reserved")
    sale_id = quick.given(quick.body(quick.desk.code(quick.ready())))["sale_id"]
    named = {**sale, "sale_id": sale_id}
    attached = quick.service.post("/api/v1/sales", quick.shop.as_till(), json=named)
    assert (attached.status_code, attached.get_json()["replayed"]) == (200, True)
    assert attached.get_json()["points"] == {"earned": 10, "balance": 10, "pending": 0}
    other = {**named, "total_minor": 999}
    refused = quick.service.post("/api/v1/sales", quick.shop.as_till(), json=other)
    assert refused.get_json()["code"] == "sale_conflict"
    assert quick.desk.findings() == ()


def test_the_list_tells_what_waits_today_and_what_is_ready_first(handing: Handing) -> None:
    desk = handing.desk
    bread = desk.product("ROLL")
    starts = [offer.slot.starts_at for offer in desk.slots()]
    today = desk.place({bread: 1}, slot=starts[0])
    tomorrow = desk.place({bread: 1}, slot=starts[-1])
    ready = desk.make_ready(desk.place({bread: 2}, slot=starts[1]))
    told = [one["order"]["number"] for one in handing.listed()]
    assert told == [ready.number, today.number]
    assert tomorrow.number not in told
    first = handing.listed()[0]
    assert [code["kind"] for code in first["codes"]] == ["pickup"]
    # The list never carries what would collect: no code, no spoken letters, no bare subject.
    text = str(handing.listed())
    assert desk.spoken(ready) not in text
    assert ready.code_subject not in text


def test_where_cashiers_have_pins_a_page_needs_one_of_them(quick: Handing) -> None:
    shop, page = quick.shop, quick.shop.as_till_browser()
    body = quick.body(quick.desk.code(quick.ready()))
    with quick.desk.database.unit_of_work(shop.program_id) as session:
        tools = quick.desk.tools
        set_pin(session, shop.program_id, shop.staff_ids["cashier"], "2468", tools=tools)
    for answer in (
        quick.service.get("/api/v1/till/orders", page),
        quick.service.post("/api/v1/handoffs", page, json=body),
    ):
        assert answer.get_json()["code"] == "pin_needed"
    # An agent asks for the PIN itself.
    assert len(quick.listed()) == 1
    assert quick.given(body)["proof"] == "pickup"


def test_an_order_without_a_card_earns_nothing_and_says_so(quick: Handing) -> None:
    given = quick.given(quick.body(quick.desk.code(quick.ready(owner=Owner()))))
    assert (given["person"], given["points"]) == (
        None,
        {"earned": 0, "balance": None, "pending": 0},
    )
    assert given["display"]["detail"] == "Lucía, sin tarjeta."
