import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accent import (
    DARK_GROUNDS,
    DARK_SURFACE,
    LIGHT_GROUNDS,
    contrast,
    derive_accent,
    from_hex,
    is_color,
    stylesheet,
    to_hex,
)

SHOPS = ["#2B3A9B", "#8C1D40", "#1B6B4A", "#F0B429", "#0AA6A6", "#2B2B2B", "#FFFFFF", "#000000"]
color = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


@given(color)
@settings(max_examples=150, deadline=None)
def test_every_color_can_be_read_by_day_and_by_night(chosen: str) -> None:
    accent = derive_accent(chosen)
    assert contrast(accent.light.on_accent, accent.light.accent) >= 4.5
    assert contrast(accent.dark.on_accent, accent.dark.accent) >= 4.5
    for ground in (*LIGHT_GROUNDS, accent.light.soft):
        assert contrast(accent.light.ink, ground) >= 4.5
    for ground in (*DARK_GROUNDS, accent.dark.soft):
        assert contrast(accent.dark.ink, ground) >= 4.5
    assert contrast(accent.dark.accent, DARK_SURFACE) >= 2.95


@pytest.mark.parametrize("chosen", SHOPS)
def test_a_color_is_written_as_it_was_read(chosen: str) -> None:
    assert to_hex(from_hex(chosen)) == chosen


def test_a_dark_enough_color_is_kept_and_a_bright_one_gets_ink_text() -> None:
    assert derive_accent("#2B3A9B").light.accent == "#2B3A9B"
    mustard = derive_accent("#F0B429").light
    assert (mustard.accent, mustard.on_accent) == ("#F0B429", "#1B1B24")


def test_the_stylesheet_speaks_for_both_schemes() -> None:
    sheet = stylesheet(derive_accent("#1B6B4A"))
    assert sheet.startswith(':root,[data-bs-theme="light"]{--ez-accent:#')
    assert '[data-bs-theme="dark"]{--ez-accent:#' in sheet


def test_only_a_written_color_is_one() -> None:
    assert is_color("#1B6B4A")
    assert not is_color("1B6B4A")
    assert not is_color("#1B6B4A;}")
