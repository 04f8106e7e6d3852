"""Codes as pictures: dark on white with a quiet border, in dark mode too.

An inverted code or one without its border is unreadable for half the scanners there are, so
neither can be asked for.
"""

import base64
import io
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import quoteattr

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from loyalty.codes.quick_modules import LIVE_MASK, LIVE_SIDE, live_pattern

BORDER: Final = 4
MODULE_PX: Final = 8

Modules = tuple[tuple[bool, ...], ...]


def qr_modules(text: str, *, mask: int | None = None) -> Modules:
    """Lay a text out as dark and light modules, level M, without a border.

    The 154 letters of a code make 41 by 41 modules (version 6); behind an address 45 or 49.
    """
    code: QRCode[object] = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return tuple(tuple(map(bool, row)) for row in code.modules)


def live_modules(text: str) -> Modules:
    """Lay out the 154 letters of a live code, quickly and with the one mask of live codes."""
    bits = f"{live_pattern(text):0{LIVE_SIDE**2}b}"
    rows = (bits[at : at + LIVE_SIDE] for at in range(0, len(bits), LIVE_SIDE))
    return tuple(tuple(bit == "1" for bit in row) for row in rows)


def packed_modules(text: str) -> str:
    """Lay a live code out for a page that draws it: base64 of its bits, row after row.

    The first bit of the first byte is the upper left module; 1 is dark; unused bits are 0.
    """
    length = -(-(LIVE_SIDE**2) // 8)
    packed = live_pattern(text) << 8 * length - LIVE_SIDE**2
    return base64.b64encode(packed.to_bytes(length, "big")).decode()


def packed_address(address: str) -> tuple[int, str]:
    """Lay a code behind an address out for a page that draws it: its side, and its bits.

    As `packed_modules`, with the one mask of live codes: a till asks for many at once, and
    choosing the best mask takes most of the time.
    """
    modules = qr_modules(address, mask=LIVE_MASK)
    bits = "".join("01"[dark] for row in modules for dark in row)
    length = -(-len(bits) // 8)
    packed = int(bits, 2) << 8 * length - len(bits)
    return len(modules), base64.b64encode(packed.to_bytes(length, "big")).decode()


@lru_cache(maxsize=256)
def qr_png(text: str, *, module_px: int = MODULE_PX, border: int = BORDER) -> bytes:
    """Draw a code as a black and white PNG; kept, because a card's picture does not change.

    Units: `module_px` is the side of a module in pixels, `border` is in modules.
    """
    assert border >= BORDER, "scanners need the quiet border"
    modules = qr_modules(text)
    side = len(modules) + 2 * border
    picture = Image.new("1", (side, side), 1)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                picture.putpixel((x + border, y + border), 0)
    drawn = picture.resize((side * module_px, side * module_px), Image.Resampling.NEAREST)
    file = io.BytesIO()
    drawn.save(file, format="PNG", optimize=True)
    return file.getvalue()


@lru_cache(maxsize=256)
def qr_svg(text: str, *, border: int = BORDER, label: str = "") -> str:
    """Draw a code as an SVG of one path, sharp at any size; ready to stand inside a page.

    It has no ids and no styles, so that many fit on a sheet and a strict policy lets them.
    `label` is what a screen reader says instead of the picture.
    """
    assert border >= BORDER, "scanners need the quiet border"
    return _svg(qr_modules(text), border, label)


def live_svg(text: str, *, label: str = "") -> str:
    """Draw a live code as `qr_svg` does, quickly; not kept, because it is shown for a minute."""
    return _svg(live_modules(text), BORDER, label)


def _svg(modules: Modules, border: int, label: str) -> str:
    side = len(modules) + 2 * border
    named = f'role="img" aria-label={quoteattr(label)}' if label else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" {named} '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" d="{_path(modules, border)}"/></svg>'
    )


def _path(modules: Modules, border: int) -> str:
    """Draw each run of dark modules in a row as one rectangle."""
    parts: list[str] = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            parts.append(f"M{x + border} {y + border}h{end - x}v1h-{end - x}z")
            x = end
    return "".join(parts)
