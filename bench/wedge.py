"""A keyboard-wedge scanner: set to the US layout, plugged into a computer with another one.

The scanner presses key positions; the computer's layout decides what they type. The table of
layouts is `layouts.json`, made by `read_layouts.py`.
"""

import json
import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

NOTHING = "\u2400"
SUFFIXES = ("Enter", "Tab", "")
WAIT_MS_MAX = 90
# Only the key position (`KeyboardEvent.code`) saves these; gate C reports them.
BY_POSITION_ONLY = ("us(dvorak)", "fr(bepo)", "ru", "gr")
_CODES = {
    "-": "Minus",
    "=": "Equal",
    "[": "BracketLeft",
    "]": "BracketRight",
    ";": "Semicolon",
    "'": "Quote",
    ",": "Comma",
    ".": "Period",
    "/": "Slash",
    "`": "Backquote",
    "\\": "Backslash",
    " ": "Space",
}


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key as a browser tells it: its position, what it typed, and the wait before it.

    A dead key says "Dead" and leaves its combining `mark` for the next one.
    """

    code: str
    key: str
    wait_ms: int
    mark: str = ""


@lru_cache
def layouts() -> dict[str, list[str]]:
    """Read the table: four texts for each layout."""
    table: dict[str, list[str]] = json.loads(
        Path(__file__).with_name("layouts.json").read_text("utf-8")
    )
    return table


def surviving_layouts() -> tuple[str, ...]:
    """List the layouts that our letters survive."""
    return tuple(name for name in layouts() if name not in BY_POSITION_ONLY)


def scan(
    text: str, *, layout: str, caps: bool, suffix: str, waits: random.Random
) -> tuple[Keystroke, ...]:
    """Type a scanned text on a computer with this layout."""
    plain, shifted, *_ = layouts()["us"]
    strokes = []
    for character in text:
        shift = character not in plain
        place = (shifted if shift else plain).index(character)
        typed = layouts()[layout][2 * caps + shift][place]
        dead = unicodedata.combining(typed) > 0
        strokes.append(
            Keystroke(
                code=_code(plain[place]),
                key="Dead" if dead else typed,
                wait_ms=waits.randint(0, WAIT_MS_MAX),
                mark=typed if dead else "",
            )
        )
    if suffix:
        strokes.append(Keystroke(suffix, suffix, waits.randint(0, WAIT_MS_MAX)))
    return tuple(strokes)


def arrived(strokes: Iterable[Keystroke]) -> str:
    """Give the text that a field holds afterwards, dead keys joined as a computer joins them.

    What a dead key cannot be joined with is lost together with it: the worst a computer does.
    """
    text, mark = "", ""
    for stroke in strokes:
        if stroke.mark:
            mark = stroke.mark
            continue
        typed = {"Enter": "\n", "Tab": "\t"}.get(stroke.key, stroke.key)
        if mark:
            typed, mark = unicodedata.normalize("NFC", typed + mark), ""
            typed = typed if len(typed) == 1 else ""
        text += "" if typed == NOTHING else typed
    return text


def by_position(strokes: Iterable[Keystroke]) -> str:
    """Read the letters off the key positions, as a US keyboard has them."""
    return "".join(
        stroke.code.removeprefix("Key") for stroke in strokes if stroke.code.startswith("Key")
    )


def _code(us_key: str) -> str:
    if us_key.isalpha():
        return f"Key{us_key.upper()}"
    return f"Digit{us_key}" if us_key.isdigit() else _CODES[us_key]
