"""Ports for programs that end and start again: nobody else is given one in between."""

import random
import socket
import sys
from typing import Final

# Below those that Linux gives to connections going out and to whoever asks for any port.
LOWEST: Final = 20_000
HIGHEST: Final = 32_000
_held: dict[int, int] = {}


def free_port() -> int:
    """Find a port nobody listens on, and hold it against other tests until this process ends."""
    lot = random.SystemRandom()
    for port in lot.sample(range(LOWEST, HIGHEST), k=1_000):
        if port not in _held and _is_free(port) and _hold(port):
            return port
    raise AssertionError("a thousand ports and none is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _hold(port: int) -> bool:
    """Take a name that one process of this machine may have at a time; Linux frees it with it."""
    if sys.platform != "linux":
        _held[port] = -1
        return True
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0enlaza-test-port-{port}")
    except OSError:
        name.close()
        return False
    _held[port] = name.detach()
    return True
