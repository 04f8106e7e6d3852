"""Values the whole domain stands on: time, ids, money, keyed hashes, errors."""
