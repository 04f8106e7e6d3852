"""Balances from an older program: each slip costs its own row and says where it is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.errors import ListUnreadableError
from loyalty.kernel.sheets import ROWS_MAX
from loyalty.points.opening_list import POINTS_MAX, OpeningList, OpeningRow, read_openings

CARD = "00ff00ff00ff00ff"


def read(text: str | bytes) -> OpeningList:
    data = text if isinstance(text, bytes) else text.encode()
    return read_openings(data, mark=None)[0]


def reasons(told: OpeningList) -> list[tuple[int, str | None, str]]:
    return [(error.line, error.column, error.reason) for error in told.errors]


def test_a_spanish_list_is_read_whole() -> None:
    told = read(
        "\ufeffTarjeta;Correo;Puntos;Caduca;Referencia;Apodo\r\n"
        "00FF 00FF-00ff 00ff;;1.340,00;31/12/2027;A-1;Lu\r\n"
        ";Ana@Example.ES;25;2027-06-30;;\r\n"
        "00ff;;0;;;\r\n"
    )
    assert told.errors == ()
    assert told.ignored == ("Apodo",)
    assert told.rows == (
        OpeningRow(2, CARD, "", 1340, "A-1", date(2027, 12, 31)),
        OpeningRow(3, "", "ana@example.es", 25, "", date(2027, 6, 30)),
        OpeningRow(4, "00ff", "", 0, "", None),
    )


def test_each_slip_is_told_by_line_column_and_reason() -> None:
    told = read(
        "tarjeta;correo;puntos;ref;caduca\n"
        "aaaa;;12;A;\n"
        ";;5;;\n"
        "bbbb;;;;\n"
        "cccc;;muchos;;\n"
        "dddd;;-3;;\n"
        "eeee;;12,5;;\n"
        f"ffff;;{POINTS_MAX + 1};;\n"
        "zapato;;5;;\n"
        ";ana en casa;5;;\n"
        "abcd;;5;;31/02/2027\n"
        '"=HYPERLINK(""x"")";;5;;\n'
        "abce;;5;;;de más\n"
        "abcf;;5;A;\n"
    )
    assert [row.card for row in told.rows] == ["aaaa"]
    assert reasons(told) == [
        (3, "card", "nobody_named"),
        (4, "points", "missing"),
        (5, "points", "not_a_number"),
        (6, "points", "negative"),
        (7, "points", "fractional"),
        (8, "points", "enormous"),
        (9, "card", "card_malformed"),
        (10, "email", "email_malformed"),
        (11, "expires", "date_malformed"),
        (12, "card", "formula"),
        (12, "card", "card_malformed"),
        (13, None, "too_many_cells"),
        (14, "reference", "duplicate"),
    ]


def test_the_same_person_twice_is_a_slip_unless_each_row_has_its_own_reference() -> None:
    told = read("correo;puntos\na@b.es;5\nA@B.es;7\n")
    assert reasons(told) == [(3, "email", "duplicate")]
    told = read("correo;puntos;ref\na@b.es;5;uno\na@b.es;7;dos\n")
    assert told.errors == ()


def test_a_mark_that_nobody_can_tell_is_asked() -> None:
    told, is_asked = read_openings(b"correo;puntos\na@b.es;1.234\n", mark=None)
    assert is_asked
    assert told.mark is None
    told, is_asked = read_openings(b"correo;puntos\na@b.es;1.234\n", mark=",")
    assert not is_asked
    assert told.rows[0].points == 1234
    _told, is_asked = read_openings(b"correo;puntos\na@b.es;234\n", mark=None)
    assert not is_asked


@pytest.mark.parametrize(
    ("data", "reason", "column"),
    [
        (b"", "empty", None),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "not_text", None),
        (b"nombre;puntos\nAna;3\n", "no_headings", "card"),
        (b"correo;nombre\na@b.es;Ana\n", "no_headings", "points"),
    ],
)
def test_what_is_no_list_of_balances_is_refused(
    data: bytes, reason: str, column: str | None
) -> None:
    with pytest.raises(ListUnreadableError) as refusal:
        read_openings(data, mark=None)
    assert refusal.value.facts["reason"] == reason
    assert refusal.value.facts.get("column") == column


def test_a_list_of_a_hundred_thousand_is_read_whole_and_one_more_is_refused() -> None:
    lines = [f"{number:016x};;{number % 900}" for number in range(ROWS_MAX)]
    told = read("tarjeta;correo;puntos\n" + "\n".join(lines))
    assert len(told.rows) == ROWS_MAX
    with pytest.raises(ListUnreadableError) as refusal:
        read("tarjeta;correo;puntos\n" + "\n".join([*lines, "abcd;;1"]))
    assert refusal.value.facts["reason"] == "too_many_rows"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        told = read(b"correo;puntos\n" + data)
    except ListUnreadableError:
        return
    assert all(0 <= row.points <= POINTS_MAX for row in told.rows)
