"""Processor time of a running server, of all its processes: fair on a machine that others load."""

import os
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Where user and system time stand in /proc/<pid>/stat, counted after the name.
USER, SYSTEM = 11, 12


def processor_s(process: int) -> float:
    """Give the seconds that a process and its children have used so far."""
    stat = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()
    own_s = (int(stat[USER]) + int(stat[SYSTEM])) * TICK_S
    return own_s + sum(processor_s(int(child)) for child in children)
