"""How long a cashier's answer may wait, learned from the answers so far."""

import random

from pos_plugin.line import ANSWERS_OWED, PATIENCE_BAD_S, PATIENCE_UP_S, SLOW_S, Line


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
