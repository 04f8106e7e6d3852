"""Many clients at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from loyalty.kernel.errors import LoyaltyError

T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T | LoyaltyError]:
    """Let `count` clients act at the same moment; a refusal is an answer too."""
    barrier = Barrier(count)

    def run(number: int) -> T | LoyaltyError:
        barrier.wait()
        try:
            return act(number)
        except LoyaltyError as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
