"""How long a cashier's answer may wait, learned from the answers so far."""

import random
from itertools import accumulate
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.line import (
    ANSWERS_OWED,
    GOOD_FOR_S,
    LONG_SPARE,
    PATIENCE_BAD_S,
    PATIENCE_UP_S,
    SHORT_FOR_LONG,
    SLOW_S,
    Line,
)


class Steady:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def answers(line: Line, count: int, *, elapsed_s: float = 0.05) -> None:
    for _ in range(count):
        line.answered(elapsed_s)


def test_before_the_first_answer_nobody_waits_and_after_it_the_line_is_good() -> None:
    line = Line()
    assert (line.state, line.patience_s()) == ("down", 0.0)
    line.answered(0.05)
    assert (line.state, line.patience_s()) == ("up", PATIENCE_UP_S)
    assert line.facts().since_s is None


def test_one_silence_makes_the_line_bad_and_two_make_it_down() -> None:
    line = Line()
    line.answered(0.05)
    line.silent("no_line")
    assert (line.state, line.patience_s()) == ("bad", PATIENCE_BAD_S)
    line.silent("certificate")
    assert (line.state, line.patience_s()) == ("down", 0.0)
    assert line.facts().reason == "certificate"


def test_a_good_line_is_earned_back_with_a_run_of_answers() -> None:
    line = Line()
    line.answered(0.05)
    line.silent("no_line")
    for _ in range(2):
        answers(line, ANSWERS_OWED - 1)
        assert line.state == "bad"
        line.silent("no_line")
    answers(line, ANSWERS_OWED)
    assert line.patience_s() == PATIENCE_UP_S


def test_a_quiet_minute_of_answered_heartbeats_earns_it_too() -> None:
    steady = Steady()
    line = Line(steady)
    line.answered(0.05)
    line.silent("no_line")
    states = []
    for _ in range(5):
        line.answered(0.05)
        states.append(str(line.state))
        steady.now += 15
    assert states == ["bad"] * 4 + ["up"]


def test_slow_answers_are_answers_nobody_waits_for() -> None:
    line = Line()
    line.answered(0.05)
    line.answered(SLOW_S + 0.1)
    assert (line.state, line.facts().reason) == ("bad", "trouble")
    answers(line, 5, elapsed_s=SLOW_S + 0.1)
    assert line.state == "bad"


def test_a_long_batch_may_take_its_time() -> None:
    line = Line()
    line.answered(0.05)
    line.answered(SLOW_S + 2, slow_s=SLOW_S + 5)
    assert line.state == "up"


def test_a_long_batch_that_takes_its_time_proves_no_good_line() -> None:
    """Fifty acts in two seconds are no promise that one act takes less than one."""
    line = Line()
    line.answered(0.05)
    line.silent("no_line")
    for _ in range(10 * ANSWERS_OWED):
        line.answered(SLOW_S + 0.5, slow_s=SLOW_S + 5)
    assert (line.state, line.patience_s()) == ("bad", PATIENCE_BAD_S)
    answers(line, ANSWERS_OWED)
    assert line.patience_s() == PATIENCE_UP_S


def test_a_line_that_was_down_is_heard_in_the_answer_to_a_long_batch() -> None:
    line = Line()
    line.answered(SLOW_S + 0.5, slow_s=SLOW_S + 5)
    assert line.state == "bad"
    line.answered(0.05)
    assert line.patience_s() == PATIENCE_UP_S, "the first quick answer of all makes a line good"


def test_who_comes_after_a_cashier_that_waited_in_vain_waits_no_more() -> None:
    """The answer may be under way for seconds yet: the wait itself has to teach."""
    line = Line()
    line.answered(0.05)
    line.waited(PATIENCE_UP_S)
    assert (line.state, line.patience_s()) == ("bad", PATIENCE_BAD_S)
    answers(line, ANSWERS_OWED - 1)
    assert line.patience_s() == PATIENCE_BAD_S
    answers(line, 1)
    assert line.patience_s() == PATIENCE_UP_S


def test_a_line_that_disappoints_again_and_again_is_not_waited_for_however_good_it_looks() -> None:
    line = Line()
    line.answered(0.05)
    for _ in range(LONG_SPARE):
        assert line.patience_s() == PATIENCE_UP_S
        line.waited(PATIENCE_UP_S)
        answers(line, ANSWERS_OWED)
    assert (line.state, line.patience_s()) == ("up", PATIENCE_BAD_S)
    for _ in range(SHORT_FOR_LONG):
        line.waited(PATIENCE_BAD_S)
    assert line.patience_s() == PATIENCE_UP_S


QUICK, WHOLE = st.floats(0, SLOW_S), st.floats(0, 10)
# What one cashier, or the talk in the background, meets.
MET = st.one_of(
    st.tuples(st.just("cashier"), st.one_of(QUICK, WHOLE)),
    st.tuples(st.just("answers"), QUICK),
    st.tuples(st.just("answer"), WHOLE),
    st.tuples(st.just("silence"), WHOLE),
    st.tuples(st.just("quiet"), WHOLE),
)
# A wait is paid with this many short ones; a till begins with some to spare.
FAIR_FROM: Final = 115


@given(st.lists(st.tuples(MET, st.integers(1, 30)), max_size=120))
def test_no_weather_makes_more_than_one_cashier_in_twenty_wait_long(
    weather: list[tuple[tuple[str, float], int]],
) -> None:
    steady = Steady()
    line = Line(steady)
    waits: list[float] = []
    for (what, for_s), times in weather:
        for _ in range(times):
            if what == "cashier":
                waits.append(min(for_s, line.patience_s()))
                steady.now += waits[-1]
                line.waited(waits[-1])
                assert waits[-1] <= SLOW_S or line.patience_s() <= PATIENCE_BAD_S
            elif what == "answers":
                answers(line, ANSWERS_OWED, elapsed_s=for_s)
            elif what == "answer":
                line.answered(for_s, slow_s=5)
            elif what == "silence":
                line.silent("no_line")
            else:
                steady.now += GOOD_FOR_S
                line.answered(0)
    # No stretch may hold more than what was to spare and what its short waits earned.
    costs = [-SHORT_FOR_LONG if one > SLOW_S else 1 for one in waits]
    left = list(accumulate(costs, lambda spare, cost: min(spare + cost, 0), initial=0))
    assert min(left) >= -LONG_SPARE * SHORT_FOR_LONG
    long = list(accumulate((one > SLOW_S for one in waits), initial=0))
    stretches = zip(long, long[FAIR_FROM:], strict=False)
    assert all(after - before <= FAIR_FROM / 20 for before, after in stretches)


def test_the_worst_weather_there_is_still_makes_only_every_twentieth_wait_long() -> None:
    """It looks good whenever it is looked at and fails whoever trusts it."""
    line = Line()
    waits = []
    for _ in range(FAIR_FROM):
        answers(line, ANSWERS_OWED)
        waits.append(line.patience_s())
        line.waited(waits[-1])
    assert 0 < sum(one > PATIENCE_BAD_S for one in waits) <= FAIR_FROM / 20


def test_a_revoked_till_is_told_apart_from_a_line_that_is_down_and_comes_back_at_once() -> None:
    line = Line()
    line.answered(0.05)
    line.refused()
    facts = line.facts()
    assert (facts.state, facts.reason, line.patience_s()) == ("refused", "revoked", 0.0)
    line.answered(0.05)
    assert line.facts().state == "up"


def test_since_counts_from_when_it_was_last_good() -> None:
    steady = Steady()
    line = Line(steady)
    line.answered(0.05)
    steady.now += 100
    line.silent("no_line")
    steady.now += 5
    line.silent("no_line")
    steady.now += 5
    assert line.facts().since_s == 10


def test_on_a_line_that_loses_every_fifth_message_few_cashiers_wait_long() -> None:
    """The rule behind the 150 ms: the long patience must stay below one cashier in twenty."""
    rng = random.Random(5)
    line = Line()
    line.answered(0.05)
    patience = []
    for _ in range(20_000):
        patience.append(line.patience_s())
        if rng.random() < 0.2:
            line.silent("no_line")
        else:
            line.answered(0.05)
    patience.sort()
    assert patience[int(0.95 * len(patience))] <= PATIENCE_BAD_S
