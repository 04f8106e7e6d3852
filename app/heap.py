"""What a program reads at its start stays to its end, so nobody looks there for what can go.

Python's collector walks everything again and again while the modules are read: a seventh of what
a start takes. Afterwards each of its full walks stopped every request for as long as it took to
find that the modules are still needed.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def staying() -> Iterator[None]:
    """Collect nothing inside the block, and never walk later through what it made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
