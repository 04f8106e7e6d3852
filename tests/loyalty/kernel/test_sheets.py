"""Lists of spreadsheets: what would be run as a formula comes and goes as a text."""

import pytest

from loyalty.kernel.sheets import plain_cell, runs_as_formula, safe_cell, sheet_of, write_sheet


@pytest.mark.parametrize("text", ["=1+1", "+34 600", "-3", "@ana", "\tx", "'quoted", "Pan", ""])
def test_a_text_goes_out_harmless_and_comes_back_as_it_was(text: str) -> None:
    written = safe_cell(text)
    assert not runs_as_formula(written)
    assert not written.startswith("-")
    assert plain_cell(written) == text


def test_what_is_written_is_read_back_with_its_lines() -> None:
    data = write_sheet(
        [["Nombre", "Nota"], ["Ana", "dos\nlíneas; y más"], ["Luz", ""]], delimiter=";"
    )
    assert data.startswith(b"\xef\xbb\xbf")
    headings, rows = sheet_of(data)
    assert headings == ["Nombre", "Nota"]
    assert rows == [(2, ["Ana", "dos\nlíneas; y más"]), (4, ["Luz", ""])]
