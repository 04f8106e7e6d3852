"""What a till sells leaves the shelf: once, in the sale's own transaction, whatever is left."""

from functools import partial

import pytest

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.queries import audit_stock, products_of
from loyalty.catalog.stock import Moves, count_stock, move_stock
from loyalty.sales.errors import SaleConflictError
from loyalty.sales.rules import SaleLineReport
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.listening import Listener
from tests.support.sizes import SIZE

EAN = "8430000000017"


@pytest.fixture
def shelf(counter: Counter) -> Counter:
    """Ten loaves and ten jars of honey, counted; and a newspaper nobody counts."""
    street = counter.street
    now = counter.tools.clock.now()
    drafts = (
        ProductDraft("BREAD", "Pan de pueblo", 120, 400),
        ProductDraft("HONEY", "Miel", 650, 1000, barcode=EAN),
        ProductDraft("PRESS", "Prensa", 200, 400),
    )
    with counter.database.unit_of_work(street.program_id) as session:
        ids = save_products(
            session, street.program_id, street.store_id, drafts, currency="EUR", at=now
        )
        counted = {ids["BREAD"]: 10_000, ids["HONEY"]: 10_000}
        count_stock(session, street.program_id, counted, act_id="count:1", at=now)
    return counter


def line(ref: str, pieces: int = 1) -> SaleLineReport:
    return SaleLineReport(ref, "algo", pieces * 1000, 100 * pieces)


def left(counter: Counter) -> dict[str, int | None]:
    """Say how many pieces of each product are there; None when nobody counts it."""
    street = counter.street
    with counter.database.reading(street.program_id) as session:
        assert audit_stock(session, street.program_id) == ()
        return {
            one.sku: None if one.on_hand_milli is None else one.on_hand_milli // 1000
            for one in products_of(session, street.program_id, street.store_id)
        }


def test_a_sale_takes_what_its_lines_name_by_reference_or_barcode(shelf: Counter) -> None:
    lines = (line("BREAD", 2), line(EAN), line("PRESS"), line("BREAD"), line("LOTTERY"), line(""))
    shelf.send(shelf.report("s1", 700, lines=lines))
    assert left(shelf) == {"BREAD": 7, "HONEY": 9, "PRESS": None}


def test_a_sale_told_again_takes_nothing_more(shelf: Counter) -> None:
    report = shelf.report("s1", 100, lines=(line("BREAD"),))
    assert [shelf.send(report).replayed for _ in range(3)] == [False, True, True]
    with pytest.raises(SaleConflictError):
        shelf.send(shelf.report("s1", 500, lines=(line("BREAD", 5),)))
    assert left(shelf)["BREAD"] == 9


def test_a_line_that_brings_something_back_raises_the_stock(shelf: Counter) -> None:
    shelf.send(shelf.report("s1", 0, lines=(line("BREAD", -2), line(EAN, 2))))
    assert left(shelf) == {"BREAD": 12, "HONEY": 8, "PRESS": None}
    shelf.send(shelf.report("s2", 0, lines=(line("BREAD", 1), line("BREAD", -1))))
    assert left(shelf)["BREAD"] == 12


def test_the_till_always_wins_over_what_orders_reserved(shelf: Counter) -> None:
    street = shelf.street
    with shelf.database.unit_of_work(street.program_id) as session:
        bread = products_of(session, street.program_id, street.store_id)[0].product_id
        moves = Moves("reserved", "order:1", {bread: 9_000}, at=shelf.tools.clock.now())
        move_stock(session, street.program_id, moves)
    shelf.send(shelf.report("s1", 1200, lines=(line("BREAD", 12),)))
    assert left(shelf)["BREAD"] == -2
    with shelf.database.reading(street.program_id) as session:
        assert products_of(session, street.program_id, street.store_id)[0].is_short


def test_a_refund_by_amount_names_no_product_and_moves_no_stock(shelf: Counter) -> None:
    shelf.send(shelf.report("s1", 300, lines=(line("BREAD", 3),)))
    shelf.refund("r1", "s1", 100)
    assert left(shelf)["BREAD"] == 7


def test_a_sale_that_names_no_product_asks_nothing_of_the_catalog(shelf: Counter) -> None:
    heard = Listener()
    shelf.database.watched_by(heard)
    shelf.send(shelf.report("s1", 100, lines=(line(""),)))
    assert heard.statements
    assert not [text for text in heard.statements if "stock" in text or "barcode" in text]


@pytest.mark.race
def test_fifty_clients_tell_one_sale_and_the_stock_falls_once(shelf: Counter) -> None:
    for number in range(SIZE.rounds):
        report = shelf.report(f"s{number}", 200, lines=(line("BREAD"), line(EAN)))
        receipts = at_once(SIZE.clients, partial(shelf.resend, report))
        assert sum(not getattr(one, "replayed", True) for one in receipts) == 1
        assert left(shelf)["BREAD"] == 9 - number
        assert left(shelf)["HONEY"] == 9 - number
    assert shelf.findings() == ()
