"""One pickup code, scanned and sent by fifty tills at once: one handoff, one sale, one earning."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.handed import Handing, Json, open_handing
from tests.support.service import make_service, open_shop
from tests.support.sizes import SIZE

pytestmark = pytest.mark.race

SENDERS = 50
ROUNDS = max(1, SIZE.rounds // 10)


@pytest.fixture
def handing(database: Database, tools: Tools, tmp_path: Path, clock: ManualClock) -> Handing:
    service = make_service(database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))
    return open_handing(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"), clock)


def at_once(handing: Handing, bodies: list[Json]) -> Counter[str]:
    barrier = Barrier(len(bodies))

    def send(body: Json) -> str:
        barrier.wait()
        answer = handing.send(body)
        return str(answer.get_json().get("code") or answer.status_code)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return Counter(pool.map(send, bodies))


def test_one_of_fifty_hands_the_order_over(handing: Handing) -> None:
    for round_ in range(1, ROUNDS + 1):
        code = handing.desk.code(handing.ready(pieces=1))
        told = at_once(handing, [handing.body(code) for _ in range(SENDERS)])
        assert told == {"201": 1, "order_state": SENDERS - 1}
        assert handing.scan(handing.shop.card_text)["points"] == 5 * round_
    assert handing.desk.findings() == ()


def test_fifty_times_the_same_message_is_one_handoff(handing: Handing) -> None:
    body = handing.body(handing.desk.code(handing.ready()))
    assert at_once(handing, [body] * SENDERS) == {"201": 1, "200": SENDERS - 1}
    assert handing.desk.findings() == ()
