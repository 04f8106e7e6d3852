"""Hold remainders that wait in wallets, and the points they made, against the sales behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from sqlalchemy.orm import Session

from loyalty.points.earning.meters import all_carried, withheld
from loyalty.points.earning.receipts import Left

Difference = tuple[str, str, str, str]


@dataclass(slots=True)
class CarriedSums:
    """What sales that carry remainders over count for, by wallet and meter, and what they made."""

    issued: int = 0
    weights: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    quanta: dict[str, int] = field(default_factory=dict)

    def add(self, left: Left, *, issued: int, wallet: str | None) -> None:
        """Take a sale in: what it counts for as it is, and the points it has issued in all.

        `wallet` is that of whoever has its card now.
        """
        self.issued += issued
        earning = left.earning(left.before)
        if earning.best is None or left.basis.wallet is None:
            return
        key = (wallet or left.basis.wallet, earning.best.meter)
        self.weights[key] = self.weights.get(key, Fraction(0)) + earning.weight
        self.quanta[earning.best.meter] = earning.best.quantum

    def differences(self, session: Session, program_id: int) -> Iterator[Difference]:
        """List where the remainders, or all points together, are not what the sales make."""
        kept = {
            (str(wallet_id), meter): steps
            for (wallet_id, meter), steps in all_carried(session, program_id).items()
        }
        for key in sorted(kept.keys() | self.weights.keys()):
            told, found = kept.get(key, Fraction(0)), self.weights.get(key, Fraction(0)) % 1
            if told != found:
                subject = f"wallet {key[0]}, rule {key[1]}"
                yield "what is left of a step waits", subject, str(told), str(found)
        if not self.weights and not self.issued:
            return
        made = sum(floor(steps) * self.quanta[meter] for (_, meter), steps in self.weights.items())
        made -= withheld(session, program_id)
        if made != self.issued:
            what = "sales have earned together what is left of them"
            yield what, "all sales that carry remainders", str(self.issued), str(made)
