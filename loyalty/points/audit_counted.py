"""Recompute what follows from the bases of postings: progress, remainders, what caps counted."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from loyalty.db.raw import raw, stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.earning.basis import Uses, read_basis
from loyalty.points.earning.handed import Handed, read_handed
from loyalty.points.earning.meters import CARRY
from loyalty.points.earning.tiers import PROGRESS
from loyalty.points.earning.uses import ALL_RULES, EVER, TOTAL, USE, rows_of
from loyalty.points.queries import POSTING

_Climbs = dict[tuple[str, str], tuple[int, int]]
_Steps = dict[tuple[str, str], Fraction]
_Uses = dict[tuple[str, str, str], tuple[int, int]]


def audit_counted(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List progress, remainders and counters that are not what receipts make them."""
    sums = _counted(session, program_id)
    climbs, steps = sums.climbs, sums.steps
    rows = stream(
        session,
        select(
            raw(session, PROGRESS.c.wallet_id),
            *(PROGRESS.c.month, PROGRESS.c.points),
            PROGRESS.c.spend_minor,
        ).where(PROGRESS.c.program_id == program_id),
    )
    for wallet, month, points, spend in rows:
        found = climbs.pop((wallet, month), None)
        if found != (points, spend):
            yield _climb_differs(wallet, month, (points, spend), found)
    for (wallet, month), found in sorted(climbs.items()):
        yield _climb_differs(wallet, month, None, found)
    kept = stream(
        session,
        select(raw(session, CARRY.c.wallet_id), CARRY.c.meter, CARRY.c.steps).where(
            CARRY.c.program_id == program_id
        ),
    )
    for wallet, meter, told in kept:
        part = steps.pop((wallet, meter), None)
        if part is None or str(part % 1) != told:
            yield _steps_differ(wallet, meter, told, part)
    for (wallet, meter), part in sorted(steps.items()):
        yield _steps_differ(wallet, meter, "nothing", part)
    yield from _uses_differ(session, program_id, sums.uses)
    yield from _totals_differ(session, program_id, sums.uses)


class _Sums:
    """What postings say that they count for, by wallet and month, meter, or rule and period."""

    def __init__(self) -> None:
        self.climbs: _Climbs = {}
        self.steps: _Steps = {}
        self.uses: _Uses = {}

    def use(self, uses: Uses) -> None:
        wallet = UUID(uses.wallet).hex
        for (rule, period), (points, sales) in rows_of(uses):
            had = self.uses.get((rule, period, wallet), (0, 0))
            self.uses[rule, period, wallet] = (had[0] + points, had[1] + sales)

    def climb(self, wallet: UUID, month: str, points: int, spend: int) -> None:
        had = self.climbs.get((wallet.hex, month), (0, 0))
        self.climbs[wallet.hex, month] = (had[0] + points, had[1] + spend)

    def step(self, wallet: UUID, steps: Mapping[str, Fraction], sign: int = 1) -> None:
        for meter, part in steps.items():
            key = (wallet.hex, meter)
            self.steps[key] = self.steps.get(key, Fraction(0)) + sign * part

    def hand_over(self, handed: Handed) -> None:
        for wallet, sign in ((handed.giver, -1), (handed.taker, 1)):
            for month, (points, spend) in handed.climbs.items():
                self.climb(wallet, month, sign * points, sign * spend)
            self.step(wallet, handed.steps, sign)


def _counted(session: Session, program_id: int) -> _Sums:
    """Add up what each posting says that it counts for, and where."""
    sums = _Sums()
    for (text,) in _bases(session, program_id):
        basis, handed = read_basis(text), read_handed(text)
        if handed is not None:
            sums.hand_over(handed)
        if basis is not None and basis.uses is not None:
            sums.use(basis.uses)
        if basis is None or basis.wallet is None:
            continue
        wallet = UUID(basis.wallet)
        if basis.climb is not None:
            sums.climb(wallet, *basis.climb)
        sums.step(wallet, basis.steps)
    return sums


def _bases(session: Session, program_id: int) -> Iterator[tuple[str]]:
    basis = POSTING.c.basis
    said = (basis.contains(f'"{name}":') for name in ("climb", "steps", "uses", "handed"))
    return stream(session, select(basis).where(POSTING.c.program_id == program_id, or_(*said)))


def _uses_differ(session: Session, program_id: int, uses: _Uses) -> Iterator[LedgerDifference]:
    """Hold what caps counted of each member against what the receipts say that they count for.

    What was counted before they said so is added to `uses`.
    """
    rows = stream(
        session,
        select(
            *(USE.c.rule_id, USE.c.period, raw(session, USE.c.wallet_id)),
            *(USE.c.points, USE.c.sales, USE.c.points_before, USE.c.sales_before),
        ).where(USE.c.program_id == program_id),
    )
    told: _Uses = {}
    for rule, period, wallet, points, sales, *before in rows:
        key = (rule, period, wallet)
        told[key] = (points, sales)
        if None not in before:
            had = uses.get(key, (0, 0))
            uses[key] = (had[0] + before[0], had[1] + before[1])
    for key in sorted(told.keys() | uses.keys()):
        if told.get(key) != uses.get(key):
            yield _use_differs(key, told.get(key), uses.get(key))


def _totals_differ(session: Session, program_id: int, uses: _Uses) -> Iterator[LedgerDifference]:
    """Hold what rules gave to all members against what they gave to each of them."""
    found: dict[str, int] = {}
    for (rule, period, _), (points, _sales) in uses.items():
        if period == EVER and rule != ALL_RULES:
            found[rule] = found.get(rule, 0) + points
    told: dict[str, int] = {}
    rows = stream(
        session, select(TOTAL.c.rule_id, TOTAL.c.points).where(TOTAL.c.program_id == program_id)
    )
    for rule, points in rows:
        told[rule] = told.get(rule, 0) + points
    for rule in sorted(told.keys() | found.keys()):
        if told.get(rule, 0) != found.get(rule, 0) or (rule in told and rule not in found):
            yield LedgerDifference(
                "what a rule gave to all adds up to what it gave to each",
                f"rule {rule}",
                str(told.get(rule, "nothing")),
                str(found.get(rule, "nothing")),
            )


def _use_differs(
    key: tuple[str, str, str], told: tuple[int, int] | None, found: tuple[int, int] | None
) -> LedgerDifference:
    texts = [f"{each[0]} points, {each[1]} sales" if each else "nothing" for each in (told, found)]
    rule, period, wallet = key
    return LedgerDifference(
        "what caps count follows from receipts",
        f"wallet {wallet}, {f'rule {rule}' if rule else 'all rules'}, {period}",
        texts[0],
        texts[1],
    )


def _climb_differs(
    wallet: str, month: str, told: tuple[int, int] | None, found: tuple[int, int] | None
) -> LedgerDifference:
    texts = [f"{each[0]} points, {each[1]} spent" if each else "nothing" for each in (told, found)]
    return LedgerDifference(
        "progress follows from receipts", f"wallet {wallet}, {month}", texts[0], texts[1]
    )


def _steps_differ(wallet: str, meter: str, told: str, found: Fraction | None) -> LedgerDifference:
    return LedgerDifference(
        "what is left of a step follows from receipts",
        f"wallet {wallet}, rule {meter}",
        told,
        "nothing" if found is None else str(found % 1),
    )
