"""What every journey is handed: the time and the server's secrets."""

from dataclasses import dataclass

from loyalty.kernel.clock import Clock
from loyalty.kernel.keys import ServerKeys


@dataclass(frozen=True, slots=True)
class Tools:
    """The clock and the keys of one server."""

    clock: Clock
    keys: ServerKeys
