"""Tiers as an owner sets them: what reaches each, when one moves, undone by one press."""

import pytest

from loyalty.points.earning.ladder import Ladder
from loyalty.points.earning.rulesets import rules_in_force
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGE = "/admin/points/tiers"
MOVES = {
    "by": "points",
    "window": "rolling",
    "months": "12",
    "upgrade": "at_once",
    "downgrade": "one_step",
}
TWO = {
    "name_1": "Vecina",
    "least_1": "100",
    "times_1": "1",
    "name_2": "De casa",
    "least_2": "500",
    "times_2": "3/2",
}


def ladder(service: Service, shop: Shop) -> Ladder | None:
    parts = service.services
    with parts.database.reading(shop.program_id) as session:
        at = parts.tools.clock.now()
        held = rules_in_force(session, shop.program_id, currency="EUR", at=at)
    assert held is not None
    return held.document.ladder


def test_tiers_are_set_kept_by_a_rule_and_undone(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    owner.open(PAGE)
    owner.send(PAGE, **MOVES, **TWO)
    assert "Niveles guardados." in owner.text
    kept = ladder(service, shop)
    assert kept is not None
    steps = [(tier.name, tier.at_least) for tier in kept.tiers]
    assert steps == [("Vecina", 100), ("De casa", 500)]
    assert kept.downgrade == "one_step"
    basket = "try_rest=10&try_day=2026-11-24&try_time=10:00"
    owner.open(f"/admin/points?{basket}&try_tier={kept.tiers[1].tier_id}")
    assert "Esta compra ganaría 15 puntos." in owner.text
    owner.open(PAGE)
    assert 'value="De casa"' in owner.text
    owner.send(PAGE, **MOVES)
    assert ladder(service, shop) is None
    owner.undo()
    assert ladder(service, shop) == kept


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"least_2": "100"}, "Cada nivel pide más que el anterior."),
        ({"least_1": "0"}, "Ese número no cabe aquí."),
        ({"least_1": "muchos"}, "Escribe un número entero, sin decimales."),
        ({"name_1": ""}, "Falta este dato."),
        ({"months": "0"}, "Ese número no cabe aquí."),
        ({"window": "calendar", "months": "5"}, "1, 2, 3, 4, 6 o 12 meses"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    service: Service, owner: Visitor, shop: Shop, fields: dict[str, str], sentence: str
) -> None:
    owner.open(PAGE)
    answer = owner.send(PAGE, **{**MOVES, **TWO, **fields})
    assert answer.status_code == 422
    assert sentence in owner.text
    assert ladder(service, shop) is None


def test_the_tiers_speak_english_too(owner: Visitor) -> None:
    owner.headers["Accept-Language"] = "en"
    owner.open(PAGE)
    assert "How one moves up and down" in owner.text
