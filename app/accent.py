"""A shop's color as all the tones a page needs, each measured for contrast; pure.

The hue is kept; lightness and chroma move in OKLCH, where equal steps look equal.
Source: https://bottosson.github.io/posts/oklab/ and WCAG 2.2, relative luminance.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import atan2, cbrt, cos, hypot, pi, sin
from typing import Final

INK: Final = "#1B1B24"
WHITE: Final = "#FFFFFF"
DEFAULT: Final = "#2B3A9B"
LIGHT_GROUNDS: Final = ("#ECECE6", "#F5F5F1")  # sunken, wall
DARK_GROUNDS: Final = ("#272730", "#131318")
DARK_SURFACE: Final = "#1C1C23"
# A color brighter than this would turn to mud if darkened for white text: it gets ink.
BRIGHT_FROM: Final = 0.76
STEP: Final = 0.005
# How far a channel may leave the screen's range by rounding alone.
SLACK: Final = 0.0005
_HEX: Final = re.compile(r"#[0-9A-Fa-f]{6}")

# Measured targets of the look.
WHITE_ON_FILL: Final = 5.0
WHITE_ON_DARK_FILL: Final = 4.5
FILL_ON_DARK: Final = 3.0
INK_ON_LIGHT: Final = 4.6
INK_ON_DARK: Final = 5.0


@dataclass(frozen=True, slots=True)
class Oklch:
    """A color by lightness (0 to 1), chroma, and hue in radians."""

    lightness: float
    chroma: float
    hue: float


@dataclass(frozen=True, slots=True)
class Tones:
    """The accent tokens of one scheme, each `#RRGGBB`."""

    accent: str
    on_accent: str
    hover: str
    soft: str
    line: str
    ink: str
    deep: str


@dataclass(frozen=True, slots=True)
class Accent:
    """What a shop's color becomes, in light and in dark."""

    light: Tones
    dark: Tones


def is_color(text: str) -> bool:
    """Say whether a text is a color written #RRGGBB."""
    return bool(_HEX.fullmatch(text))


@lru_cache(maxsize=256)
def derive_accent(color: str) -> Accent:
    """Derive every accent token from one color, so that text on and in it can be read."""
    assert is_color(color), "the color was checked when it was saved"
    base = from_hex(color)
    return Accent(light=_light(base), dark=_dark(base))


def stylesheet(accent: Accent) -> str:
    """Write the tokens as a small stylesheet."""
    light, dark = _rules(accent.light), _rules(accent.dark)
    return f':root,[data-bs-theme="light"]{{{light}}}\n[data-bs-theme="dark"]{{{dark}}}\n'


def contrast(one: str, other: str) -> float:
    """Measure the contrast of two colors as WCAG does: 1 (none) to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def from_hex(color: str) -> Oklch:
    """Read `#RRGGBB`."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, hypot(a, b), atan2(b, a) % (2 * pi))


def to_hex(color: Oklch) -> str:
    """Write as `#RRGGBB`; what a screen cannot show loses chroma, never its hue."""
    chroma = color.chroma
    while True:
        channels = _channels(replace(color, chroma=chroma))
        if chroma <= 0 or all(-SLACK <= channel <= 1 + SLACK for channel in channels):
            break
        chroma = max(0.0, chroma - STEP)
    return "#" + "".join(f"{round(255 * _encoded(min(max(one, 0), 1))):02X}" for one in channels)


def _light(base: Oklch) -> Tones:
    soft = to_hex(Oklch(0.953, min(base.chroma, 0.028), base.hue))
    if base.lightness > BRIGHT_FROM:
        fill, on_accent = base, INK
    else:
        fill = _moved(base, -STEP, lambda tone: contrast(WHITE, tone) >= WHITE_ON_FILL)
        on_accent = WHITE
    ink = _moved(base, -STEP, lambda tone: _reads(tone, (*LIGHT_GROUNDS, soft), INK_ON_LIGHT))
    return Tones(
        accent=to_hex(fill),
        on_accent=on_accent,
        hover=to_hex(_lighter(fill, -0.055)),
        soft=soft,
        line=to_hex(Oklch(0.82, min(base.chroma, 0.08), base.hue)),
        ink=to_hex(ink),
        deep=to_hex(_lighter(fill, -0.035)),
    )


def _dark(base: Oklch) -> Tones:
    soft = to_hex(Oklch(0.29, min(base.chroma, 0.06), base.hue))
    fill = _moved(base, STEP, lambda tone: contrast(tone, DARK_SURFACE) >= FILL_ON_DARK)
    on_accent = WHITE
    if contrast(WHITE, to_hex(fill)) < WHITE_ON_DARK_FILL:
        bright = replace(base, lightness=max(base.lightness, 0.72))
        fill = _moved(bright, STEP, lambda tone: contrast(INK, tone) >= WHITE_ON_FILL)
        on_accent = INK
    start = replace(base, lightness=max(base.lightness, 0.78))
    ink = _moved(start, STEP, lambda tone: _reads(tone, (*DARK_GROUNDS, soft), INK_ON_DARK))
    return Tones(
        accent=to_hex(fill),
        on_accent=on_accent,
        hover=to_hex(_lighter(fill, -0.05)),
        soft=soft,
        line=to_hex(Oklch(0.45, min(base.chroma, 0.1), base.hue)),
        ink=to_hex(ink),
        deep=to_hex(Oklch(0.3, min(base.chroma, 0.12), base.hue)),
    )


def _moved(color: Oklch, step: float, is_good: Callable[[str], bool]) -> Oklch:
    """Move the lightness until the tone is good, or as far as it goes."""
    while not is_good(to_hex(color)) and 0 < color.lightness + step < 1:
        color = _lighter(color, step)
    return color


def _lighter(color: Oklch, by: float) -> Oklch:
    return replace(color, lightness=min(max(color.lightness + by, 0.0), 1.0))


def _reads(tone: str, grounds: Iterable[str], least: float) -> bool:
    return all(contrast(tone, ground) >= least for ground in grounds)


def _rules(tones: Tones) -> str:
    return (
        f"--ez-accent:{tones.accent};--ez-on-accent:{tones.on_accent};"
        f"--ez-accent-hover:{tones.hover};--ez-accent-soft:{tones.soft};"
        f"--ez-accent-line:{tones.line};--ez-accent-ink:{tones.ink};"
        f"--ez-accent-deep:{tones.deep}"
    )


def _channels(color: Oklch) -> tuple[float, float, float]:
    a, b = color.chroma * cos(color.hue), color.chroma * sin(color.hue)
    long = (color.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (color.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (color.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    if channel <= 0.04045:  # noqa: PLR2004  the knee of sRGB
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)


def _encoded(channel: float) -> float:
    if channel <= 0.0031308:  # noqa: PLR2004  the knee of sRGB
        return channel * 12.92
    return float(1.055 * channel ** (1 / 2.4) - 0.055)
