"""Wallets, the ledger, earning rules, rewards."""
