"""Who is who over HTTP: put together, taken apart, not the same, and the open questions."""

from typing import Any

import pytest

from loyalty.identity.queries import open_member_of
from tests.support.doubt import Doubt, doubt
from tests.support.forms import staff_visitor
from tests.support.service import Service, Shop

API = "/api/v1/identity"
AT = "2026-03-02T09:00:00Z"


@pytest.fixture
def two(service: Service, shop: Shop) -> Doubt:
    return doubt(service, shop)


def send(
    service: Service, shop: Shop, path: str, act_id: str, **body: object
) -> tuple[int, dict[str, Any]]:
    answer = service.post(f"{API}/{path}", shop.as_staff("owner"), json={"act_id": act_id, **body})
    return answer.status_code, answer.get_json()


def reviews(service: Service, shop: Shop) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = service.get(f"{API}/reviews", shop.as_staff("owner")).get_json()[
        "reviews"
    ]
    return told


def open_member(service: Service, shop: Shop, two: Doubt) -> str:
    with service.services.database.reading(shop.program_id) as session:
        return str(open_member_of(session, shop.program_id, two.one))


def sell(service: Service, shop: Shop) -> None:
    sale = {"sale_id": "s1", "total_minor": 1240, "currency": "EUR", "sold_at": AT}
    scan = {"code": shop.card_text, "scanned_at": AT}
    assert service.post("/api/v1/sales", shop.as_till(), json={**sale, **scan}).status_code == 201


def test_a_question_is_asked_in_a_sentence_and_answered_with_yes(
    service: Service, shop: Shop, two: Doubt
) -> None:
    sell(service, shop)
    asked = reviews(service, shop)
    assert len(asked) == 1
    assert asked[0]["question"].startswith("¿Son la misma persona ")
    assert asked[0]["why"] == "Las dos confirmaron el mismo correo."
    assert asked[0]["link_id"] == two.link_id
    path = f"reviews/{two.link_id}/approve"
    body = {"reason": "la conozco", "keep_member": str(two.other)}
    status, told = send(service, shop, path, "a1", **body)
    assert (status, told["refused_rule"], told["points"]) == (201, None, 12)
    assert send(service, shop, path, "a1", **body) == (200, {**told, "replayed": True})
    assert send(service, shop, path, "a1", reason="otra cosa")[1]["code"] == "already_used"
    assert reviews(service, shop) == []
    status, back = send(
        service, shop, "retractions", "a2", link_id=told["link_id"], reason="son dos"
    )
    assert status == 201
    assert back["a_person_id"] != back["b_person_id"]
    assert len(reviews(service, shop)) == 1
    status, again = send(service, shop, "retractions", "a3", link_id=told["link_id"], undo=True)
    assert status == 201
    assert again["a_person_id"] == again["b_person_id"]


@pytest.mark.parametrize("answer", ["not_the_same", "leave"])
def test_a_question_answered_with_no_is_not_asked_again(
    service: Service, shop: Shop, two: Doubt, answer: str
) -> None:
    path = f"reviews/{two.link_id}/dismiss"
    status, told = send(service, shop, path, "d1", answer=answer)
    assert (status, told["changed"]) == (201, True)
    assert reviews(service, shop) == []
    ends = {"a": told["a"], "b": told["b"], "reason": "eran dos"}
    if answer == "not_the_same":
        joined = send(service, shop, "links", "d2", **ends)[1]
        assert joined["refused_rule"] == "cannot_link"
        assert send(service, shop, "cannot-links", "d3", **ends, undo=True)[1]["changed"]
        assert len(reviews(service, shop)) == 1


def test_two_are_put_together_with_a_reason_once_and_taken_apart(
    service: Service, shop: Shop, two: Doubt
) -> None:
    ends = {"a": str(two.one), "b": str(two.other), "reason": "cambió de móvil"}
    status, told = send(service, shop, "links", "l1", **ends)
    assert (status, told["refused_rule"]) == (201, None)
    assert send(service, shop, "links", "l1", **ends)[0] == 200
    story = service.get(f"/api/v1/persons/{told['person_id']}", shop.as_staff("owner")).get_json()
    assert {card["card_id"] for card in story["cards"]} == set(two.card_ids)
    split = service.get(f"{API}/links/{told['link_id']}/split", shop.as_staff("owner")).get_json()
    assert split["splits"]
    assert len(split["parts"]) == 2
    assert send(service, shop, "links", "l2", **ends)[1]["link_id"] is None
    for former in two.person_ids:
        path = f"/api/v1/persons/{former}"
        assert (
            service.get(path, shop.as_staff("owner")).get_json()["person_id"] == told["person_id"]
        )


def test_not_the_same_wins_over_a_join_until_it_is_taken_back(
    service: Service, shop: Shop, two: Doubt
) -> None:
    ends = {"a": str(two.one), "b": str(two.other), "reason": "son hermanas"}
    assert send(service, shop, "cannot-links", "n1", **ends)[1]["changed"]
    assert send(service, shop, "links", "n2", **ends)[1]["refused_rule"] == "cannot_link"
    assert reviews(service, shop) == []


def test_a_value_is_blocked_with_a_reason_once_and_let_join_again(
    service: Service, shop: Shop, two: Doubt
) -> None:
    person = f"/api/v1/persons/{two.person_ids[0]}"
    told = service.get(person, shop.as_staff("owner")).get_json()["identifiers"]
    own = {each["kind"]: each["identifier_id"] for each in told}
    body = {"identifier_id": own["email"], "reason": "lo da mucha gente"}
    status, blocked = send(service, shop, "blocks", "b1", **body)
    assert (status, blocked["changed"], blocked["state"]) == (201, True, "blocked")
    assert blocked["person_id"] not in two.person_ids
    assert send(service, shop, "blocks", "b1", **body) == (200, {**blocked, "replayed": True})
    other = {**body, "identifier_id": own["member"]}
    assert send(service, shop, "blocks", "b1", **other)[1]["code"] == "already_used"
    assert reviews(service, shop) == [], "what joins nobody is no question"
    back = {"identifier_id": own["email"], "undo": True}
    status, again = send(service, shop, "blocks", "b2", **back)
    assert (status, again["changed"], again["state"]) == (201, True, "ok")
    assert again["person_id"] == two.person_ids[0]
    for turn, kind in enumerate(("member", "card")):
        refused = {**body, "identifier_id": own[kind]}
        status, problem = send(service, shop, "blocks", f"c{turn}", **refused)
        assert (status, problem["code"]) == (422, "identifier_not_blockable")
    nobody = {**body, "identifier_id": "00000000-0000-0000-0000-000000000000"}
    assert send(service, shop, "blocks", "b3", **nobody)[1]["code"] == "identifier_unknown"
    assert send(service, shop, "blocks", "b4", identifier_id=own["email"])[0] == 400


def test_what_is_not_there_is_refused_with_its_code(
    service: Service, shop: Shop, two: Doubt
) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    link = {"a": str(two.one), "b": nobody, "reason": "porque sí"}
    assert send(service, shop, "links", "x1", **link)[1]["code"] == "identifier_unknown"
    assert send(service, shop, "cannot-links", "x2", **link)[1]["code"] == "identifier_unknown"
    lost = "0" * 64
    assert (
        send(service, shop, "retractions", "x3", link_id=lost, reason="no es")[1]["code"]
        == "link_unknown"
    )
    path = f"reviews/{lost}/approve"
    assert send(service, shop, path, "x4", reason="porque sí")[1]["code"] == "link_unknown"
    for reason in ("", "   "):
        assert send(service, shop, "links", "x5", **{**link, "reason": reason})[0] == 400
        back = {"link_id": two.link_id, "reason": reason}
        assert send(service, shop, "retractions", "x7", **back)[0] == 400
    assert send(service, shop, "retractions", "x8", link_id=two.link_id)[0] == 400
    same = {"a": str(two.one), "b": str(two.one), "reason": "no es ella"}
    assert send(service, shop, "cannot-links", "x6", **same)[1]["code"] == "malformed_request"


def test_a_cashier_says_nothing_about_who_is_who(service: Service, shop: Shop, two: Doubt) -> None:
    body = {"act_id": "c1", "a": str(two.one), "b": str(two.other), "reason": "la conozco"}
    answer = service.post(f"{API}/links", shop.as_staff("cashier"), json=body)
    assert answer.get_json()["code"] == "not_allowed"


@pytest.mark.parametrize("first", [0, 1])
def test_one_act_says_who_stays_once_and_a_second_join_of_one_person_changes_nothing(
    service: Service, shop: Shop, two: Doubt, first: int
) -> None:
    members = (str(two.one), str(two.other))
    ends = {"a": members[0], "b": members[1], "reason": "es la misma"}
    keep, other = members[first], members[1 - first]
    status, made = send(service, shop, "links", "j1", **ends, keep_member=keep)
    assert (status, made["refused_rule"]) == (201, None)
    assert open_member(service, shop, two) == keep
    status, problem = send(service, shop, "links", "j1", **ends, keep_member=other)
    assert (status, problem["code"]) == (409, "already_used")
    status, second = send(service, shop, "links", "j2", **ends, keep_member=other)
    assert (status, second["link_id"]) == (201, None), "they are one already"
    assert open_member(service, shop, two) == keep
    off = {"link_id": made["link_id"], "reason": "al revés"}
    assert send(service, shop, "retractions", "j3", **off)[0] == 201
    status, again = send(service, shop, "links", "j4", **ends, keep_member=other)
    assert (status, again["refused_rule"]) == (201, None)
    assert again["link_id"] != made["link_id"]
    assert open_member(service, shop, two) == other


@pytest.mark.parametrize("first", [0, 1])
def test_on_the_page_whoever_is_open_stays_and_one_form_joins_once(
    service: Service, shop: Shop, two: Doubt, first: int
) -> None:
    owner = staff_visitor(service, shop, "owner")
    members, persons = (str(two.one), str(two.other)), two.person_ids
    here, there = persons[first], persons[1 - first]
    owner.open(f"/admin/people/{here}")
    form = {"act_id": "018f2b6e-7c00-7000-8000-00000000000c", "reason": "es la misma"}
    owner.send(f"/admin/people/{here}/join", other=there, **form)
    assert "Juntas. Sus compras ya son de una persona." in owner.text
    assert open_member(service, shop, two) == members[first]
    with_undo = owner.text
    owner.send(f"/admin/people/{there}/join", other=here, **form)
    assert open_member(service, shop, two) == members[first], "they are one already"
    owner.text = with_undo
    owner.undo()
    assert open_member(service, shop, two) == str(two.one)
    turned = owner.send(f"/admin/people/{there}/join", other=here, **form)
    assert turned.status_code == 409, "one form says once who stays"
    form["act_id"] = "018f2b6e-7c00-7000-8000-00000000000d"
    owner.open(f"/admin/people/{there}")
    owner.send(f"/admin/people/{there}/join", other=here, **form)
    assert open_member(service, shop, two) == members[1 - first]
