"""No like is ever paid for where a network forbids it, or where nobody has read its terms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.connectors.base import Action, connector_names
from loyalty.points.rewards.base import kind_names
from loyalty.social.rules import MAY_REWARD, gone_holds, may_reward, there_holds

BOOK = (Path(__file__).parents[3] / "docs/reference/rewards.md").read_text(encoding="utf-8")
PAGE, _, KINDS = BOOK.partition("\n# Kinds of rewards\n")
ALLOWED = {("facebook", "sign_in"), ("facebook", "check_in"), ("facebook", "message")}
NOON = datetime(2026, 9, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(("network", "action"), sorted(MAY_REWARD))
def test_a_cell_is_what_its_source_says(network: str, action: str) -> None:
    assert may_reward(network, action) == ((network, action) in ALLOWED)
    told = "yes" if may_reward(network, action) else "no"
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {network} | {action} |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2] == told
    assert len(cells[3]) > 10, "a cell without its source"


def test_the_page_has_no_cell_that_the_table_has_not() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    told = {(row[1].strip(), row[2].strip()) for row in rows} - {("network", "action")}
    assert told == set(MAY_REWARD)


def test_everything_a_connector_tells_has_a_cell_and_gives_nothing() -> None:
    for network in connector_names():
        for action in Action:
            assert not may_reward(network, action)
            assert (network, action.value) in MAY_REWARD


@given(st.text(), st.text())
def test_what_nobody_has_read_gives_nothing(network: str, action: str) -> None:
    assert not may_reward(network, action) or (network, action) in ALLOWED


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_there_and_gone_are_told_apart_by_their_times(there: int, gone: int) -> None:
    liked, left = NOON + timedelta(minutes=there), NOON + timedelta(minutes=gone)
    holds = there_holds(gone_at=left, is_gone_for_ever=False, occurred_at=liked)
    assert holds == (liked > left)
    assert gone_holds(occurred_at=liked, gone_at=left) == (left >= liked)
    assert there_holds(gone_at=None, is_gone_for_ever=False, occurred_at=liked)
    assert not there_holds(gone_at=left, is_gone_for_ever=True, occurred_at=liked)
    assert not there_holds(gone_at=left, is_gone_for_ever=False, occurred_at=None)


def test_the_page_tells_every_kind_of_reward() -> None:
    rows = [line.split("|") for line in KINDS.splitlines() if line.startswith("| `")]
    assert {row[1].strip().strip("`") for row in rows} == set(kind_names())
