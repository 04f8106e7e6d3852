"""The sentence over the door knows closures and holidays, in the reader's language."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from loyalty.programs.closures import set_closure
from loyalty.programs.models import Store
from tests.support.clock import ManualClock
from tests.support.forms import visitor
from tests.support.service import Service, Shop

WEEK = "Mo-Sa 09:00-14:00,17:00-20:30; PH off"


def set_door(service: Service, shop: Shop, closed: dict[date, str], *, zone: str) -> None:
    with service.services.database.unit_of_work(shop.program_id) as session:
        session.execute(
            update(Store)
            .where(Store.program_id == shop.program_id)
            .values(hours=WEEK, time_zone=zone, country="ES")
        )
        for day, name in closed.items():
            set_closure(
                session,
                shop.program_id,
                shop.program.store_id,
                day,
                name=name,
                is_closed=bool(name),
            )


def says(service: Service, shop: Shop, clock: ManualClock, moment: str, language: str) -> str:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    clock.advance(s=(at - clock.now()).total_seconds())
    somebody = visitor(service)
    somebody.headers["Accept-Language"] = language
    somebody.open(f"/S/{shop.slug}")
    return somebody.text


BRIDGE = {date(2026, 12, 5): "Día de la Constitución"}


@pytest.mark.parametrize(
    ("closed", "moment", "language", "sentence"),
    [
        (BRIDGE, "2026-12-05T10:00", "es", "Día de la Constitución. Abre el lunes a las 09:00"),
        (BRIDGE, "2026-12-05T10:00", "en", "Closed today: Día de la Constitución. Opens Monday at"),
        ({}, "2026-12-05T10:00", "es", "Abierto hasta las 14:00"),
        ({}, "2026-12-08T10:00", "es", "Cerrado hoy: Inmaculada Concepción. Abre el miércoles"),
        ({}, "2026-12-08T10:00", "en", "Closed today: Immaculate Conception. Opens Wednesday"),
        ({date(2026, 12, 8): ""}, "2026-12-08T10:00", "es", "Abierto hasta las 14:00"),
        ({}, "2026-12-04T22:00", "en", "Saturday at 09:00"),
        (
            {date(2026, 12, day): "Vacaciones" for day in range(1, 16)},
            "2026-12-05T10:00",
            "es",
            "Cerrado hoy: Vacaciones. Abre el miércoles 16 de diciembre a las 09:00",
        ),
    ],
)
def test_the_door_says_for_what_it_is_closed_and_when_it_opens(
    service: Service,
    shop: Shop,
    clock: ManualClock,
    closed: dict[date, str],
    moment: str,
    language: str,
    sentence: str,
) -> None:
    set_door(service, shop, closed, zone="Europe/Madrid")
    assert sentence in says(service, shop, clock, moment, language)


def test_a_store_in_the_canary_islands_closes_at_its_own_midnight(
    service: Service, shop: Shop, clock: ManualClock
) -> None:
    set_door(service, shop, {date(2026, 12, 5): "Feria"}, zone="Atlantic/Canary")
    # Half past midnight in Madrid, still Friday in Las Palmas.
    assert "Feria" not in says(service, shop, clock, "2026-12-04T23:30", "es")
    assert "Cerrado hoy: Feria" in says(service, shop, clock, "2026-12-05T00:30", "es")
