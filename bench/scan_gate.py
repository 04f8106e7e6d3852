"""The scanning gates: our codes must be read where shops scan them. Exit status 1 when not.

Gate A: each way of spoiling a picture, 100 % for both decoders. Gate B: from a distance,
90 %. Gate C: typed by a keyboard wedge on 27 layouts, 100 %. Never is a wrong text accepted.
Some breakers are measured and reported, not gated. `--small` is the form the tests run.
"""

import argparse
import hashlib
import itertools
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from bench.decoders import DECODERS, read_with_retry
from bench.pictures import (
    BREAKERS,
    GATE_A,
    MODULE_PX,
    Grey,
    Picture,
    framed,
    live_picture,
    png_picture,
    svg_picture,
)
from bench.wedge import BY_POSITION_ONLY, SUFFIXES, arrived, by_position, scan, surviving_layouts
from loyalty.codes.issue import card_address
from loyalty.codes.signing import CODE_SIGNING, public_of
from loyalty.wire.codes import (
    CodeHeader,
    CodeKind,
    CodeOutcome,
    check,
    encode,
    header_bytes,
    read_text,
    seconds_of,
)
from loyalty.wire.trust import KeyState, TrustKey, TrustList

SEED = bytes(range(32))
PROGRAM = 20261121
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRUST = TrustList(
    program_id=PROGRAM,
    sequence=1,
    server_time=NOON,
    keys=(TrustKey(1, public_of(SEED), NOON, None, KeyState.SIGNING),),
    revocations={},
)
# A short and a long host: versions 7 and 8 beside the bare version 6.
SHORT_URL = "https://sol.example"
LONG_URL = "https://puntos.calle-mayor.barrio.example"
GATE_B_WIDTH_PX = 120
GATE_B_PART = 0.9

FORMS: dict[str, Callable[[str, int], Picture]] = {
    "PNG": png_picture,
    "SVG": svg_picture,
    "live, fixed mask": live_picture,
    "card, version 7": lambda text, px: png_picture(card_address(SHORT_URL, text), px),
    "card, version 8": lambda text, px: png_picture(card_address(LONG_URL, text), px),
}
# What zbar cannot do with the larger codes of printed cards, at any level and mask: a keystone
# of 0.19 or more in version 8, and losing a whole alignment square. Phones and the till read
# with zxing, which does; so these lines are told and not gated. Long hosts are gated for zbar
# at a keystone of 0.18.
ZBAR_LIMITS = {
    ("keystone 0.2", "card, version 8"),
    ("4 % occluded", "card, version 7"),
    ("4 % occluded", "card, version 8"),
}


@dataclass(slots=True)
class Tally:
    """How many of the tries were read rightly, and every text that was accepted wrongly."""

    read: int = 0
    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, found: Iterable[str], text: str) -> None:
        """Count one try: read means the text itself, with the verdict `ok`."""
        self.tried += 1
        readings = [check(one, trust=TRUST, program_id=PROGRAM, at=NOON) for one in found]
        accepted = [reading for reading in readings if reading.outcome is CodeOutcome.OK]
        self.read += any(reading.text == text for reading in accepted)
        self.wrong += [str(reading.text) for reading in accepted if reading.text != text]

    @property
    def part(self) -> float:
        """Give the part that was read."""
        return self.read / self.tried


Report = dict[tuple[str, str], Tally]


def code_text(number: int) -> str:
    """Sign the code of one of many cards."""
    subject = hashlib.sha256(number.to_bytes(4)).hexdigest()[:16]
    header = CodeHeader(CodeKind.LIVE, 1, PROGRAM, subject, number % 4, seconds_of(NOON))
    return encode(header, CODE_SIGNING.get_signature(SEED, header_bytes(header)))


def gate_a(codes: int) -> Report:
    """Spoil each picture in each way and read it with each decoder."""
    report: Report = {}
    for number, (form, draw) in itertools.product(range(codes), FORMS.items()):
        text = code_text(number)
        picture = draw(text, MODULE_PX)
        rng = np.random.default_rng(number)
        for way, spoil in GATE_A.items():
            _read(report, f"{way} | {form}", spoil(picture, rng), text)
        _read(report, f"2 px per module | {form}", draw(text, 2).pixels, text)
    return report


def gate_b(codes: int) -> Report:
    """Read live codes from a distance."""
    report: Report = {}
    for number in range(codes):
        text = code_text(number)
        rng = np.random.default_rng(number)
        picture = live_picture(text, MODULE_PX)
        pixels = framed(picture, GATE_B_WIDTH_PX, rng)
        _read(report, f"{GATE_B_WIDTH_PX} px wide", pixels, text)
    return report


def gate_c(codes: int) -> Report:
    """Type codes through each layout and read what arrives."""
    report: Report = {}
    urls = ("", SHORT_URL, LONG_URL)
    for number in range(codes):
        text = code_text(number)
        waits = random.Random(number)
        for layout, caps, suffix, url in itertools.product(
            surviving_layouts(), (False, True), SUFFIXES, urls
        ):
            scanned = card_address(url, text) if url else text
            strokes = scan(scanned, layout=layout, caps=caps, suffix=suffix, waits=waits)
            tally = report.setdefault((layout, "wedge"), Tally())
            tally.count([arrived(strokes)], text)
        for layout, caps in itertools.product(BY_POSITION_ONLY, (False, True)):
            strokes = scan(text, layout=layout, caps=caps, suffix="", waits=waits)
            tally = report.setdefault((f"{layout} by position", "wedge"), Tally())
            tally.count([by_position(strokes)], text)
            assert read_text(arrived(strokes)) is None, "these letters do not survive there"
    return report


def breakers(codes: int) -> Report:
    """Measure what is known to break reading."""
    report: Report = {}
    for number in range(codes):
        text = code_text(number)
        rng = np.random.default_rng(number)
        picture = png_picture(text, MODULE_PX)
        for way, spoil in BREAKERS.items():
            _read(report, way, spoil(picture, rng), text)
    return report


def without_limits(report: Report) -> tuple[Report, Report]:
    """Part gate A into what is gated and what zbar is known not to do."""
    known = {(f"{way} | {form}", "zbar") for way, form in ZBAR_LIMITS}
    return (
        {line: tally for line, tally in report.items() if line not in known},
        {line: tally for line, tally in report.items() if line in known},
    )


def _read(report: Report, name: str, pixels: Grey, text: str) -> None:
    for decoder_name, decoder in DECODERS.items():
        tally = report.setdefault((name, decoder_name), Tally())
        tally.count(read_with_retry(decoder, pixels), text)


def passed(report: Report, part: float) -> bool:
    """Say whether every line reads at least this part, and nothing wrong was accepted."""
    return all(tally.part >= part and not tally.wrong for tally in report.values())


def tell(title: str, report: Report, part: float | None) -> bool:
    """Print a gate's lines, the bad ones by name, and return whether it holds."""
    holds = part is None or passed(report, part)
    tries = sum(tally.tried for tally in report.values())
    read = sum(tally.read for tally in report.values())
    verdict = "measured" if part is None else "holds" if holds else "FAILS"
    print(f"{title}: {verdict}, {read} of {tries} read")
    for (name, by), tally in report.items():
        if part is None or tally.part < 1 or tally.wrong:
            wrong = f", {len(tally.wrong)} WRONG" if tally.wrong else ""
            print(f"    {name} ({by}): {tally.read} of {tally.tried}{wrong}")
    return holds


def main() -> int:
    """Run the gates and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=20, help="codes per way of gate A")
    codes = parser.parse_args().codes
    spoiled, limits = without_limits(gate_a(codes))
    gates = [
        tell("Gate A, spoiled pictures", spoiled, 1.0),
        tell("Gate B, from a distance", gate_b(codes * 10), GATE_B_PART),
        tell("Gate C, keyboard wedges", gate_c(codes), 1.0),
    ]
    tell("Known breakers", limits | breakers(codes), None)
    return 0 if all(gates) else 1


if __name__ == "__main__":
    sys.exit(main())
