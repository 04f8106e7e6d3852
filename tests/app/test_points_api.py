"""Why somebody has so many points, for staff and tills; each sees what is theirs to see."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.policy import PointsPolicy
from loyalty.points.set_policy import set_policy
from loyalty.wire.messages import moment_text
from tests.app.test_persons_api import person_of
from tests.app.test_sales_api import AT, sale
from tests.support.clock import ManualClock
from tests.support.service import Service, Shop


def scan(service: Service, shop: Shop) -> str:
    asked = {"code": shop.card_text, "scanned_at": AT}
    return str(service.post("/api/v1/scans", shop.as_till(), json=asked).get_json()["scan_id"])


def buy_and_return(service: Service, shop: Shop) -> None:
    sold = sale(code=shop.card_text, scanned_at=AT)
    service.post("/api/v1/sales", shop.as_till(), json=sold)
    refund = {"refund_id": "back-1", "amount_minor": 500, "refunded_at": AT}
    service.post(f"/api/v1/sales/{sold['sale_id']}/refunds", shop.as_till(), json=refund)


def test_staff_read_each_lot_and_what_became_of_it(service: Service, shop: Shop) -> None:
    buy_and_return(service, shop)
    person_id = person_of(service, shop)
    told = service.get(f"/api/v1/persons/{person_id}/points", shop.as_staff("manager")).get_json()
    assert (told["points"], told["held"], told["pending"], told["debt"]) == (7, 0, 0, 0)
    assert {one["kind"]: one["points"] for one in told["sums"]} == {"earn": 12, "take_back": -5}
    (lot,) = told["lots"]
    assert (lot["came"], lot["remaining"], lot["state"]) == (12, 7, "free")
    assert (lot["source"]["total_minor"], lot["source"]["elsewhere"]) == (1240, False)
    assert [(one["kind"], one["points"]) for one in lot["moves"]] == [("take_back", -5)]
    assert told["text"] == "7 puntos: +12 por compras, −5 por devoluciones y correcciones."


def test_staff_read_what_was_there_at_a_moment_as_it_was_known_at_one(
    service: Service, shop: Shop, clock: ManualClock
) -> None:
    before = moment_text(clock.now() - timedelta(days=1))
    clock.advance(minutes=1)
    sold = sale(code=shop.card_text, scanned_at=AT)
    service.post("/api/v1/sales", shop.as_till(), json=sold)
    between = moment_text(clock.now())
    clock.advance(hours=1)
    refund = {"refund_id": "back-1", "amount_minor": 500, "refunded_at": between}
    service.post(f"/api/v1/sales/{sold['sale_id']}/refunds", shop.as_till(), json=refund)
    path = f"/api/v1/persons/{person_of(service, shop)}/points"

    def then(**asked: str) -> Any:  # noqa: ANN401  JSON
        query = urlencode(asked)
        return service.get(f"{path}?{query}", shop.as_staff("manager")).get_json()["then"]

    assert then() is None
    assert then(as_of=before)["points"] == 0
    assert then(known_at=before)["points"] == 0
    assert then(known_at=between)["points"] == 12, "nothing had come back that day's page knew of"
    told = then(as_of=between)
    assert (told["as_of"], told["points"], told["debt"]) == (between, 7, 0)
    for wrong in ("yesterday", "2026-03-02", "2026-03-02T10:00:00"):
        for name in ("as_of", "known_at"):
            refused = service.get(f"{path}?{name}={wrong}", shop.as_staff("manager"))
            assert (refused.status_code, refused.get_json()["code"]) == (400, "malformed_request")


def offer_stamps(service: Service, shop: Shop) -> None:
    now = service.services.tools.clock.now()
    tenth = RewardDraft("Cinco visitas", 5, "stamps", {"per": "visit", "from_minor": 500}, "EUR")
    with service.services.database.unit_of_work(shop.program_id) as session:
        add_reward(session, shop.program_id, tenth, at=now)
        policy = PointsPolicy(pending_days=14)
        set_policy(session, shop.program_id, policy, made_by="test", at=now)


def test_each_stamp_card_says_why_to_staff_and_till(service: Service, shop: Shop) -> None:
    offer_stamps(service, shop)
    service.post("/api/v1/sales", shop.as_till(), json=sale(code=shop.card_text, scanned_at=AT))
    read = service.post(
        "/api/v1/scans", shop.as_till(), json={"code": shop.card_text, "scanned_at": AT}
    ).get_json()
    (card,) = read["stamps"]
    assert (card["stamps"], card["pending"], card["held"], card["owed"]) == (0, 1, 0, 0)
    assert card["text"] == "0 de 5 sellos para Cinco visitas. En espera: 1 sello."
    assert card["pending_until"] is not None
    person = f"/api/v1/persons/{person_of(service, shop)}/points"
    for told in (
        service.get(person, shop.as_staff("manager")),
        service.get(f"/api/v1/scans/{read['scan_id']}/points", shop.as_till()),
    ):
        (why,) = told.get_json()["stamps"]
        assert (why["name"], why["needed"], why["offered"]) == ("Cinco visitas", 5, True)
        assert (why["stamps"], why["pending"]) == (0, 1)
        assert why["sums"] == [{"kind": "earn", "points": 1}]
        assert why["text"] == "0 sellos: +1 por compras, −1 aún pendientes."
        (lot,) = why["lots"]
        assert (lot["state"], lot["source"]["total_minor"]) == ("pending", 1240)
        assert lot["text"].startswith("1 sello: uno por compra desde 5,00")
        assert "Pendientes hasta" in lot["text"]


def test_a_till_reads_it_after_a_scan_and_only_of_its_own_scan(
    service: Service, shop: Shop, other_shop: Shop, clock: ManualClock
) -> None:
    buy_and_return(service, shop)
    path = f"/api/v1/scans/{scan(service, shop)}/points"
    told = service.get(path, shop.as_till())
    assert (told.status_code, told.get_json()["points"]) == (200, 7)
    assert service.get(path, other_shop.as_till()).status_code == 404
    nothing = service.get(f"/api/v1/scans/{UUID(int=7)}/points", shop.as_till())
    assert nothing.status_code == 404
    clock.advance(minutes=16)
    assert service.get(path, shop.as_till()).status_code == 404


def decide(service: Service, shop: Shop, policy: PointsPolicy) -> None:
    """Let the program decide something about its points."""
    at = service.services.tools.clock.now()
    with service.services.database.unit_of_work(shop.program_id) as session:
        set_policy(session, shop.program_id, policy, made_by="test", at=at)


def test_shoppers_read_on_their_phone_what_each_point_of_theirs_paid_for(
    service: Service, shop: Shop, clock: ManualClock
) -> None:
    decide(service, shop, PointsPolicy(expiry_months=1))
    before = moment_text(clock.now() - timedelta(days=1))
    clock.advance(minutes=1)
    buy_and_return(service, shop)
    asked = service.get("/api/v1/card/points", shop.as_shopper())
    told = asked.get_json()
    assert asked.status_code == 200
    assert "no-store" in asked.headers["Cache-Control"]
    assert (told["points"], told["held"], told["pending"], told["debt"]) == (7, 0, 0, 0)
    (lot,) = told["lots"]
    assert (told["expiring_points"], told["expiring_at"]) == (7, lot["expires_at"])
    assert lot["expires_at"] is not None
    assert [(one["kind"], one["points"]) for one in lot["moves"]] == [("take_back", -5)]
    assert (lot["source"]["store_name"], lot["source"]["elsewhere"]) == ("Panadería Sol", False)
    person_id = person_of(service, shop)
    by_staff = service.get(f"/api/v1/persons/{person_id}/points", shop.as_staff("owner"))
    assert by_staff.get_json() == told, "one account of the points, whoever reads it"
    then = service.get(f"/api/v1/card/points?as_of={before}", shop.as_shopper()).get_json()["then"]
    assert (then["as_of"], then["points"], then["debt"]) == (before, 0, 0)


def test_nobody_reads_a_card_without_the_phone_that_holds_it(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    buy_and_return(service, shop)
    for headers in ({}, shop.as_till(), shop.as_staff("owner"), {"Cookie": "enlaza-card=1.none"}):
        refused = service.get("/api/v1/card/points", headers)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "sign_in_needed")
    theirs = service.get("/api/v1/card/points", other_shop.as_shopper()).get_json()
    assert (theirs["points"], theirs["lots"]) == (0, []), "another card's points are its own"
    for wrong in ("?as_of=yesterday", "?limit=0", "?limit=101", "?used_after=1", "?member=1"):
        refused = service.get(f"/api/v1/card/points{wrong}", shop.as_shopper())
        assert (refused.status_code, refused.get_json()["code"]) == (400, "malformed_request")


def test_what_is_used_up_is_read_a_page_at_a_time_and_nothing_is_told_twice(
    service: Service, shop: Shop, clock: ManualClock
) -> None:
    for number in range(5):
        clock.advance(minutes=1)
        sold = sale(sale_id=f"used-{number}", code=shop.card_text, scanned_at=AT)
        service.post("/api/v1/sales", shop.as_till(), json=sold)
        refund = {"refund_id": f"back-{number}", "amount_minor": 1240, "refunded_at": AT}
        service.post(f"/api/v1/sales/used-{number}/refunds", shop.as_till(), json=refund)
    person = f"/api/v1/persons/{person_of(service, shop)}/points"
    for path, headers in (
        ("/api/v1/card/points", shop.as_shopper()),
        (person, shop.as_staff("owner")),
    ):
        found, after = [], ""
        for left in (3, 1, 0):
            told = service.get(f"{path}?limit=2{after}", headers).get_json()
            assert (told["older"]["lots"], told["older"]["points"]) == (left, left * 12)
            found += [lot["source"]["sale_id"] for lot in told["used"]]
            after = f"&used_after={told['used'][-1]['lot_id']}"
        assert found == [f"used-{number}" for number in (4, 3, 2, 1, 0)]


def test_the_days_of_a_store_add_up_to_what_its_sales_gave(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    buy_and_return(service, shop)
    days = {"from": "2026-03-01", "until": "2026-03-31"}
    at, manager = "/api/v1/points/days", shop.as_staff("manager")
    assert service.get(at, manager, query_string=days).get_json() == {"days": [], "sealed_at": None}
    parts = service.services
    seal_ledger(parts.database, shop.program_id, tools=parts.tools)
    told = service.get(at, manager, query_string=days).get_json()
    assert told["sealed_at"] is not None
    own = {(day["account"], day["kind"]): day for day in told["days"]}
    assert (own["wallet", "earn"]["points"], own["wallet", "earn"]["acts"]) == (12, 1)
    assert (own["issued", "take_back"]["points"], own["wallet", "take_back"]["points"]) == (5, -5)
    assert {day["store_id"] for day in told["days"]} == {str(shop.program.store_id)}
    assert sum(day["points"] for day in told["days"]) == 0
    assert service.get(at, shop.as_staff("owner"), query_string=days).get_json() == told
    theirs = service.get(at, other_shop.as_staff("owner"), query_string=days).get_json()
    assert theirs["days"] == []
    refused = service.get(at, manager, query_string={"from": "2026-03-01"})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "malformed_request")
