"""Why a receipt earned what it earned, as its posting keeps it; pure.

With the version of the rules, the basis and the sale itself anybody can work out again what
was earned, and what is earned by what a refund leaves of it. Ids and numbers only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from loyalty.points.earning.document import ONE
from loyalty.points.earning.evaluate import Standing
from loyalty.points.earning.goods import Known


@dataclass(frozen=True, slots=True)
class Uses:
    """What a receipt counts for where caps will ask: points and sales by rule, on a day.

    Less than nothing in a refund, which gives room back. `rules` has "" for what counts for the
    program's own caps; `wallet` is the one that earned, `day` one of the store's calendar.
    """

    wallet: str
    day: str
    rules: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a receipt was judged by, and what came of it.

    `rule_id` won; none when no rule did. `carries` with carry-over: then `meter` names where
    its remainder adds up in `wallet`, and `carry` is what waits there after it. `cut` are points
    that caps withheld (in a refund: how many more, or fewer). `counts_card` when the program's
    own caps counted it, `counts_tier` when it counts towards a tier. `of` names, in a refund,
    the act that earned. `climb` is what it added to the progress of `wallet` (a month, points,
    and money in minor units), `steps` to what its remainders come of, and `uses` to what caps
    count; less, in a refund.
    """

    time_zone: str
    rule_id: str | None = None
    counted_minor: int = 0
    paid_minor: int = 0
    times: Fraction = ONE
    tier_id: str | None = None
    tier_times: Fraction = ONE
    room: Mapping[str, int] = field(default_factory=dict)
    room_all: int | None = None
    goods: Mapping[str, Known] = field(default_factory=dict)
    tax_bp: int = 0
    carries: bool = False
    counts_card: bool = False
    counts_tier: bool = False
    wallet: str | None = None
    meter: str | None = None
    carry: Fraction | None = None
    cut: int = 0
    of: str | None = None
    climb: tuple[str, int, int] | None = None
    steps: Mapping[str, Fraction] = field(default_factory=dict)
    uses: Uses | None = None

    def standing(self) -> Standing:
        """Say what the member stood at, without remainders."""
        return Standing(
            tier_id=self.tier_id,
            tier_times=self.tier_times,
            room=self.room,
            room_all=self.room_all,
            carried={} if self.carries else None,
        )


def basis_text(basis: Basis) -> str:
    """Write a basis as a posting keeps it; what says nothing is left out."""
    told: dict[str, Any] = {
        "zone": basis.time_zone,
        "rule": basis.rule_id,
        "counted": basis.counted_minor,
        "paid": basis.paid_minor,
        "times": _times(basis.times),
        "tier": basis.tier_id,
        "tier_times": _times(basis.tier_times),
        "room": dict(basis.room),
        "room_all": basis.room_all,
        "goods": {
            reference: [known.category, known.tax_bp, sorted(known.references - {reference})]
            for reference, known in basis.goods.items()
        },
        "tax_bp": basis.tax_bp,
        "carries": basis.carries,
        "counts_card": basis.counts_card,
        "counts_tier": basis.counts_tier,
        "wallet": basis.wallet,
        "meter": basis.meter,
        "carry": None if basis.carry is None else str(basis.carry),
        "cut": basis.cut,
        "of": basis.of,
        "climb": basis.climb,
        "steps": {meter: str(steps) for meter, steps in basis.steps.items()},
        "uses": _uses_told(basis.uses),
    }
    kept = {name: value for name, value in told.items() if value or name in {"zone", "room_all"}}
    if basis.room_all is None:
        del kept["room_all"]
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_basis(text: str | None) -> Basis | None:
    """Read a basis; none for a posting of before, or of another kind."""
    if text is None:
        return None
    raw = json.loads(text)
    if not isinstance(raw, dict) or "zone" not in raw:
        return None
    return Basis(
        time_zone=raw["zone"],
        rule_id=raw.get("rule"),
        counted_minor=raw.get("counted", 0),
        paid_minor=raw.get("paid", 0),
        times=Fraction(raw.get("times", 1)),
        tier_id=raw.get("tier"),
        tier_times=Fraction(raw.get("tier_times", 1)),
        room=raw.get("room", {}),
        room_all=raw.get("room_all"),
        goods={
            reference: Known(frozenset({reference, *names}), category, tax_bp)
            for reference, (category, tax_bp, names) in raw.get("goods", {}).items()
        },
        tax_bp=raw.get("tax_bp", 0),
        carries=raw.get("carries", False),
        counts_card=raw.get("counts_card", False),
        counts_tier=raw.get("counts_tier", False),
        wallet=raw.get("wallet"),
        meter=raw.get("meter"),
        carry=None if raw.get("carry") is None else Fraction(raw["carry"]),
        cut=raw.get("cut", 0),
        of=raw.get("of"),
        climb=None if raw.get("climb") is None else tuple(raw["climb"]),
        steps={meter: Fraction(steps) for meter, steps in raw.get("steps", {}).items()},
        uses=_read_uses(raw.get("uses")),
    )


def _uses_told(uses: Uses | None) -> list[Any] | None:
    return None if uses is None else [uses.wallet, uses.day, dict(uses.rules)]


def _read_uses(told: list[Any] | None) -> Uses | None:
    if told is None:
        return None
    wallet, day, rules = told
    return Uses(wallet, day, {rule: (points, sales) for rule, (points, sales) in rules.items()})


def _times(times: Fraction) -> str | None:
    return None if times == ONE else str(times)
