"""What the demo's two shops sell and when it is collected: invented brands, honest slots."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.demo_street import StoreKey
from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import count_stock
from loyalty.orders.slot_rules import Policy
from loyalty.orders.slots import set_policy

# Reference, name, category, price, tax, unit, stock (thousandths, None: nobody counts it).
_Range = tuple[tuple[ProductDraft, int | None], ...]

RANGES: Final[dict[StoreKey, _Range]] = {
    "horno": (
        (ProductDraft("PAN-1", "Barra de pan", 110, 400, category="Panes"), 60_000),
        (ProductDraft("PAN-2", "Hogaza de centeno", 420, 400, category="Panes"), 9_000),
        (ProductDraft("PAN-3", "Barra de masa madre", 260, 400, category="Panes"), 14_000),
        (ProductDraft("DUL-1", "Magdalenas, media docena", 380, 1000, category="Dulces"), 12_000),
        (ProductDraft("DUL-2", "Roscón pequeño", 1450, 1000, category="Dulces"), 0),
        (ProductDraft("SAL-1", "Empanada de atún", 1690, 1000, "kg", category="Salado"), 3_200),
        (ProductDraft("CAF-1", "Café de la casa", 150, 1000, category="Barra"), None),
    ),
    "frutas": (
        (ProductDraft("NAR-1", "Naranjas de mesa", 195, 400, "kg", category="Fruta"), 42_500),
        (ProductDraft("MAN-1", "Manzana reineta", 285, 400, "kg", category="Fruta"), 18_000),
        (ProductDraft("TOM-1", "Tomates de rama", 245, 400, "kg", category="Verdura"), 21_300),
        (ProductDraft("ACE-1", "Acelgas, manojo", 180, 400, category="Verdura"), 8_000),
        (
            ProductDraft(
                "MIE-1",
                "Miel de romero Tía Pura, 500 g",
                690,
                1000,
                barcode="2000000000015",
                category="Despensa",
            ),
            15_000,
        ),
        (
            ProductDraft(
                "ACT-1",
                "Aceite Cerro Bermejo, 1 l",
                1150,
                400,
                barcode="2000000000022",
                category="Despensa",
            ),
            4_000,
        ),
    ),
}

# A week ahead, so that whoever opens the demo finds a slot at any hour of any day.
POLICIES: Final[dict[StoreKey, Policy]] = {
    "horno": Policy(slot_minutes=30, lead_minutes=60, cutoff_minutes=60, capacity=4),
    "frutas": Policy(slot_minutes=60, lead_minutes=90, cutoff_minutes=60, capacity=6),
}


def fill_shelves(
    session: Session, program_id: int, stores: dict[StoreKey, UUID], *, at: datetime
) -> None:
    """Put the range of each demo shop on its shelf, counted, and let it be ordered."""
    for key, store_id in stores.items():
        drafts = [draft for draft, _ in RANGES[key]]
        ids = save_products(session, program_id, store_id, drafts, currency="EUR", at=at)
        counted = {ids[draft.sku]: stock for draft, stock in RANGES[key] if stock is not None}
        count_stock(session, program_id, counted, act_id="demo:shelves", at=at)
        set_policy(session, program_id, store_id, POLICIES[key], at=at)
