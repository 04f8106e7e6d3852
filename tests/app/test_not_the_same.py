"""Whatever staff call "not the same", a card earns for its membership and points go back."""

from typing import Any

import pytest

from loyalty.identity.queries import person_of_card
from tests.support.doubt import Doubt, doubt
from tests.support.queue import Agent
from tests.support.service import Service, Shop

API = "/api/v1/identity"
AT = "2026-03-02T09:00:00Z"


@pytest.fixture
def two(service: Service, shop: Shop) -> Doubt:
    return doubt(service, shop)


def send(service: Service, shop: Shop, path: str, act_id: str, **body: object) -> Any:  # noqa: ANN401  an answer
    return service.post(f"{API}/{path}", shop.as_staff("owner"), json={"act_id": act_id, **body})


def story(service: Service, shop: Shop, person_id: str) -> dict[str, Any]:
    told: dict[str, Any] = service.get(
        f"/api/v1/persons/{person_id}", shop.as_staff("owner")
    ).get_json()
    return told


def own_ids(service: Service, shop: Shop, two: Doubt) -> dict[str, str]:
    """Tell the identifiers of the shop's first shopper, by kind."""
    told = story(service, shop, two.person_ids[0])["identifiers"]
    return {each["kind"]: each["identifier_id"] for each in told}


def sells(service: Service, shop: Shop) -> None:
    sale = {"sale_id": "s1", "total_minor": 1240, "currency": "EUR", "sold_at": AT}
    scan = {"code": shop.card_text, "scanned_at": AT}
    answer = service.post("/api/v1/sales", shop.as_till(), json={**sale, **scan})
    assert answer.status_code == 201
    agent = Agent(service, shop)
    agent.carded("s2")
    agent.carded("s3")
    assert agent.results(agent.acts) == ["created", "created"]
    assert agent.balance() == 36
    assert agent.findings() == ()


def is_found(service: Service, shop: Shop, two: Doubt) -> None:
    for query in ("", f"?q={two.card_ids[0][:6]}", f"?q={two.person_ids[0][:6]}", "?q=lu@"):
        assert service.get(f"/admin/people{query}", shop.as_staff("owner")).status_code == 200


def test_a_card_is_never_called_another_than_its_membership(
    service: Service, shop: Shop, two: Doubt
) -> None:
    ids = own_ids(service, shop, two)
    for act_id, a, b in (("n1", "card", "member"), ("n2", "member", "card")):
        answer = send(
            service, shop, "cannot-links", act_id, a=ids[a], b=ids[b], reason="no es suya"
        )
        assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")
    is_found(service, shop, two)
    sells(service, shop)


@pytest.mark.parametrize("end", ["card", "member"])
def test_an_address_that_is_not_theirs_goes_and_the_card_keeps_earning(
    service: Service, shop: Shop, two: Doubt, end: str
) -> None:
    ids = own_ids(service, shop, two)
    ends = {"a": ids[end], "b": ids["email"], "reason": "no es su correo"}
    told = send(service, shop, "cannot-links", "n1", **ends).get_json()
    assert told["changed"]
    assert told["a_person_id"] != told["b_person_id"]
    is_found(service, shop, two)
    sells(service, shop)
    back = send(service, shop, "cannot-links", "n2", **ends, undo=True).get_json()
    assert back["changed"]
    assert back["a_person_id"] == back["b_person_id"]


def test_the_evidence_of_a_card_does_not_come_off(service: Service, shop: Shop, two: Doubt) -> None:
    links = story(service, shop, two.person_ids[0])["links"]
    card_link = next(each["link_id"] for each in links if each["kind"] == "card")
    answer = send(service, shop, "retractions", "r1", link_id=card_link, reason="no es suya")
    assert answer.get_json()["code"] == "link_unknown"
    sells(service, shop)


def points(service: Service, shop: Shop, two: Doubt) -> list[int]:
    """Tell the points of the first card's person, and of the second's."""
    with service.services.database.reading(shop.program_id) as session:
        persons = [person_of_card(session, shop.program_id, each) for each in two.card_ids]
    return [story(service, shop, each.person_id)["points"] for each in persons if each]


def test_not_the_same_over_a_join_gives_each_its_points_and_taken_back_joins_again(
    service: Service, shop: Shop, two: Doubt
) -> None:
    sells(service, shop)
    ends = {"a": str(two.other), "b": str(two.one), "reason": "cambió de móvil"}
    joined = send(service, shop, "links", "l1", **ends).get_json()
    assert joined["points"] == 36
    assert points(service, shop, two) == [36, 36]
    apart = {**ends, "reason": "son hermanas"}
    for act_id in ("n1", "n2"):
        told = send(service, shop, "cannot-links", act_id, **apart).get_json()
        assert told["a_person_id"] != told["b_person_id"]
        assert points(service, shop, two) == [36, 0]
    undo = {"link_id": joined["link_id"], "undo": True}
    refused = send(service, shop, "retractions", "r1", **undo).get_json()
    assert refused["refused_rule"] == "cannot_link"
    assert refused["a_person_id"] != refused["b_person_id"]
    assert points(service, shop, two) == [36, 0]
    assert Agent(service, shop).findings() == ()


def test_not_the_same_taken_back_puts_the_join_back(
    service: Service, shop: Shop, two: Doubt
) -> None:
    sells(service, shop)
    ends = {"a": str(two.other), "b": str(two.one), "reason": "cambió de móvil"}
    send(service, shop, "links", "l1", **ends)
    send(service, shop, "cannot-links", "n1", **ends)
    back = send(service, shop, "cannot-links", "n2", **ends, undo=True).get_json()
    assert back["changed"]
    assert back["a_person_id"] == back["b_person_id"]
    assert points(service, shop, two) == [36, 36]
    assert Agent(service, shop).findings() == ()
