"""What waits apart waits longer each time, and never for ever."""

from pos_plugin.holds import FIRST_S, LONGEST_S, SALES_MAX, Holds


class Steady:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_sale_is_held_longer_each_time_up_to_a_bound() -> None:
    steady = Steady()
    holds = Holds(steady)
    waits = []
    for _ in range(12):
        holds.hold("s1")
        began = steady.now
        while holds.sales():
            steady.now += FIRST_S
        waits.append(steady.now - began)
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == LONGEST_S


def test_an_answer_ends_the_hold_and_its_history() -> None:
    steady = Steady()
    holds = Holds(steady)
    holds.hold("s1")
    holds.hold("s1")
    holds.release(["s1", "s2"])
    assert holds.sales() == []
    holds.hold("s1")
    steady.now += FIRST_S
    assert holds.sales() == []


def test_the_notes_are_bounded() -> None:
    holds = Holds(Steady())
    for n in range(SALES_MAX + 10):
        holds.hold(f"s{n}")
    assert len(holds.sales()) == SALES_MAX
