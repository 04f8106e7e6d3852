"""Recompute how far members have come and what waits of steps, from the bases of the postings."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from loyalty.db.raw import raw, stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.earning.basis import read_basis
from loyalty.points.earning.handed import Handed, read_handed
from loyalty.points.earning.meters import CARRY
from loyalty.points.earning.tiers import PROGRESS
from loyalty.points.queries import POSTING

_Climbs = dict[tuple[str, str], tuple[int, int]]
_Steps = dict[tuple[str, str], Fraction]


def audit_counted(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List progress and remainders that are not what the receipts of a wallet make them."""
    climbs, steps = _counted(session, program_id)
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


class _Sums:
    """What postings say that they count for, by wallet and month, and by wallet and meter."""

    def __init__(self) -> None:
        self.climbs: _Climbs = {}
        self.steps: _Steps = {}

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


def _counted(session: Session, program_id: int) -> tuple[_Climbs, _Steps]:
    """Add up what each posting says that it counts for, and where."""
    sums = _Sums()
    for (text,) in _bases(session, program_id):
        basis, handed = read_basis(text), read_handed(text)
        if handed is not None:
            sums.hand_over(handed)
        if basis is None or basis.wallet is None:
            continue
        wallet = UUID(basis.wallet)
        if basis.climb is not None:
            sums.climb(wallet, *basis.climb)
        sums.step(wallet, basis.steps)
    return sums.climbs, sums.steps


def _bases(session: Session, program_id: int) -> Iterator[tuple[str]]:
    basis = POSTING.c.basis
    said = (basis.contains(f'"{name}":') for name in ("climb", "steps", "handed"))
    return stream(session, select(basis).where(POSTING.c.program_id == program_id, or_(*said)))


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
