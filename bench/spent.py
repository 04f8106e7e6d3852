"""Processor time of a running server, of all its processes: fair on a machine that others load."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Where user and system time, and those of children that ended, stand in /proc/<pid>/stat,
# counted after the name.
TIMES = slice(11, 15)


def processor_s(process: int) -> float:
    """Give the seconds a process and its children used so far, those that ended included."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended: its parent has its times
        return 0.0
    own_s = sum(map(int, stat[TIMES])) * TICK_S
    return own_s + sum(processor_s(int(child)) for child in children)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, of this process's processor time, and of a server's."""

    clock: float
    own: float
    server: float

    def since(self, before: "Spent") -> "Spent":
        """Say what was spent between two looks."""
        return Spent(self.clock - before.clock, self.own - before.own, self.server - before.server)


def spent(server: int | None) -> Spent:
    """Look at the clock, and at what this process and a server have used so far."""
    used = 0.0 if server is None else processor_s(server)
    return Spent(time.perf_counter(), time.process_time(), used)
