"""An owner's spreadsheet becomes products: each slip costs its own row and says where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.catalog.import_rules import ReadList, read_list
from loyalty.catalog.products import ProductDraft
from loyalty.kernel.errors import ListUnreadableError
from loyalty.kernel.sheets import ROWS_MAX


def read(text: str | bytes, **facts: object) -> ReadList:
    data = text if isinstance(text, bytes) else text.encode()
    asked = {"mark": None, "minor_digits": 2, "tax_bp": 1000} | facts
    return read_list(data, **asked)  # type: ignore[arg-type]


def reasons(told: ReadList) -> list[tuple[int, str | None, str]]:
    return [(error.line, error.column, error.reason) for error in told.errors]


def test_a_spanish_list_is_read_whole() -> None:
    told = read(
        "\ufeffReferencia;Producto;PVP;IVA;Existencias;Unidad;Familia\r\n"
        'P1;Pan de pueblo;"1.234,50 €";4;12;ud;Panes\r\n'
        "P2;Tomate rama;2,35;4 %;8,250;kg;Verdura\r\n"
    )
    assert told.mark == ","
    assert told.errors == ()
    assert [row.draft for row in told.rows] == [
        ProductDraft("P1", "Pan de pueblo", 123450, 400, "piece", "", "Panes"),
        ProductDraft("P2", "Tomate rama", 235, 400, "kg", "", "Verdura"),
    ]
    assert [row.stock_milli for row in told.rows] == [12_000, 8_250]
    assert [row.line for row in told.rows] == [2, 3]


def test_a_list_of_names_and_prices_is_enough() -> None:
    told = read("name,price\nBread,1.20\n")
    (row,) = told.rows
    assert row.draft == ProductDraft("Bread", "Bread", 120, 1000)
    assert row.stock_milli is None


def test_each_slip_is_told_by_line_column_and_reason() -> None:
    told = read(
        "nombre;precio;stock;unidad;ref\n"
        "Pan;1,20;4;ud;A\n"
        ";1,20;;;B\n"
        "Leche;;;;C\n"
        "Queso;caro;;;D\n"
        "Vino;-3;;;E\n"
        "Sal;0,505;;;F\n"
        "Miel;4,50;;litro;G\n"
        "Otro pan;1,30;;;A\n"
        '=HYPERLINK("x");1,00;;;H\n'
        f"{'x' * 121};1,00;;;I\n"
        "\n"
        "Ajo;1,00;;;J;de más\n"
    )
    assert [row.draft.sku for row in told.rows] == ["A"]
    assert reasons(told) == [
        (3, "name", "missing"),
        (4, "price", "missing"),
        (5, "price", "not_a_number"),
        (6, "price", "out_of_range"),
        (7, "price", "out_of_range"),
        (8, "unit", "unit_unknown"),
        (9, "sku", "duplicate"),
        (10, "name", "formula"),
        (11, "name", "too_long"),
        (13, None, "too_many_cells"),
    ]


def test_a_row_that_was_refused_does_not_take_its_reference() -> None:
    told = read("nombre;precio;ref\nPan;caro;A\nPan;1,20;A\n")
    assert reasons(told) == [(2, "price", "not_a_number")]
    assert [row.line for row in told.rows] == [3]


def test_without_a_telling_number_the_owner_is_asked_for_the_mark() -> None:
    text = "nombre;precio\nJamón;1.234\n"
    assert read(text).mark is None
    assert read(text, mark=",").rows[0].draft.price_minor == 123_400
    assert reasons(read(text, mark=".")) == [(2, "price", "out_of_range")]


def test_unknown_columns_are_named_and_left_out() -> None:
    told = read("nombre;precio;color\nPan;1,20;rojo\n")
    assert told.ignored == ("color",)
    assert told.columns == ("name", "price")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_letters_of_any_spreadsheet_are_read(encoding: str) -> None:
    told = read("nombre;precio\nPiñón ecológico;3,50\n".encode(encoding))
    assert told.rows[0].draft.name == "Piñón ecológico"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_any_usual_delimiter_is_understood(delimiter: str) -> None:
    text = f'nombre{delimiter}precio\n"Pan{delimiter} de ayer"{delimiter}"1,20"\n'
    assert read(text).rows[0].draft.name == f"Pan{delimiter} de ayer"


def test_a_line_break_within_a_cell_does_not_move_the_line_numbers() -> None:
    told = read('nombre;precio;descripción\nPan;1,20;"de\ntrigo"\nQueso;caro;\n')
    assert told.rows[0].draft.description == "de\ntrigo"
    assert reasons(told) == [(4, "price", "not_a_number")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"nombre;color\nPan;rojo\n", "no_headings"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text"),
        (b"PK\x03\x04\x14\0\x06\0", "not_text"),
        (b"x" * 20_000_001, "too_large"),
        (b"a;" * 5_000_000, "not_text"),
        (b"\n" * 5_000_000, "too_many_rows"),
        (b"nombre;precio\n" + b";\n" * 3_000_000, "too_many_rows"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ListUnreadableError) as refused:
        read(data)
    assert refused.value.facts["reason"] == reason


def test_a_hundred_thousand_rows_are_read_and_one_more_is_refused() -> None:
    rows = "".join(f"Producto {number};1,00\n" for number in range(ROWS_MAX))
    assert len(read("nombre;precio\n" + rows).rows) == ROWS_MAX
    with pytest.raises(ListUnreadableError) as refused:
        read("nombre;precio\n" + rows + "Uno más;1,00\n")
    assert refused.value.facts["reason"] == "too_many_rows"


@given(st.binary(max_size=400), st.booleans())
def test_whatever_is_chosen_by_mistake_gets_an_answer(data: bytes, with_headings: bool) -> None:  # noqa: FBT001
    try:
        told = read(b"nombre;precio\n" + data if with_headings else data)
    except ListUnreadableError as error:
        refused = error
    else:
        lines = [row.line for row in told.rows]
        assert lines == sorted(set(lines))
        assert all(row.draft.price_minor >= 0 for row in told.rows)
        return
    assert refused.facts["reason"] in {"empty", "no_headings", "not_text"}
