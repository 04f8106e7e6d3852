"""Pictures of codes, read back by the decoders that shops really have."""

import base64
import io
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from loyalty.codes.issue import card_address, store_address
from loyalty.codes.quick_modules import LIVE_MASK
from loyalty.codes.render import (
    BORDER,
    live_modules,
    live_svg,
    packed_modules,
    qr_modules,
    qr_png,
    qr_svg,
)
from loyalty.codes.signing import CODE_SIGNING
from loyalty.wire.codes import (
    ALPHABET,
    TEXT_LENGTH,
    CodeHeader,
    CodeKind,
    encode,
    header_bytes,
    read_text,
    seconds_of,
)
from tests.support.clock import MONDAY_MORNING

SEED = bytes(range(32))


def code_text(number: int = 0) -> str:
    at = MONDAY_MORNING + timedelta(minutes=number)
    header = CodeHeader(CodeKind.LIVE, 1, 20260302, f"{number:016x}", 0, seconds_of(at))
    return encode(header, CODE_SIGNING.get_signature(SEED, header_bytes(header)))


def decoded(picture: Image.Image) -> set[str]:
    grey = picture.convert("L")
    seen = {found.text for found in zxingcpp.read_barcodes(grey)}
    return seen | {found.data.decode() for found in pyzbar.decode(grey)}


def drawn(modules: tuple[tuple[bool, ...], ...], *, scale: int = 4) -> Image.Image:
    side = len(modules) + 2 * BORDER
    picture = Image.new("L", (side, side), 255)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            picture.putpixel((x + BORDER, y + BORDER), 0 if dark else 255)
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def rasterized(svg: str, *, scale: int = 4) -> Image.Image:
    root = ET.fromstring(svg)  # noqa: S314  our own text
    side = int(root.attrib["viewBox"].split()[2])
    picture = Image.new("L", (side, side), 0)
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        shade = {"#fff": 255, "#000": 0}[path.attrib["fill"]]
        for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", path.attrib["d"]):
            picture.paste(shade, (int(x), int(y), int(x) + int(width), int(y) + int(height)))
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def test_a_png_is_read_by_both_decoders_as_exactly_the_text() -> None:
    text = code_text()
    picture = Image.open(io.BytesIO(qr_png(text)))
    assert decoded(picture) == {text}
    assert picture.size == ((41 + 2 * BORDER) * 8,) * 2


def test_an_svg_is_read_by_both_decoders_as_exactly_the_text() -> None:
    text = code_text()
    assert decoded(rasterized(qr_svg(text))) == {text}


def test_a_png_and_an_svg_show_the_same_modules() -> None:
    text = code_text()
    png = Image.open(io.BytesIO(qr_png(text, module_px=4))).convert("L")
    assert png.tobytes() == rasterized(qr_svg(text)).tobytes() == drawn(qr_modules(text)).tobytes()


@pytest.mark.parametrize("number", range(8))
def test_a_packed_live_code_is_drawn_by_the_page_and_read(number: int) -> None:
    text = code_text(number)
    packed = base64.b64decode(packed_modules(text))
    bits = [packed[at // 8] >> 7 - at % 8 & 1 == 1 for at in range(41 * 41)]
    modules = tuple(tuple(bits[row * 41 : row * 41 + 41]) for row in range(41))
    assert decoded(drawn(modules)) == {text}
    assert len(packed) == 211


@pytest.mark.parametrize(
    ("public_url", "side"),
    [
        ("https://sol.example", 45),
        ("https://puntos.barrio.example", 49),
        (f"https://{'a' * 48}.example", 49),
        ("http://127.0.0.1:8000", 45),
    ],
)
def test_a_printed_card_carries_an_address_that_ends_in_its_code(
    public_url: str, side: int
) -> None:
    text = code_text()
    address = card_address(public_url, text)
    modules = qr_modules(address)
    assert len(modules) == side
    (seen,) = decoded(drawn(modules))
    assert seen == f"{public_url.upper()}/Q/{text}"
    assert read_text(seen) == text


def test_a_counter_poster_carries_the_stores_page_and_no_code() -> None:
    address = store_address("https://puntos.barrio.example/", "panaderia-sol")
    (seen,) = decoded(drawn(qr_modules(address)))
    assert seen == "HTTPS://PUNTOS.BARRIO.EXAMPLE/S/PANADERIA-SOL"
    assert read_text(seen) is None


def test_an_svg_stands_in_a_page_without_ids_styles_or_markup_from_its_label() -> None:
    svg = qr_svg(code_text(), label='Tarjeta "<b>&')
    root = ET.fromstring(svg)  # noqa: S314  our own text
    assert root.attrib["aria-label"] == 'Tarjeta "<b>&'
    assert not re.search(r"\b(id|style|class)=", svg)
    assert len(svg) < 20_000


@given(st.text(alphabet=ALPHABET, min_size=TEXT_LENGTH, max_size=TEXT_LENGTH))
def test_a_live_code_is_laid_out_as_the_library_would(text: str) -> None:
    assert live_modules(text) == qr_modules(text, mask=LIVE_MASK)


def test_a_live_svg_is_read_by_both_decoders() -> None:
    text = code_text()
    assert decoded(rasterized(live_svg(text, label="Tu código"))) == {text}


@pytest.mark.parametrize("draw", [qr_png, qr_svg])
def test_a_code_without_its_quiet_border_cannot_be_drawn(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(AssertionError):
        draw(code_text(), border=3)
