"""One agent for each folder, whatever became of the one before."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pos_plugin.lock import AlreadyServedError, HomeLock
from tests.support.house import ROOT

HOLD = """
import sys
from pathlib import Path
from pos_plugin.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_lock_is_refused_and_says_whose_the_first_is(tmp_path: Path) -> None:
    with HomeLock(tmp_path / "lock"):
        with pytest.raises(AlreadyServedError) as refusal:
            HomeLock(tmp_path / "lock")
        assert refusal.value.pid == str(os.getpid())
    HomeLock(tmp_path / "lock").release()


def test_a_process_that_was_killed_leaves_no_lock_behind(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyServedError) as refusal:
            HomeLock(tmp_path / "lock")
        assert refusal.value.pid == str(holder.pid)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait(30)
        holder.stdout.close()
        holder.stdin.close()
    HomeLock(tmp_path / "lock").release()
