"""A list is held against the shelf before it is kept: new, changed, the same, missing."""

import pytest

from loyalty.catalog.export_list import write_list
from loyalty.catalog.import_plan import ImportPlan, plan_import
from loyalty.catalog.import_rules import read_list
from loyalty.catalog.products import ProductDraft, set_active
from tests.support.shelf import Shelf


def plan(shelf: Shelf, text: str, **options: object) -> ImportPlan:
    told = read_list(text.encode(), mark=",", minor_digits=2, tax_bp=1000)
    return plan_import(told, shelf.listed(), **options)  # type: ignore[arg-type]


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    shelf.save(
        ProductDraft("P1", "Pan", 120, 400, category="Pan", barcode="8400000000017"),
        ProductDraft("P2", "Tarta", 1800, 1000),
        ProductDraft("P3", "Miel", 650, 1000),
    )
    return shelf


def test_only_what_differs_has_to_be_kept(shelf: Shelf) -> None:
    told = plan(shelf, "ref;nombre;precio\nP1;Pan;1,20\nP2;Tarta;19\nP4;Café;3,10\n")
    assert [row.draft.sku for row in told.new] == ["P4"]
    (change,) = told.changed
    assert (change.row.draft.sku, change.parts, change.before.price_minor) == (
        "P2",
        ("price",),
        1800,
    )
    assert told.same == 1
    assert [one.sku for one in told.missing] == ["P3"]


def test_a_column_the_list_does_not_have_changes_nothing(shelf: Shelf) -> None:
    (change,) = plan(shelf, "ref;nombre;precio\nP1;Pan;1,30\n").changed
    draft = change.row.draft
    assert (draft.category, draft.barcode, draft.tax_bp) == ("Pan", "8400000000017", 400)


def test_a_row_with_an_error_is_not_missing(shelf: Shelf) -> None:
    told = plan(shelf, "ref;nombre;precio\nP1;Pan;gratis\nP2;Tarta;18\nP3;Miel;6,50\n")
    assert told.missing == ()
    assert told.rows == ()


def test_what_this_list_counted_before_is_not_counted_again(shelf: Shelf) -> None:
    text = "ref;nombre;precio;stock\nP1;Pan;1,20;5\n"
    bread = shelf.listed()[0].product_id
    assert [one.parts for one in plan(shelf, text).changed] == [("stock",)]
    assert plan(shelf, text, counted={bread}).changed == ()


def test_a_list_puts_back_on_sale_what_it_names_unless_it_says_no(shelf: Shelf) -> None:
    bread = shelf.listed()[0].product_id
    with shelf.database.unit_of_work(shelf.town.program_id) as session:
        set_active(session, shelf.town.program_id, bread, is_active=False, at=shelf.clock.now())
    (change,) = plan(shelf, "ref;nombre;precio\nP1;Pan;1,20\n").changed
    assert change.parts == ("on_sale",)
    assert plan(shelf, "ref;nombre;precio;en venta\nP1;Pan;1,20;no\n").changed == ()


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_list_that_was_written_is_read_again_unchanged(shelf: Shelf, language: str) -> None:
    saved = shelf.save(
        ProductDraft("=1+1", "@SUM(A1)", 5, 0, barcode="-12"),
        ProductDraft("+34", "-10 % té", 1_234_567, 525, description='"dos"\nlíneas; y más'),
        ProductDraft("'", "''x", 0, 10_000, unit="kg", category="\u00c1 granel"),
        ProductDraft("OFF", "Fuera", 100, 400, is_active=False),
    )
    shelf.count(saved["+34"], 3, act_id="count:1")
    shelf.move("sold", "sale:1", {saved["+34"]: 7})
    shelf.count(saved["'"], 12, act_id="count:2")
    written = write_list(shelf.listed(), language=language, minor_digits=2)
    for line in written.decode("utf-8-sig").splitlines():
        assert not line.startswith(("=", "+", "-", "@"))
    told = read_list(written, mark=None, minor_digits=2, tax_bp=1000)
    assert told.errors == ()
    again = plan_import(told, shelf.listed())
    assert (again.rows, again.same, again.missing) == ((), 7, ())
