"""The scanning gates in their small form; `bench/scan_gate.py` runs them in full."""

import random

from bench.scan_gate import (
    GATE_B_PART,
    NOON,
    PROGRAM,
    TRUST,
    Tally,
    code_text,
    gate_a,
    gate_b,
    gate_c,
    passed,
    without_limits,
)
from bench.wedge import arrived, layouts, scan, surviving_layouts
from loyalty.wire.codes import ALPHABET, CodeOutcome, check, read_letters


def test_gate_a_spoiled_pictures_are_read_by_both_decoders() -> None:
    gated, limits = without_limits(gate_a(1))
    assert passed(gated, 1.0)
    assert not any(tally.wrong for tally in limits.values())


def test_gate_b_codes_are_read_from_a_distance() -> None:
    assert passed(gate_b(10), GATE_B_PART)


def test_gate_c_codes_typed_on_every_layout_are_read() -> None:
    assert passed(gate_c(1), 1.0)


def test_our_letters_survive_27_of_31_layouts() -> None:
    assert (len(surviving_layouts()), len(layouts())) == (27, 31)


def test_letters_under_a_code_survive_the_same_layouts() -> None:
    letters = "".join(random.Random(1).sample(ALPHABET, 8))
    for layout in surviving_layouts():
        for caps in (False, True):
            strokes = scan(letters, layout=layout, caps=caps, suffix="", waits=random.Random(1))
            assert read_letters(arrived(strokes)) == letters


def test_a_gate_counts_a_wrong_text_that_was_accepted() -> None:
    tally = Tally()
    tally.count([code_text(2)], code_text(1))
    assert check(code_text(2), trust=TRUST, program_id=PROGRAM, at=NOON).outcome is CodeOutcome.OK
    assert (tally.read, tally.wrong) == (0, [code_text(2)])
    assert not passed({("", ""): tally}, 0)
