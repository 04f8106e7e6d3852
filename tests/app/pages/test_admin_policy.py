"""How the program's points work, as the owner decides it: in versions, undone by one more."""

import pytest

from loyalty.points.policy import PointsPolicy, policy_in_force
from tests.support.forms import Visitor
from tests.support.service import Service, Shop

PAGE = "/admin/points/policy"
TOLD = {
    "expiry_months": "12",
    "expiry_warning_days": "30",
    "expiry_grace_days": "14",
    "pending_days": "15",
    "welcome_points": "10",
    "birthday_points": "20",
    "referral_points": "30",
    "referral_most": "5",
    "card_sales_per_day": "3",
    "card_points_per_day": "",
    "adjust_manager_most": "100",
    "cashier_allowance": "50",
    "offline_allowance": "0",
    "hold_minutes": "10",
    "claim_days": "60",
    "claim_code_days": "20",
    "value_minor_per_1000": "7,50",
    "debt_policy": "block",
    "carry_over": "1",
}


def held(service: Service, shop: Shop) -> PointsPolicy:
    parts = service.services
    with parts.database.reading(shop.program_id) as session:
        return policy_in_force(session, shop.program_id, at=parts.tools.clock.now())


def test_what_was_decided_holds_from_now_and_is_undone(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    owner.open(PAGE)
    assert "Los puntos no caducan." in owner.text
    owner.send(PAGE, **TOLD)
    assert "Los puntos caducan 12 meses después de ganarlos." in owner.text
    kept = held(service, shop)
    assert (kept.expiry_months, kept.pending_days, kept.debt_policy) == (12, 15, "block")
    assert (kept.value_minor_per_1000, kept.card_sales_per_day) == (750, 3)
    assert (kept.card_points_per_day, kept.carry_over, kept.hold_minutes) == (None, True, 10)
    assert (kept.claim_days, kept.claim_code_days) == (60, 20)
    owner.undo()
    now = held(service, shop)
    assert (now.version, now.expiry_months, now.carry_over) == (2, None, False)
    assert now.debt_policy == "owe"


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("expiry_months", "0", "Pon de 1 a 120 meses, o déjalo vacío."),
        ("expiry_months", "1,5", "Pon de 1 a 120 meses, o déjalo vacío."),
        ("pending_days", "-1", "Pon de 0 a 365 días."),
        ("pending_days", "", "Pon de 0 a 365 días."),
        ("claim_days", "0", "Pon de 1 a 365 días."),
        ("claim_code_days", "366", "Pon de 1 a 365 días."),
        ("welcome_points", "99999999", "Pon un número entero de puntos; 0 es nada."),
        ("value_minor_per_1000", "mucho", "Escribe el importe, por ejemplo 10 o 7,50."),
        ("hold_minutes", "0", "Pon de 1 a 1440 minutos."),
        ("debt_policy", "prison", "Elige qué pasa con lo que se debe."),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(
    service: Service, owner: Visitor, shop: Shop, field: str, text: str, sentence: str
) -> None:
    owner.open(PAGE)
    owner.send(PAGE, **{**TOLD, field: text})
    assert sentence in owner.text
    assert 'value="30"' in owner.text
    assert held(service, shop).version == 0


def test_the_policy_speaks_english_too(owner: Visitor) -> None:
    owner.headers["Accept-Language"] = "en"
    owner.open(PAGE)
    owner.send(PAGE, **TOLD)
    assert "Points expire 12 months after they were earned." in owner.text
