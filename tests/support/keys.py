"""The secrets of a server that exists only in tests."""

from typing import Final

from loyalty.kernel.keys import ServerKeys

KEYS: Final = ServerKeys(
    master=bytes(range(32)),
    root_private=bytes(range(32, 64)),
    link_secrets=("the secret before, for tests only", "the secret of today, for tests only"),
)
