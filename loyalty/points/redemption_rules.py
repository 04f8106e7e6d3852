"""What is left of a reward when less is bought than it was held for; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MONEY: Final = "money"
# Off the whole bill: as long as the bill is large enough they are worth what they were.
WHOLE: Final = frozenset({"fixed", MONEY})
PIECES: Final = frozenset({"product", "stamps"})


@dataclass(frozen=True, slots=True)
class Held:
    """A reward as it was held: of what kind, for how many points, how often, what comes off."""

    kind: str
    points: int
    times: int
    minor: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a line of goods is still bought."""

    kept_milli: int
    ordered_milli: int


def shrunk(held: Held, parts: Sequence[Part], *, total_minor: int) -> Held:
    """Say what a reward is worth for what is still bought, and what it costs then.

    Units: `total_minor` is what that costs. An amount off stays as it is, up to the bill; a
    share and a free product fall with their lines. Points as money cost what they pay, a free
    product its pieces; everything else its whole cost or, when nothing comes off, nothing. A
    gift beside the ticket stays as long as anything is bought.
    """
    minor = _minor(held, parts, total_minor)
    if held.minor == 0:
        points, times = (held.points, held.times) if total_minor > 0 else (0, 0)
    elif minor == 0:
        points, times = 0, 0
    elif held.kind == MONEY:
        points, times = -(-held.points * minor // held.minor), held.times
    elif held.kind in PIECES:
        times = -(-held.times * minor // held.minor)
        points = held.points * times // held.times
    else:
        points, times = held.points, held.times
    return Held(held.kind, points, times, minor, ())


def _minor(held: Held, parts: Sequence[Part], total_minor: int) -> int:
    if held.kind in WHOLE or not held.lines:
        return min(held.minor, total_minor)
    shares = sum(
        share * part.kept_milli // part.ordered_milli
        for share, part in zip(held.lines, parts, strict=True)
    )
    return min(shares, total_minor)
