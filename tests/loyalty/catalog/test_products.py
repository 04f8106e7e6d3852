"""A store's list: one product for each reference, changed in place, in the shop's order."""

from loyalty.catalog.import_list import PART_ROWS, keep_part, parts_of
from loyalty.catalog.import_rules import read_list
from loyalty.catalog.products import ProductDraft, set_active
from loyalty.catalog.queries import products_by_reference
from tests.support.shelf import Shelf


def test_a_reference_is_one_product_however_often_it_is_saved(shelf: Shelf) -> None:
    first = shelf.save(ProductDraft("P1", "Pan", 120, 400), ProductDraft("P2", "Tarta", 1800, 1000))
    again = shelf.save(ProductDraft("P2", "Tarta de queso", 1900, 1000))
    assert again["P2"] == first["P2"]
    told = [(one.sku, one.name, one.price_minor, one.available_milli) for one in shelf.listed()]
    assert told == [("P1", "Pan", 120, None), ("P2", "Tarta de queso", 1900, None)]


def test_two_shops_of_a_street_have_lists_of_their_own(shelf: Shelf) -> None:
    ours = shelf.save(ProductDraft("1", "Pan", 120, 400))
    theirs = shelf.save(ProductDraft("1", "Tomate", 235, 400), store_id=shelf.town.greengrocer_id)
    assert ours["1"] != theirs["1"]
    assert [one.name for one in shelf.listed()] == ["Pan"]


def test_what_is_taken_off_sale_comes_back_with_the_next_list(shelf: Shelf) -> None:
    bread = shelf.bread()
    for changed in (True, False):
        with shelf.database.unit_of_work(shelf.town.program_id) as session:
            done = set_active(
                session, shelf.town.program_id, bread, is_active=False, at=shelf.clock.now()
            )
        assert done is changed
    assert shelf.listed(only_active=True) == ()
    assert shelf.bread() == bread
    assert [one.product_id for one in shelf.listed(only_active=True)] == [bread]


def test_a_till_names_a_product_by_its_reference_or_its_barcode(shelf: Shelf) -> None:
    saved = shelf.save(
        ProductDraft("A", "Pan", 120, 400, barcode="8400000000017"),
        # Somebody's barcode is somebody else's reference: the reference counts.
        ProductDraft("B", "Leche", 110, 400, barcode="A"),
    )
    with shelf.database.reading(shelf.town.program_id) as session:
        found = products_by_reference(
            session,
            shelf.town.program_id,
            shelf.town.bakery_id,
            ["A", "8400000000017", "nothing of ours", ""],
        )
    assert found == {"A": saved["A"], "8400000000017": saved["A"]}


def test_a_long_list_is_kept_in_parts_and_a_cut_one_is_sent_again(shelf: Shelf) -> None:
    rows = "".join(f"P{number};Producto {number};1,00;5\n" for number in range(PART_ROWS + 20))
    told = read_list(
        ("ref;nombre;precio;stock\n" + rows).encode(), mark=",", minor_digits=2, tax_bp=1000
    )
    parts = list(parts_of(told.rows, list_id="spring"))
    assert [len(part.rows) for part in parts] == [PART_ROWS, 20]

    def keep(*wanted: int) -> None:
        for number in wanted:
            with shelf.database.unit_of_work(shelf.town.program_id) as session:
                keep_part(
                    session,
                    shelf.town.program_id,
                    shelf.town.bakery_id,
                    parts[number],
                    currency="EUR",
                    at=shelf.clock.now(),
                )

    keep(0)
    first = shelf.listed()[0]
    shelf.move("sold", "sale:1", {first.product_id: 2})
    keep(0, 1)
    listed = shelf.listed()
    assert len(listed) == PART_ROWS + 20
    assert len({one.product_id for one in listed}) == PART_ROWS + 20
    # The part that was kept before counts nothing again: the sale since then stands.
    assert shelf.pieces(first.product_id) == (3, 0)
    assert shelf.audit() == ()
