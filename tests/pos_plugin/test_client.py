"""A till's program against a served shop, over real HTTP."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import issue_card_text
from loyalty.journeys.join_program import Joined, join_program
from loyalty.journeys.pair_till import offer_pairing
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.messages import moment_text
from loyalty.wire.trust import UntrustedListError
from pos_plugin.client import (
    Json,
    NoAnswerError,
    Paired,
    RefusedError,
    check_offline,
    fetch_trust,
    pair,
    scan,
    sell,
)
from tests.browser.till.support import Shop, served_shop
from tests.support.places import copy_sqlite

NOW = datetime.now(UTC)


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        yield served


@pytest.fixture
def till(shop: Shop) -> Paired:
    parts, made = shop.parts, shop.made
    with parts.database.unit_of_work(made.program_id) as session:
        offer = offer_pairing(
            session,
            made.program_id,
            made.store_id,
            till_name="Caja 1",
            staff_id=None,
            tools=parts.tools,
        )
    return pair(shop.base_url, offer.code)


def join(shop: Shop) -> tuple[Joined, str]:
    parts, made = shop.parts, shop.made
    with parts.database.unit_of_work(made.program_id) as session:
        joined = join_program(
            session,
            made.program_id,
            made.store_id,
            visit_id=None,
            language="es",
            tools=parts.tools,
        )
        card = card_by_id(session, made.program_id, joined.card_id)
        assert card is not None
        return joined, issue_card_text(session, card, keys=parts.tools.keys)


def sale(sale_id: str, code: str | None = None) -> Json:
    told: Json = {
        "sale_id": sale_id,
        "total_minor": 1240,
        "currency": "EUR",
        "sold_at": moment_text(NOW),
    }
    if code:
        told |= {"code": code, "scanned_at": moment_text(NOW)}
    return told


def test_a_paired_till_scans_sells_once_and_checks_codes_by_itself(
    shop: Shop, till: Paired
) -> None:
    _, code = join(shop)
    assert scan(till, code, at=NOW)["outcome"] == "ok"
    first, again = sell(till, sale("s1", code)), sell(till, sale("s1", code))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["points"] == again["points"] == {"earned": 12, "balance": 12, "pending": 0}
    trust = fetch_trust(till)
    assert check_offline(till, code, trust=trust, at=NOW).outcome is CodeOutcome.OK
    forged = code[:-1] + ("B" if code[-1] != "B" else "C")
    assert check_offline(till, forged, trust=trust, at=NOW).outcome is not CodeOutcome.OK


def test_a_list_signed_by_another_root_is_not_believed(till: Paired) -> None:
    other = Paired(till.base_url, till.program_id, till.till_id, till.key, root_public=bytes(32))
    with pytest.raises(UntrustedListError):
        fetch_trust(other)


def test_a_no_for_ever_is_told_at_once(till: Paired) -> None:
    with pytest.raises(RefusedError) as refusal:
        sell(till, sale("s1") | {"total_minor": -1}, patience_s=60)
    assert refusal.value.status == 422
    assert not refusal.value.retryable


def test_letters_that_were_never_offered_pair_nothing(shop: Shop) -> None:
    with pytest.raises(RefusedError) as refusal:
        pair(shop.base_url, "BBBBBBBB")
    assert refusal.value.code == "pairing_code_wrong"


class Portal(BaseHTTPRequestHandler):
    """A network's own page in front of everything, twice; then the line is really there."""

    pages_left = 2

    def do_POST(self) -> None:
        type(self).pages_left -= 1
        body = b"<html>Accept our terms</html>" if type(self).pages_left >= 0 else b'{"ok": true}'
        self.send_response(200)
        kind = "text/html" if body.startswith(b"<") else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_page_of_the_network_is_no_answer_and_the_sale_is_sent_again() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        here = Paired(address, 1, "t", "k", root_public=bytes(32))
        with pytest.raises(NoAnswerError):
            sell(here, sale("s1"))
        assert sell(here, sale("s1"), patience_s=20) == {"ok": True}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_without_a_line_the_sale_stays_with_the_till() -> None:
    nowhere = Paired("http://127.0.0.1:9", 1, "t", "k", root_public=bytes(32))
    with pytest.raises(NoAnswerError):
        sell(nowhere, sale("s1"))
