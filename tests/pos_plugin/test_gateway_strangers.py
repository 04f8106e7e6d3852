"""Somebody in between who answers in our form but with nothing of ours: the till goes on."""

from dataclasses import replace

import pytest

from pos_plugin.cashiers import Cashiers
from pos_plugin.web import RefusedHereError
from tests.pos_plugin.test_gateway import sale
from tests.support.agent_page import AgentPage, restarted
from tests.support.fault_proxy import Fault, always
from tests.support.pretenders import http, pretender, saying
from tests.support.running import wait_until

EMPTY = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(b"{}"), id="an empty message"),
        pytest.param(http(b'{"success": true, "language": "es"}'), id="a message of the network"),
        pytest.param(EMPTY, id="no content"),
    ],
)
def test_a_strangers_message_is_no_line_and_is_never_kept(page: AgentPage, answer: bytes) -> None:
    page.agent.stop()
    # Nobody answers as the service does: what a cashier waits is the patience of the till.
    page.line.weather = always(Fault.PORTAL)
    home = page.agent.home
    ours = home.read_paired()
    with pretender(saying(answer)) as port:
        home.write_paired(replace(ours, base_url=f"http://127.0.0.1:{port}"))
        with restarted(home, page.line) as fooled:
            # What it would do to a line that was good a moment ago.
            fooled.agent.line.answered(0.01)
            wait_until(lambda: fooled.agent.line.facts().reason == "not_ours", "it is noticed")
            fooled.agent.line.answered(0.01)
            session = fooled.open()
            assert session.body["store"]["name"] == ours.store["name"]
            fooled.agent.line.answered(0.01)
            with pytest.raises(RefusedHereError):
                Cashiers(fooled.agent.service, fooled.agent.books).check("s", "1234", language=None)
            fooled.agent.line.answered(0.01)
            assert fooled.api("GET", "/till/actions").status == 200
            assert fooled.api("POST", "/sales", sale(fooled, 700)).status == 202
    with restarted(home, page.line) as again:
        assert again.open().status == 200
        assert again.api("POST", "/sales", sale(again, 800)).status == 202
        assert again.agent.queue.counts().waiting == 2
