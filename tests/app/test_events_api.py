"""Events keep the identifier they came with; whose they are is looked up when they are told."""

from typing import Any

from tests.app.test_identity_api import AT, sell, send
from tests.support.doubt import Doubt, doubt
from tests.support.service import Service, Shop

Event = tuple[Any, ...]


def story(service: Service, shop: Shop, person_id: str) -> dict[str, Any]:
    told: dict[str, Any] = service.get(
        f"/api/v1/persons/{person_id}", shop.as_staff("owner")
    ).get_json()
    return told


def events(service: Service, shop: Shop, person_id: str) -> dict[Event, str]:
    """Give of each event, by what it came with, whose it is now; and hold that it says both."""
    told = story(service, shop, person_id)
    found: dict[Event, str] = {}
    for one in told["timeline"]:
        assert one["identifier_id"], one
        assert one["identifier_kind"], one
        found[one["kind"], one["at"], one["sale_id"], one["identifier_id"]] = one["person_id"]
    for link in told["links"]:
        found["link", link["link_id"], link["a"]] = link["a_person_id"]
        found["link", link["link_id"], link["b"]] = link["b_person_id"]
    assert all(found.values())
    return found


def ends_of(service: Service, shop: Shop, person_id: str) -> dict[str, str]:
    """Ask of each identifier of a person why it is theirs: all on the way are the same person's."""
    found = {}
    for one in story(service, shop, person_id)["identifiers"]:
        asked = {"identifier_id": one["identifier_id"]}
        path = f"/api/v1/persons/{person_id}/explain"
        told = service.get(path, shop.as_staff("owner"), query_string=asked).get_json()
        found[one["identifier_id"]] = told["person_id"]
        for step in told["steps"]:
            assert step["link"]["a_person_id"] == step["link"]["b_person_id"] == told["person_id"]
    return found


def join(service: Service, shop: Shop, two: Doubt) -> dict[str, Any]:
    ends = {"a": str(two.one), "b": str(two.other), "reason": "cambió de móvil"}
    status, told = send(service, shop, "links", "join", **ends)
    assert status == 201
    return told


def test_after_a_merge_and_a_split_the_same_event_tells_the_person_of_now(
    service: Service, shop: Shop
) -> None:
    two = doubt(service, shop)
    sell(service, shop)
    refund = {"refund_id": "r-1", "amount_minor": 240, "refunded_at": AT}
    gone = service.post("/api/v1/sales/s1/refunds", shop.as_till(), json=refund)
    assert gone.status_code == 201
    one, other = two.person_ids
    before = {each: events(service, shop, each) for each in (one, other)}
    assert {"sale", "refund", "card", "link"} <= {event[0] for event in before[one]}

    joined = join(service, shop, two)
    together = events(service, shop, joined["person_id"])
    for apart in before.values():
        assert apart.keys() <= together.keys(), "no event is lost, none names another identifier"
    assert {together[event] for event in before[one]} == {joined["person_id"]}
    assert {together[event] for event in before[other]} == {joined["person_id"]}
    assert set(ends_of(service, shop, one).values()) == {joined["person_id"]}
    points = service.get(f"/api/v1/persons/{one}/points", shop.as_staff("owner")).get_json()
    assert points["person_id"] == joined["person_id"]
    assert points["identifier_id"] in {str(two.one), str(two.other)}

    back = {"link_id": joined["link_id"], "reason": "son hermanas"}
    assert send(service, shop, "retractions", "back", **back)[0] == 201
    for person_id, told in before.items():
        after = events(service, shop, person_id)
        assert {event: after[event] for event in told} == told
    touched = [event for event in events(service, shop, one) if event[1] == joined["link_id"]]
    now = events(service, shop, one)
    assert {now[event] for event in touched} == {one, other}, "each end has its own person"
