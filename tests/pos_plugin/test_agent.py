"""The agent and the real service together: each confirmed act is there, once."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from loyalty.journeys.pair_till import revoke_till
from pos_plugin.agent import Agent, QueueNotEmptyError
from pos_plugin.client import pair
from pos_plugin.home import Home, NotPairedError
from pos_plugin.lock import AlreadyServedError
from pos_plugin.queue import ActConflictError
from pos_plugin.shell import ShellError
from tests.browser.till.support import Shop
from tests.support.acts import refund_act, sale_act
from tests.support.waiting import until

LONG_S = 20.0


@pytest.fixture
def agent(home: Home) -> Iterator[Agent]:
    made = Agent(home)
    yield made
    made.stop()


def online(agent: Agent) -> Agent:
    agent.start()
    until(lambda: agent.line.state != "down")
    return agent


def drained(agent: Agent) -> bool:
    return agent.queue.counts().waiting == 0


def test_a_sale_is_answered_by_the_server_through_the_queue(agent: Agent, shop: Shop) -> None:
    code = shop.join().code.text
    moment, clock = online(agent).clock.stamp()
    act = sale_act("s1", code=code, scanned_at=moment)
    state = agent.take(act, LONG_S)
    assert (state.state, clock) == ("done", "sure")
    assert state.answer is not None
    assert state.answer["points"] == {"earned": 12, "balance": 12, "pending": 0}
    assert agent.take(act, LONG_S).answer == state.answer
    assert shop.sales() == [("s1", 1240)]


def test_no_sale_waits_behind_the_files_of_a_new_page(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching, whole = threading.Event(), threading.Event()

    def drip(address: str) -> bytes:
        fetching.set()
        assert whole.wait(LONG_S), address
        raise ShellError(address)

    monkeypatch.setattr(agent, "fetch_page", drip)
    try:
        online(agent)
        assert fetching.wait(LONG_S)
        assert agent.take(sale_act(), LONG_S).state == "done"
    finally:
        whole.set()


def test_the_same_id_with_another_amount_is_refused_at_the_counter(
    agent: Agent, shop: Shop
) -> None:
    online(agent).take(sale_act(), LONG_S)
    with pytest.raises(ActConflictError):
        agent.take(sale_act(total_minor=1))
    assert shop.sales() == [("s1", 1240)]


def test_what_was_confirmed_without_a_line_is_sent_in_order_when_it_is_back(
    agent: Agent, shop: Shop
) -> None:
    for n in range(120):
        state = agent.take(sale_act(f"s{n}"))
        assert state.state == "waiting"
    agent.take(refund_act("r1", sale_id="s7"))
    assert agent.state().waiting == 121
    online(agent)
    until(lambda: drained(agent))
    assert sorted(shop.sales()) == sorted((f"s{n}", 1240) for n in range(120))
    refund = agent.queue.act("r1")
    assert refund is not None
    assert refund.state == "done"
    assert agent.state().to_json()["queue"] == {"waiting": 0, "oldest_made_at": None, "aside": 0}


def test_a_refusal_for_ever_is_set_aside_with_its_reason_and_the_rest_goes_on(
    agent: Agent, shop: Shop
) -> None:
    agent.take(sale_act("s1", total_minor=-5))
    agent.take(sale_act("s2", currency="USD"))
    agent.take(sale_act("s3"))
    online(agent)
    until(lambda: drained(agent))
    assert shop.sales() == [("s3", 1240)]
    aside = {state.act_id: state.problem for state in agent.queue.aside()}
    assert {act_id: (told or {}).get("code") for act_id, told in aside.items()} == {
        "s1": "amount_invalid",
        "s2": "currency_mismatch",
    }
    assert [one["act_id"] for one in agent.export()["acts"]] == ["s1", "s2"]


def test_a_second_agent_on_the_same_home_is_refused(agent: Agent) -> None:
    with pytest.raises(AlreadyServedError):
        Agent(agent.home)


def test_a_home_that_nobody_paired_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotPairedError):
        Agent(tmp_path / "empty")


def revoke(shop: Shop, agent: Agent) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        revoke_till(
            session, shop.made.program_id, UUID(agent.paired.till_id), tools=shop.parts.tools
        )


def test_a_revoked_till_sends_nothing_keeps_everything_and_a_new_pairing_sends_it(
    agent: Agent, shop: Shop
) -> None:
    for n in range(3):
        agent.take(sale_act(f"s{n}"))
    revoke(shop, agent)
    agent.start()
    until(lambda: agent.line.state == "refused")
    state = agent.state()
    assert (state.line, state.reason, state.waiting) == ("refused", "revoked", 3)
    assert agent.line.patience_s() == 0
    assert len(agent.queue.export()["acts"]) == 3
    agent.take(sale_act("s3"))
    agent.stop()
    agent.home.write_paired(pair(shop.base_url, shop.offer()))
    again = Agent(agent.home)
    try:
        online(again)
        until(lambda: drained(again))
        assert sorted(shop.sales()) == [(f"s{n}", 1240) for n in range(4)]
    finally:
        again.stop()


def test_what_another_store_confirmed_is_never_sent_in_this_ones_name(
    agent: Agent, shop: Shop
) -> None:
    agent.take(sale_act("s1"))
    paired = agent.paired
    agent.stop()
    told = dict(paired.store, store_id="00000000-0000-0000-0000-000000000000")
    # The same till after its owner moved: as pairing in another store would write it down.
    agent.home.write_paired(replace(paired, store=told))
    moved = Agent(agent.home)
    try:
        online(moved)
        moved.take(sale_act("s2"), LONG_S)
        assert shop.sales() == [("s2", 1240)]
        assert [(s.act_id, (s.problem or {})["code"]) for s in moved.queue.aside()] == [
            ("s1", "other_store")
        ]
    finally:
        moved.stop()


def test_a_server_restored_from_an_older_backup_gets_again_what_it_lost(
    agent: Agent, shop: Shop, tmp_path: Path
) -> None:
    online(agent).take(sale_act("s1"), LONG_S)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(tmp_path / "enlaza.db")) as source:
        source.execute("VACUUM INTO ?", (str(backup),))
    for n in (2, 3, 4):
        agent.take(sale_act(f"s{n}"), LONG_S)
    agent.drainer.stop()
    with (
        closing(sqlite3.connect(backup)) as old,
        closing(sqlite3.connect(tmp_path / "enlaza.db")) as live,
    ):
        old.backup(live)
    assert shop.sales() == [("s1", 1240)]
    home = agent.home
    agent.stop()
    again = Agent(home)
    try:
        again.start()
        until(lambda: shop.count_sales() == 4)
        until(lambda: drained(again))
        assert sorted(shop.sales()) == [(f"s{n}", 1240) for n in range(1, 5)]
    finally:
        again.stop()


def test_a_damaged_queue_file_sends_everything_once_and_says_so_until_it_was_read(
    agent: Agent, shop: Shop
) -> None:
    online(agent)
    for n in range(3):
        agent.take(sale_act(f"s{n}"), LONG_S)
    agent.drainer.stop()
    for n in (3, 4):
        agent.take(sale_act(f"s{n}"), 0)
    home = agent.home
    agent.stop()
    file = home.queue_file
    file.write_bytes(bytes(100) + file.read_bytes()[100:])
    again = Agent(home)
    try:
        damaged = again.state().to_json()["damaged"]
        assert (damaged["rescued"], damaged["lost"]) == (2, 0)
        assert (home.path / damaged["file"]).exists()
        online(again)
        until(lambda: drained(again))
        again.queue.dismiss_damage()
        assert again.state().damaged is None
    finally:
        again.stop()
    assert sorted(shop.sales()) == [(f"s{n}", 1240) for n in range(5)]


def test_a_copied_queue_that_sends_the_same_numbers_loses_nothing(
    agent: Agent, shop: Shop, tmp_path: Path
) -> None:
    online(agent).take(sale_act("s1"), LONG_S)
    home = agent.home
    agent.stop()
    copied = Home(tmp_path / "copy")
    shutil.copytree(home.path, copied.path)
    for one, act_id in ((home, "s2"), (copied, "s3")):
        twin = Agent(one)
        try:
            online(twin)
            assert twin.take(sale_act(act_id), LONG_S).state == "done"
        finally:
            twin.stop()
    assert sorted(shop.sales()) == [("s1", 1240), ("s2", 1240), ("s3", 1240)]


def test_a_till_is_let_go_only_with_an_empty_queue_or_an_export(agent: Agent, shop: Shop) -> None:
    agent.take(sale_act("s1"))
    with pytest.raises(QueueNotEmptyError):
        agent.unpair()
    agent.export()
    agent.take(sale_act("s2"))
    with pytest.raises(QueueNotEmptyError):
        agent.unpair()
    assert len(agent.export()["acts"]) == 2
    assert agent.unpair()
    with pytest.raises(NotPairedError):
        agent.home.read_paired()
    assert agent.home.queue_file.exists()
    agent.home.write_paired(pair(shop.base_url, shop.offer()))
    again = Agent(agent.home)
    try:
        online(again)
        until(lambda: drained(again))
        assert shop.count_sales() == 2
    finally:
        again.stop()


def test_what_the_agent_learns_without_being_asked(agent: Agent) -> None:
    online(agent)
    until(lambda: agent.books.last("session") is not None)
    until(lambda: agent.books.trust() is not None)
    assert agent.clock.is_sure()
    knows = agent.state().to_json()["knows"]
    assert None not in knows.values()
    until(lambda: agent.shell.release is not None)
