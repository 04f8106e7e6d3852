"""Lays out live codes fifty times faster than a QR library, and module by module alike.

All live codes have one length, version, level and mask. Under those, a QR is an affine map:
the modules of a text are those of the empty data, with a fixed pattern turned over for each
data bit that is set (error correction is linear, placement fixed). The patterns are taken
from the library itself, once per process, so that nothing about QR is known here.
"""

from functools import lru_cache
from typing import Final

from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import ALPHA_NUM, MODE_ALPHA_NUM, BitBuffer, create_bytes

from loyalty.wire.codes import ALPHABET, TEXT_LENGTH

LIVE_VERSION: Final = 6
LIVE_SIDE: Final = 4 * LIVE_VERSION + 17
# Choosing the best of eight masks takes most of the time, and a live code is looked at for a
# minute: one mask serves them all. The scan gates are run on pictures with it.
LIVE_MASK: Final = 2

_BLOCKS: Final = 4
_DATA_BYTES: Final = 27  # in each block
_CODEWORDS: Final = 172
_COUNT_BITS: Final = 9
_PAIR_BITS: Final = 11
_END_BITS: Final = 4
_HEAD: Final = MODE_ALPHA_NUM << _COUNT_BITS | TEXT_LENGTH
_PAIRS: Final = {
    first + second: ALPHA_NUM.index(first.encode()) * 45 + ALPHA_NUM.index(second.encode())
    for first in ALPHABET
    for second in ALPHABET
}

Pattern = int  # one bit per module, row after row, the upper left one highest


def live_pattern(text: str) -> Pattern:
    """Lay out the 154 letters of a live code; a bit per module, 1 is dark."""
    assert len(text) == TEXT_LENGTH, "a live code has one length"
    data = _HEAD
    for at in range(0, TEXT_LENGTH, 2):
        data = data << _PAIR_BITS | _PAIRS[text[at : at + 2]]
    empty, turned = _plan()
    pattern = empty
    digits = f"{data << _END_BITS:0{2 * _BLOCKS * _DATA_BYTES}x}"
    for turns, digit in zip(turned, digits, strict=True):
        pattern ^= turns[digit]
    return pattern


@lru_cache(maxsize=1)
def _plan() -> tuple[Pattern, tuple[dict[str, Pattern], ...]]:
    """Find the empty pattern, and what each hexadecimal digit of the data turns over in it."""
    empty = _laid_out([0] * _CODEWORDS)
    of_bits = _turned_by_data_bits(_places(empty))
    turned = []
    for at in range(0, len(of_bits), 4):
        turns = {}
        for digit in range(16):
            pattern = 0
            for place, bit in enumerate((8, 4, 2, 1)):
                pattern ^= of_bits[at + place] if digit & bit else 0
            turns[f"{digit:x}"] = pattern
        turned.append(turns)
    return empty, tuple(turned)


def _laid_out(codewords: list[int]) -> Pattern:
    code: QRCode[object] = QRCode(version=LIVE_VERSION, error_correction=ERROR_CORRECT_M)
    code.data_cache = codewords
    code.makeImpl(False, LIVE_MASK)  # noqa: FBT003  the library's own argument: not a test
    return int("".join("01"[bool(dark)] for row in code.modules for dark in row), 2)


def _places(empty: Pattern) -> list[Pattern]:
    """Find the module of each codeword bit: write all bit numbers, one binary digit at a time."""
    bits = 8 * _CODEWORDS
    number_at: dict[int, int] = {}
    covered = _laid_out([255] * _CODEWORDS) ^ empty
    modules = [module for module in range(LIVE_SIDE**2) if covered >> module & 1]
    for digit in range(bits.bit_length()):
        marked = [
            sum((8 * word + bit >> digit & 1) << 7 - bit for bit in range(8))
            for word in range(_CODEWORDS)
        ]
        seen = _laid_out(marked) ^ empty
        for module in modules:
            number_at[module] = number_at.get(module, 0) | (seen >> module & 1) << digit
    module_of = {number: module for module, number in number_at.items()}
    return [1 << module_of[number] for number in range(bits)]


def _turned_by_data_bits(places: list[Pattern]) -> list[Pattern]:
    """Say which modules each data bit turns over: its own, and those of its error correction.

    Blocks are alike and interleaved: what a bit does in the first one, its neighbor does in
    the next one, a codeword further.
    """
    full = [255] * (_BLOCKS * _DATA_BYTES)  # the library cannot divide a block of zeros
    full_words = _codewords(full)
    turned = [0] * (8 * _BLOCKS * _DATA_BYTES)
    for bit in range(8 * _DATA_BYTES):
        data = full.copy()
        data[bit // 8] ^= 0x80 >> bit % 8
        changed = [word ^ before for word, before in zip(_codewords(data), full_words, strict=True)]
        marks = [
            8 * word + place
            for word, value in enumerate(changed)
            for place in range(8)
            if value & 0x80 >> place
        ]
        for block in range(_BLOCKS):
            for mark in marks:
                turned[8 * _DATA_BYTES * block + bit] ^= places[mark + 8 * block]
    return turned


def _codewords(data: list[int]) -> list[int]:
    buffer = BitBuffer()
    buffer.buffer = data
    return list(create_bytes(buffer, rs_blocks(LIVE_VERSION, ERROR_CORRECT_M)))
