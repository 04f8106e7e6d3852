"""Bad input as it comes over HTTP: kept, or refused with a code, and every one of them counted."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from loyalty.identity.audit import audit_persons
from loyalty.identity.queries import person_of_card
from loyalty.sales.customers import CUSTOMER
from loyalty.sales.queries import SALE
from loyalty.visits.models import Visit
from tests.support.queue import Agent
from tests.support.service import Service, Shop, give_card

AT = "2026-03-02T09:00:00Z"
PLACEHOLDERS = ("undefined", "null", "[object Object]", "0", "anonymous", "   ")
PEOPLE = ("c-77", "لوسيا", "\u05dc\u05d5\u05e1\u05d9\u05d4", "Лусия", "🥖 pan", "王小明")


@pytest.fixture
def agent(service: Service, shop: Shop) -> Agent:
    return Agent(service, shop)


def rows(service: Service, shop: Shop, table: object) -> int:
    with service.services.database.reading(shop.program_id) as session:
        asked = select(func.count()).select_from(table)  # type: ignore[arg-type]
        return int(session.execute(asked).scalar_one())


def test_what_a_queue_tells_is_stored_or_refused_with_a_code(agent: Agent) -> None:
    told = (*PLACEHOLDERS, *PEOPLE, "x" * 200, "x" * 201, "", "\u202emoc")
    for turn, value in enumerate(told):
        agent.carded(f"s{turn}", customer_ref=value, connector="acme")
    agent.carded("late", customer_ref="c-78", sold_at="1999-01-01T00:00:00Z")
    agent.carded("early", customer_ref="c-79", sold_at="2099-01-01T00:00:00Z")
    agent.sale("odd", customer_ref="c-80", connector="[object Object]")
    agent.sale("none", total_minor=-1)
    results = agent.send(agent.acts)["results"]
    stored = [each for each in results if each["result"] == "created"]
    refused = Counter(each["problem"]["code"] for each in results if each["result"] == "rejected")
    assert len(results) == len(agent.acts) == len(stored) + refused.total()
    assert rows(agent.service, agent.shop, SALE) == len(stored), "every one that was taken is there"
    assert refused.keys() <= {"malformed_request", "amount_invalid"}
    assert refused.total() >= 4, "too long, empty, no such program, less than nothing"
    named = rows(agent.service, agent.shop, CUSTOMER)
    assert len(PEOPLE) <= named <= len(stored) - len(PLACEHOLDERS), "a placeholder names nobody"
    again = agent.send(agent.acts)["results"]
    assert Counter(each["result"] for each in again) == {
        "duplicate": len(stored),
        "rejected": refused.total(),
    }
    assert agent.findings() == ()


def test_a_megabyte_or_a_zero_byte_is_refused_whole_and_leaves_nothing(
    service: Service, shop: Shop
) -> None:
    huge = "x" * 2**20
    sale = {"sale_id": "s1", "total_minor": 1, "currency": "EUR", "sold_at": AT}
    for path, body, status in (
        ("/api/v1/sales", {**sale, "customer_ref": huge}, 413),
        ("/api/v1/visits", {"store": shop.slug, "consent": True, "landing": huge}, 413),
        ("/api/v1/sales", {**sale, "customer_ref": "a\x00b"}, 400),
    ):
        answer = service.post(path, shop.as_till(), json=body)
        assert answer.status_code == status
        assert answer.get_json()["code"]
    assert rows(service, shop, SALE) == rows(service, shop, Visit) == 0


def test_visits_of_a_site_are_stored_or_refused_with_a_code(service: Service, shop: Shop) -> None:
    sources = (*PLACEHOLDERS, *PEOPLE, "", "x" * 200, "x" * 201, "\u202emoc")
    answers = [
        service.post(
            "/api/v1/visits",
            json={
                "store": shop.slug,
                "consent": True,
                "landing": "https://sol.example/",
                "referrer": "",
                "utm": {"source": each, "medium": each, "campaign": each},
            },
        )
        for each in sources
    ]
    stored = [each for each in answers if each.status_code == 201]
    refused = [each.get_json()["code"] for each in answers if each.status_code == 400]
    assert len(stored) + len(refused) == len(sources)
    assert set(refused) <= {"malformed_request"}
    assert rows(service, shop, Visit) == len(stored) > len(PEOPLE)


def test_a_storm_on_one_customer_number_joins_no_two_people(agent: Agent) -> None:
    service, shop = agent.service, agent.shop
    other_card, other_text, _ = give_card(service, shop.program)
    for turn in range(120):
        code = (shop.card_text, other_text)[turn % 2]
        agent.sale(
            f"s{turn}", code=code, scanned_at=agent.now(), customer_ref="walk-in", connector="acme"
        )
    agent.drain()
    assert rows(service, shop, SALE) == 120
    with service.services.database.reading(shop.program_id) as session:
        one, other = (
            person_of_card(session, shop.program_id, each) for each in (shop.card_id, other_card)
        )
        assert one is not None
        assert other is not None
        assert one.person_id != other.person_id
        assert one.open_member_id != other.open_member_id
        assert audit_persons(session, shop.program_id) == ()
    assert agent.findings() == ()
