"""An owner says when the store is closed and how orders are collected, and sees the slots."""

from dataclasses import replace

import pytest

from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.orders.queries import policy_of
from loyalty.orders.slot_rules import Policy
from loyalty.programs.closures import closure_days
from tests.support.clock import ManualClock
from tests.support.forms import Visitor
from tests.support.service import Service, Shop
from tests.support.takes_orders import order, store_of, take_orders

USUAL = {
    "is_open": "1",
    "capacity": "4",
    "days_ahead": "7",
    "slot_minutes": "30",
    "lead_minutes": "60",
    "cutoff_minutes": "60",
    "hold_minutes": "120",
    "keep_hours": "24",
}


def page(shop: Shop) -> str:
    return f"/admin/pickup/{shop.program.store_id}"


def kept(service: Service, shop: Shop) -> Policy | None:
    with service.services.database.reading(shop.program_id) as session:
        return policy_of(session, shop.program_id, shop.program.store_id)


def days(service: Service, shop: Shop) -> list[tuple[str, str, bool]]:
    today = service.services.tools.clock.now().date()
    with service.services.database.reading(shop.program_id) as session:
        found = closure_days(session, shop.program_id, shop.program.store_id, since=today)
    return [(one.day.isoformat(), one.name, one.is_closed) for one in found]


def first_day(service: Service, shop: Shop) -> str:
    """Say on which day the first slot lies that is offered."""
    now, store = service.services.tools.clock.now(), store_of(service, shop)
    with service.services.database.reading(shop.program_id) as session:
        offers = pickup_slots(session, store, now=now)
    return offers[0].slot.starts_at.date().isoformat() if offers else ""


def test_from_hours_to_slots_in_two_forms(service: Service, owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    assert "Ahora nadie puede pedir para recoger." in owner.text
    owner.send(f"{page(shop)}/policy", **USUAL)
    assert "Primero pon las horas en que abres" in owner.text
    assert kept(service, shop) is None
    owner.send(
        f"/admin/store/{shop.program.store_id}/hours", hours_text="Mo-Sa 09:00-14:00,17:00-20:30"
    )
    owner.send(f"{page(shop)}/policy", **USUAL)
    assert "Recogida guardada." in owner.text
    assert "Quien pida ahora puede recoger desde" in owner.text
    assert "09:00–09:30" in owner.text
    assert kept(service, shop) == Policy(slot_minutes=30)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"capacity": "0"}, "Pon cuántos pedidos caben"),
        ({"capacity": "muchos"}, "Pon cuántos pedidos caben"),
        ({"capacity": "-3"}, "Pon cuántos pedidos caben"),
        ({"days_ahead": "61"}, "Pon de 0 a 60 días."),
        ({"slot_minutes": "4"}, "entre 5 minutos y 4 horas"),
        ({"slot_minutes": "240"}, "Dura más de lo que abres seguido"),
        ({"lead_minutes": "1440", "days_ahead": "0"}, "no queda ningún día que elegir"),
        ({"hold_minutes": ""}, "Pon entre 5 minutos y 7 días."),
    ],
)
def test_what_offers_nothing_is_refused_at_its_field(
    service: Service, owner: Visitor, shop: Shop, changed: dict[str, str], sentence: str
) -> None:
    owner.open(page(shop))
    owner.send(f"/admin/store/{shop.program.store_id}/hours", hours_text="Mo-Sa 09:00-12:00")
    for look in ({}, {"look": "1"}):
        owner.send(f"{page(shop)}/policy", **{**USUAL, **changed, **look})
        assert sentence in owner.text
        assert 'aria-invalid="true"' in owner.text
    assert kept(service, shop) is None


def test_slots_are_seen_before_they_are_kept_and_undone_after(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    take_orders(service, shop)
    before = kept(service, shop)
    owner.open(page(shop))
    owner.send(f"{page(shop)}/policy", **USUAL, look="1")
    assert "Todavía no está guardado." in owner.text
    assert kept(service, shop) == before
    owner.send(f"{page(shop)}/policy", **USUAL)
    assert kept(service, shop) == Policy(slot_minutes=30)
    owner.undo()
    assert kept(service, shop) == before


def test_today_can_be_paused_and_tomorrow_opens_by_itself(
    service: Service, owner: Visitor, shop: Shop, clock: ManualClock
) -> None:
    ids = take_orders(service, shop)
    placed = order(service, shop, {ids["BREAD"]: 1000})
    today = clock.now().date().isoformat()
    assert first_day(service, shop) == today
    owner.open(page(shop))
    owner.send(f"{page(shop)}/pause", paused="1")
    assert "Hoy no entran más pedidos." in owner.text
    assert first_day(service, shop) > today
    owner.send(f"{page(shop)}/policy", **USUAL)
    assert first_day(service, shop) > today, "other numbers do not end the pause"
    owner.send(f"{page(shop)}/pause", paused="0")
    assert first_day(service, shop) == today
    owner.undo()
    clock.advance(days=1)
    assert first_day(service, shop) == clock.now().date().isoformat()
    assert placed.number not in owner.text


def test_fewer_places_than_orders_are_told_and_nobody_loses_theirs(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    ids = take_orders(service, shop)
    for _ in range(3):
        order(service, shop, {ids["BREAD"]: 1000})
    owner.open(page(shop))
    owner.send(f"{page(shop)}/policy", **{**USUAL, "capacity": "1", "lead_minutes": "30"})
    assert "1 tramo ya tiene más pedidos de los que caben ahora" in owner.text
    assert "completo" in owner.text
    now, store = service.services.tools.clock.now(), store_of(service, shop)
    with service.services.database.reading(shop.program_id) as session:
        offer = pickup_slots(session, store, now=now)[0]
    assert offer.places == 0


def test_holidays_are_proposed_kept_and_opened_one_by_one(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    take_orders(service, shop)
    owner.open(f"{page(shop)}?region=CN")
    assert "Día de Canarias" in owner.text
    owner.send(
        f"{page(shop)}/holidays",
        region="CN",
        shown="2026-05-30",
        closed="2026-05-30",
    )
    assert "1 día guardado." in owner.text
    assert days(service, shop) == [("2026-05-30", "Día de Canarias", True)]
    owner.send(f"{page(shop)}/days", days="2026-05-30", name="Día de Canarias", is_closed="0")
    assert days(service, shop) == [("2026-05-30", "Día de Canarias", False)]
    owner.undo()
    assert days(service, shop) == [("2026-05-30", "Día de Canarias", True)]
    owner.send(f"{page(shop)}/days/forget", days="2026-05-30")
    assert days(service, shop) == []
    owner.undo()
    assert days(service, shop) == [("2026-05-30", "Día de Canarias", True)]
    owner.send(f"{page(shop)}/holidays", region="CN", shown="2026-05-31", closed="2026-05-31")
    assert len(days(service, shop)) == 1, "only what we proposed is kept"


def test_a_holiday_that_is_not_ticked_stays_open_and_is_not_asked_again(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/holidays", region="", shown="2026-12-08")
    assert days(service, shop) == [("2026-12-08", "Inmaculada Concepción", False)]
    assert 'value="2026-12-08" checked' not in owner.text


def test_vacations_are_one_row_and_orders_in_them_are_told(
    service: Service, owner: Visitor, shop: Shop, clock: ManualClock
) -> None:
    ids = take_orders(service, shop)
    placed = order(service, shop, {ids["BREAD"]: 1000})
    today = clock.now().date()
    owner.open(page(shop))
    owner.send(
        f"{page(shop)}/days",
        since=today.isoformat(),
        until=today.replace(day=today.day + 13).isoformat(),
        name="Vacaciones",
        is_closed="1",
    )
    assert "14 días guardados." in owner.text
    assert owner.text.count('class="row-title">Lunes') == 1
    assert f"Hay pedidos para horas en que cierras: {placed.number}" in owner.text
    assert first_day(service, shop) == ""
    owner.undo()
    assert days(service, shop) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"since": ""}, "Elige un día, de hoy a dos años."),
        ({"since": "2026-02-30"}, "Elige un día, de hoy a dos años."),
        ({"since": "2020-01-01"}, "Elige un día, de hoy a dos años."),
        ({"since": "2026-08-10", "until": "2026-08-01"}, "El último día va después"),
        ({"since": "2026-08-01", "until": "2027-08-01"}, "El último día va después"),
        ({"since": "2026-08-01", "name": "x" * 61}, "El motivo tiene hasta 60 letras."),
        ({"days": "mañana"}, "Elige un día, de hoy a dos años."),
    ],
)
def test_days_that_cannot_be_are_refused(
    service: Service, owner: Visitor, shop: Shop, typed: dict[str, str], sentence: str
) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/days", **typed)
    assert sentence in owner.text
    assert days(service, shop) == []


def test_a_manager_sets_pickup_and_not_the_hours_and_english_is_english(
    service: Service, manager: Visitor, shop: Shop
) -> None:
    take_orders(service, shop)
    manager.headers["Accept-Language"] = "en"
    manager.open(page(shop))
    assert "Save pickup" in manager.text
    assert "Save hours" not in manager.text
    manager.send(f"{page(shop)}/policy", **USUAL)
    assert "Pickup saved." in manager.text
    assert kept(service, shop) == replace(Policy(), slot_minutes=30)
