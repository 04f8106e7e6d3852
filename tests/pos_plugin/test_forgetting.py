"""What a till knows of persons: for the store's day, and not at all once it was taken off."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from loyalty.journeys.pair_till import revoke_till
from loyalty.wire.messages import moment_text
from pos_plugin.home import Home
from tests.browser.till.support import Shop, Shopper
from tests.pos_plugin.test_gateway import name, sale, scan_body
from tests.support.agent_page import AgentPage, restarted
from tests.support.running import wait_until

NAME = "Lucía Fernández"


def files_with(home: Home, *words: str) -> set[str]:
    """Name the files of a till that hold one of these words in any writing."""
    sought = [
        each.encode() for word in words for each in (word, word.encode("unicode_escape").decode())
    ]
    return {
        path.name
        for path in Path(home.path).rglob("*")
        if path.is_file() and any(each in path.read_bytes() for each in sought)
    }


@pytest.fixture
def shopper(shop: Shop, page: AgentPage) -> Shopper:
    """Somebody with a name, who was read and has bought at this till."""
    joined = shop.join()
    name(shop, joined.card_id, NAME)
    page.api("POST", "/scans", scan_body(page, joined.code.text))
    assert page.api("POST", "/sales", sale(page, 1240, joined.code.text)).status == 201
    assert files_with(page.agent.home, NAME)
    return joined


def test_names_and_balances_are_gone_from_every_file_after_the_stores_day(
    page: AgentPage, shopper: Shopper
) -> None:
    page.cut()
    page.api("POST", "/sales", waits := sale(page, 500, shopper.code.text))
    home = page.agent.home
    tomorrow = moment_text(page.agent.clock.now() + timedelta(days=1))
    page.agent.queue.settle(2, "created", {"person": {"display_name": NAME}})
    page.api("POST", "/sales", waits := sale(page, 700, shopper.code.text))
    page.agent.clock.hear(tomorrow, asked_steady=page.agent.clock.steady())
    page.agent.stop()
    with restarted(home, page.line) as next_day:
        next_day.agent.clock.hear(tomorrow, asked_steady=next_day.agent.clock.steady())
        next_day.agent.drainer.tidy()
        kept = {one.act_id: one for one in next_day.agent.queue.recent()}
        assert kept[waits["sale_id"]].act.shown["person"] == NAME
        assert [one.answer for one in kept.values()] == [None, None, None]
        next_day.agent.queue.settle(3, "created", {})
        next_day.agent.queue.forget_persons(ended_before="9999")
        assert files_with(home, NAME) == set()
        # Sent again to a service that has lost it, each is still what was confirmed.
        assert next_day.agent.queue.wait_again([[1, 3]]) == 3
        next_day.mend()
        next_day.wait_until_sent()


def test_a_till_that_was_taken_off_shows_nobody_even_without_a_line_and_after_a_restart(
    shop: Shop, page: AgentPage, shopper: Shopper
) -> None:
    program_id, till_id = shop.made.program_id, UUID(page.agent.paired.till_id)
    with shop.parts.database.unit_of_work(program_id) as session:
        revoke_till(session, program_id, till_id, tools=shop.parts.tools)
    page.agent.drainer.wake()
    page.wait_for_line("refused")
    home = page.agent.home
    wait_until(lambda: files_with(home, NAME) == set(), "no file holds the name")
    page.agent.stop()
    page.line.cut()
    with restarted(home, page.line) as again:
        again.open()
        told = again.api("POST", "/scans", scan_body(again, shopper.code.text))
        listed = again.api("GET", "/till/actions")
    assert (told.body["person"], told.body["points"]) == (None, None)
    assert len(listed.body["actions"]) == 1
    assert "Luc" not in listed.data.decode()
