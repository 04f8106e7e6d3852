"""The shop's own site tells visits after consent."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from loyalty.visits.models import Visit, VisitEvent
from tests.support.service import Service, Shop

AT = "2026-03-02T09:00:00Z"
SITE = {"Origin": "https://panaderia.example"}


def visit(shop: Shop, **changes: object) -> dict[str, Any]:
    return {
        "store": shop.slug.lower(),
        "consent": True,
        "referrer": "https://www.google.es/search?q=pan",
        "landing": "/hogazas?color=1",
        "event": {"kind": "page", "detail": "/hogazas", "occurred_at": AT},
        **changes,
    }


def kept(service: Service, shop: Shop) -> tuple[list[Visit], list[VisitEvent]]:
    with service.services.database.reading(shop.program_id) as session:
        visits = select(Visit).where(Visit.program_id == shop.program_id)
        events = select(VisitEvent).where(VisitEvent.program_id == shop.program_id)
        return list(session.scalars(visits)), list(session.scalars(events))


def test_a_visit_is_kept_with_its_channel_and_without_its_query(
    service: Service, shop: Shop
) -> None:
    answer = service.post("/api/v1/visits", SITE, json=visit(shop))
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["card_url"].startswith("http://127.0.0.1:8000/S/PANADERIA-SOL?visit=7.")
    visits, events = kept(service, shop)
    assert [(one.channel, one.source, one.landing) for one in visits] == [
        ("search", "google.es", "/hogazas")
    ]
    assert [(one.kind, one.detail) for one in events] == [("page", "/hogazas")]


def test_the_same_visit_goes_on_and_an_event_counts_once(service: Service, shop: Shop) -> None:
    first = service.post("/api/v1/visits", SITE, json=visit(shop)).get_json()
    event = {
        "event_id": str(UUID(int=5)),
        "kind": "product",
        "detail": "hogaza",
        "occurred_at": AT,
    }
    for _ in range(3):
        service.post("/api/v1/visits", SITE, json=visit(shop, visit=first["visit"], event=event))
    visits, events = kept(service, shop)
    assert len(visits) == 1
    assert len(events) == 2


def test_a_visit_of_another_program_is_not_continued(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    theirs = service.post("/api/v1/visits", SITE, json=visit(other_shop)).get_json()["visit"]
    for token in (theirs, "7.forged", "", theirs.replace("8.", "7.", 1)):
        assert (
            service.post("/api/v1/visits", SITE, json=visit(shop, visit=token)).status_code == 201
        )
    assert len(kept(service, shop)[0]) == 4


def test_nothing_is_kept_without_consent(service: Service, shop: Shop) -> None:
    for consent in (False, None, "true", 1):
        answer = service.post("/api/v1/visits", SITE, json=visit(shop, consent=consent))
        assert answer.status_code == 400
    assert kept(service, shop) == ([], [])


def test_a_store_that_is_not_here_is_told_so(service: Service) -> None:
    body = {"store": "NOBODY", "consent": True}
    answer = service.post("/api/v1/visits", SITE, json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_other_sites_may_ask_for_visits_only(service: Service) -> None:
    asked = {**SITE, "Access-Control-Request-Method": "POST"}
    allowed = service.call("OPTIONS", "/api/v1/visits", asked)
    assert allowed.headers["Access-Control-Allow-Origin"] == "*"
    assert allowed.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    refused = service.call("OPTIONS", "/api/v1/sales", asked)
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_the_script_may_be_embedded_and_waits_for_consent(service: Service) -> None:
    answer = service.get("/enlaza.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert "cookie" not in answer.text.replace("no cookie", "")
    assert "if (!agreed) return;" in answer.text
