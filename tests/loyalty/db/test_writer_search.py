"""Group commit searched at random: whatever the members do, the disk and the answers agree."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.db.sqlite import GuardedConnection
from loyalty.kernel.errors import MalformedRequestError, StorageUnavailableError
from tests.loyalty.db.test_writer import WAIT_S, Desk, Gate, ended_by_sqlite, failing, row
from tests.support.places import copy_sqlite

KEEPS, FAILS, BREAKS = "keeps", "fails", "breaks"


@pytest.fixture
def desk(sqlite_template: Path, tmp_path: Path) -> Iterator[Desk]:
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    made = Desk(tmp_path / "enlaza.db")
    yield made
    made.close()


def broken_commit(_: GuardedConnection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


@given(
    members=st.lists(st.sampled_from([KEEPS, KEEPS, FAILS, BREAKS]), min_size=1, max_size=6),
    commit_breaks=st.booleans(),
)
def test_an_act_is_on_the_disk_exactly_when_it_was_acknowledged(
    desk: Desk, members: list[str], *, commit_breaks: bool
) -> None:
    before = {name for name in desk.on_disk() if name.startswith("act")}
    names = [f"act {len(before)}-{desk.commits}-{index}" for index in range(len(members))]
    deeds = {FAILS: failing, BREAKS: ended_by_sqlite}
    gate = Gate(lambda _: None)
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    for index, member in enumerate(members):
        acts.append(desk.act(deeds.get(member, row(names[index]))))
        desk.line_of(index + 1)
    with pytest.MonkeyPatch.context() as patch:
        if commit_breaks:
            patch.setattr(GuardedConnection, "commit", broken_commit)
        gate.go.set()
        errors = [act.exception(WAIT_S) for act in acts[1:]]
    allowed = (type(None), MalformedRequestError, StorageUnavailableError)
    assert all(isinstance(error, allowed) for error in errors)
    acknowledged = {name for name, error in zip(names, errors, strict=True) if error is None}
    assert {name for name in desk.on_disk() if name.startswith("act")} == before | acknowledged
    for member, error in zip(members, errors, strict=True):
        assert error is not None or member == KEEPS
    if BREAKS not in members and not commit_breaks:
        assert len(acknowledged) == members.count(KEEPS)
    desk.act(lambda session: session.connection()).result(WAIT_S)
