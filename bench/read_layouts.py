"""Write bench/layouts.json anew from the machine's own keyboard data (Debian: xkb-data).

For each layout four texts (plain, with shift, with caps lock, with both): the character that
each key types which a scanner set to the US layout would press. A dead key is written as the
combining mark it leaves, a key that types nothing as U+2400.
"""

import ctypes
import ctypes.util
import json
from pathlib import Path

TABLE = Path(__file__).with_name("layouts.json")
# 27 that the letters of our codes survive, then four that only the key positions save.
LAYOUTS = (
    *("us", "gb", "es", "es(cat)", "latam", "pt", "br", "fr", "be", "ch", "ch(fr)", "de", "at"),
    *("it", "nl", "dk", "no", "se", "fi", "is", "pl", "cz", "sk", "hu", "ro", "tr", "ca"),
    *("us(dvorak)", "fr(bepo)", "ru", "gr"),
)
KEYS = (
    *(f"AE{number:02}" for number in range(1, 13)),
    *(f"AD{number:02}" for number in range(1, 13)),
    *(f"AC{number:02}" for number in range(1, 12)),
    *(f"AB{number:02}" for number in range(1, 11)),
    *("TLDE", "BKSL", "SPCE"),
)
NOTHING = "\u2400"
DEAD_MARKS = {
    "dead_grave": "\u0300",
    "dead_acute": "\u0301",
    "dead_circumflex": "\u0302",
    "dead_tilde": "\u0303",
    "dead_macron": "\u0304",
    "dead_breve": "\u0306",
    "dead_abovedot": "\u0307",
    "dead_diaeresis": "\u0308",
    "dead_abovering": "\u030a",
    "dead_doubleacute": "\u030b",
    "dead_caron": "\u030c",
    "dead_cedilla": "\u0327",
    "dead_ogonek": "\u0328",
}


class RuleNames(ctypes.Structure):
    """What libxkbcommon calls a keyboard."""

    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "opts")]


def library() -> ctypes.CDLL:
    xkb = ctypes.CDLL(ctypes.util.find_library("xkbcommon") or "libxkbcommon.so.0")
    for name in ("xkb_context_new", "xkb_keymap_new_from_names", "xkb_state_new"):
        getattr(xkb, name).restype = ctypes.c_void_p
    return xkb


def typed_keys(xkb: ctypes.CDLL, layout: str) -> list[str]:
    """Ask what the keys type: plain, with shift, with caps lock, with both."""
    name, _, variant = layout.rstrip(")").partition("(")
    names = RuleNames(b"evdev", b"pc105", name.encode(), variant.encode(), b"")
    context = ctypes.c_void_p(xkb.xkb_context_new(0))
    keymap = ctypes.c_void_p(xkb.xkb_keymap_new_from_names(context, ctypes.byref(names), 0))
    assert keymap.value, f"no layout {layout} on this machine"
    bits = [1 << xkb.xkb_keymap_mod_get_index(keymap, mod) for mod in (b"Shift", b"Lock")]
    codes = [xkb.xkb_keymap_key_by_name(keymap, key.encode()) for key in KEYS]
    rows = []
    for caps in (0, bits[1]):
        for shift in (0, bits[0]):
            state = ctypes.c_void_p(xkb.xkb_state_new(keymap))
            xkb.xkb_state_update_mask(state, shift, 0, caps, 0, 0, 0)
            rows.append("".join(typed(xkb, state, code) for code in codes))
    assert {len(row) for row in rows} == {len(KEYS)}, "each key types one character"
    return rows


def typed(xkb: ctypes.CDLL, state: ctypes.c_void_p, code: int) -> str:
    text = ctypes.create_string_buffer(16)
    xkb.xkb_state_key_get_utf8(state, code, text, len(text))
    if text.value:
        return text.value.decode()
    symbol = ctypes.create_string_buffer(64)
    xkb.xkb_keysym_get_name(xkb.xkb_state_key_get_one_sym(state, code), symbol, len(symbol))
    return DEAD_MARKS.get(symbol.value.decode(), NOTHING)


def main() -> None:
    xkb = library()
    rows = {layout: typed_keys(xkb, layout) for layout in LAYOUTS}
    lines = [f"{json.dumps(layout)}: {json.dumps(keys)}" for layout, keys in rows.items()]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
