"""Till, poster, cards and store page tell a rate only when everybody gets it."""

from dataclasses import replace
from typing import Any

from loyalty.points.earning.rulesets import set_rules
from loyalty.points.policy import policy_in_force
from loyalty.points.set_policy import set_policy
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}
TUESDAYS = {**BASE, "weekdays": [{"days": [2], "times": [2, 1]}]}
RATE = "1 punto por cada euro"
SPANISH = "Ganas puntos con tus compras"
ENGLISH = "You earn points with what you buy"


def earn_by(service: Service, shop: Shop, *rules: dict[str, Any]) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        _, checked = set_rules(
            session,
            shop.program_id,
            {"rules": list(rules)},
            currency="EUR",
            made_by="x",
            at=parts.tools.clock.now(),
        )
    assert checked.errors == ()


def carry_over(service: Service, shop: Shop) -> None:
    parts, program_id = service.services, shop.program_id
    now = parts.tools.clock.now()
    with parts.database.unit_of_work(program_id) as session:
        held = policy_in_force(session, program_id, at=now)
        set_policy(session, program_id, replace(held, carry_over=True), made_by="x", at=now)


def at_till(service: Service, shop: Shop) -> object:
    return service.get("/api/v1/till/session", shop.as_till()).get_json()["earning"]


def test_a_plain_rate_is_told_everywhere(service: Service, owner: Visitor, shop: Shop) -> None:
    assert at_till(service, shop) == {"points": 1, "per_minor": 100}
    pages = (f"/S/{shop.slug}", f"/admin/poster/{shop.program.store_id}", store(shop))
    for page in pages:
        owner.open(page)
        assert RATE in owner.text, page
    carry_over(service, shop)
    assert at_till(service, shop) is None, "what waits of a step comes to it"
    for page in pages:
        owner.open(page)
        assert RATE in owner.text, "the rate is the same with what waits"


def test_what_depends_on_the_day_is_told_without_a_rate(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    earn_by(service, shop, TUESDAYS)
    assert at_till(service, shop) is None
    for language, words, yours in (
        ("es", SPANISH, "Los puntos de una compra dependen de tus reglas."),
        ("en", ENGLISH, "What a purchase earns depends on your rules."),
    ):
        for page in (f"/S/{shop.slug}", f"/admin/poster/{shop.program.store_id}"):
            owner.open(f"{page}?lang={language}")
            assert words in owner.text, page
            assert RATE not in owner.text
        owner.open(f"{store(shop)}?lang={language}")
        assert yours in owner.text


def test_rules_that_are_over_promise_nothing(service: Service, owner: Visitor, shop: Shop) -> None:
    earn_by(service, shop, {**BASE, "valid_until": "2020-01-01"})
    for page in (f"/S/{shop.slug}", f"/admin/poster/{shop.program.store_id}"):
        owner.open(page)
        assert RATE not in owner.text
        assert SPANISH not in owner.text
    owner.open(store(shop))
    assert "Ninguna regla da puntos ahora." in owner.text


def store(shop: Shop) -> str:
    return f"/admin/store/{shop.program.store_id}"
