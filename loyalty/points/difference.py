"""What an audit of the ledger tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """One thing the ledger keeps otherwise than what it follows from."""

    invariant: str
    subject: str
    told: str
    found: str
