"""The till's time is the server's, whatever somebody does to the machine's clock."""

from datetime import UTC, datetime

import pytest

from loyalty.wire.messages import moment_text
from pos_plugin.clock import SAVE_EVERY_S, TillClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
DAY = 24 * 3600.0
YEAR = 366 * DAY


class Machine:
    """A machine whose clocks a test moves; restarted, its steady clock begins anew."""

    def __init__(self, *, wall: float = NOON, has_boot_name: bool = True) -> None:
        self.wall_now = wall
        self.steady_now = 5_000.0
        self.boot_count = 1
        self.has_boot_name = has_boot_name
        self.kept: str | None = None

    def clock(self) -> TillClock:
        """Start the agent."""
        return TillClock(
            self.kept,
            save=self.save,
            wall=lambda: self.wall_now,
            steady=lambda: self.steady_now,
            boot=lambda: f"boot {self.boot_count}" if self.has_boot_name else "",
        )

    def save(self, kept: str) -> None:
        self.kept = kept

    def wait(self, seconds: float) -> None:
        self.wall_now += seconds
        self.steady_now += seconds

    def reboot(self, *, away_s: float, wall_off_by: float = 0.0) -> None:
        self.wall_now += away_s + wall_off_by
        self.steady_now = 10.0
        self.boot_count += 1


def text(seconds: float) -> str:
    return moment_text(datetime.fromtimestamp(seconds, UTC))


def hear(clock: TillClock, machine: Machine, *, server: float, trip_s: float = 0.0) -> None:
    clock.hear(text(server), asked_steady=machine.steady_now - trip_s)


def test_before_anything_is_heard_the_time_is_the_machines_and_unsure() -> None:
    assert Machine().clock().stamp() == (text(NOON), "unsure")


def test_one_answer_is_enough_and_its_way_is_counted_half() -> None:
    machine = Machine(wall=NOON - 7 * YEAR)
    clock = machine.clock()
    hear(clock, machine, server=NOON, trip_s=2)
    machine.wait(10)
    assert clock.stamp() == (text(NOON + 11), "sure")


@pytest.mark.parametrize("jump", [-20 * YEAR, -YEAR, -DAY, -3600, 3600, DAY, YEAR, 60 * YEAR])
def test_a_jump_of_the_wall_clock_changes_nothing_while_the_agent_runs(jump: float) -> None:
    machine = Machine()
    clock = machine.clock()
    hear(clock, machine, server=NOON)
    machine.wall_now += jump
    machine.wait(30)
    assert clock.stamp() == (text(NOON + 30), "sure")


@pytest.mark.parametrize("jump", [-20 * YEAR, 0, 20 * YEAR])
def test_an_agent_started_anew_in_the_same_run_of_the_machine_is_as_sure(jump: float) -> None:
    machine = Machine(wall=NOON - 40)
    hear(machine.clock(), machine, server=NOON)
    machine.wall_now += jump
    machine.wait(3 * 3600)
    assert machine.clock().stamp() == (text(NOON + 3 * 3600), "sure")


@pytest.mark.parametrize("has_boot_name", [True, False])
def test_after_a_restart_of_the_machine_a_wall_clock_that_went_on_bridges_the_gap(
    *, has_boot_name: bool
) -> None:
    machine = Machine(wall=NOON - 300, has_boot_name=has_boot_name)
    hear(machine.clock(), machine, server=NOON)
    machine.reboot(away_s=DAY)
    assert machine.clock().stamp() == (text(NOON + DAY), "sure")


@pytest.mark.parametrize("off_by", [-20 * YEAR, -2 * DAY, 8 * DAY, 100 * DAY])
def test_a_wall_clock_that_cannot_be_right_is_unsure_and_never_before_what_was_heard(
    off_by: float,
) -> None:
    machine = Machine()
    hear(machine.clock(), machine, server=NOON)
    machine.reboot(away_s=DAY, wall_off_by=off_by)
    clock = machine.clock()
    at, certainty = clock.stamp()
    assert certainty == "unsure"
    assert clock.now().timestamp() >= NOON
    hear(clock, machine, server=NOON + DAY)
    assert clock.stamp() == (text(NOON + DAY), "sure")
    assert at >= text(NOON)


def test_a_wall_clock_years_ahead_is_not_written_down() -> None:
    machine = Machine()
    hear(machine.clock(), machine, server=NOON)
    machine.reboot(away_s=DAY, wall_off_by=80 * YEAR)
    assert machine.clock().stamp() == (text(NOON), "unsure")


def test_an_answer_that_was_long_under_way_does_not_make_a_sure_clock_worse() -> None:
    machine = Machine()
    clock = machine.clock()
    hear(clock, machine, server=NOON)
    machine.wait(60)
    hear(clock, machine, server=NOON + 30, trip_s=30)
    assert clock.stamp() == (text(NOON + 60), "sure")


def test_what_was_heard_is_kept_now_and_then_not_each_time() -> None:
    machine = Machine()
    clock = machine.clock()
    hear(clock, machine, server=NOON)
    first = machine.kept
    machine.wait(60)
    hear(clock, machine, server=NOON + 60)
    assert machine.kept == first
    machine.wait(SAVE_EVERY_S)
    hear(clock, machine, server=NOON + 60 + SAVE_EVERY_S)
    assert machine.kept != first


@pytest.mark.parametrize("kept", ["", "no json", "{}", '{"server": "x"}', "[]"])
def test_a_note_that_cannot_be_read_is_no_note(kept: str) -> None:
    machine = Machine()
    machine.kept = kept
    assert machine.clock().stamp() == (text(NOON), "unsure")


def test_a_time_that_is_none_teaches_nothing() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.hear("yesterday", asked_steady=machine.steady_now)
    assert not clock.is_sure()


def test_the_real_clocks_run_together() -> None:
    clock = TillClock()
    first = clock.now()
    assert clock.now() >= first
    clock.hear("2026-11-21T12:00:00Z", asked_steady=clock.steady())
    assert clock.is_sure()
    assert abs(clock.now().timestamp() - NOON) < 60
