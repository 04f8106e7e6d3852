"""The ledger sealed: blocks of digests in a chain, and what they add up to."""
