"""Recompute what is kept twice and say what differs: the ledger, the links, sales and points."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: which rule, about what, what is kept and what the recomputation found."""

    invariant: str
    subject: str
    told: str
    found: str
