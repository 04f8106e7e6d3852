"""A store's products and their stock, moved as the journeys will move them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.queries import (
    ProductFacts,
    StockDifference,
    audit_stock,
    products_by_id,
    products_of,
)
from loyalty.catalog.stock import MoveKind, Moves, count_stock, move_stock
from loyalty.db.session import Database
from tests.support.clock import ManualClock
from tests.support.town import Town


@dataclass(frozen=True, slots=True)
class Shelf:
    """One store's products in one database."""

    database: Database
    clock: ManualClock
    town: Town

    def save(self, *drafts: ProductDraft, store_id: UUID | None = None) -> dict[str, UUID]:
        with self.database.unit_of_work(self.town.program_id) as session:
            return save_products(
                session,
                self.town.program_id,
                store_id or self.town.bakery_id,
                drafts,
                currency="EUR",
                at=self.clock.now(),
            )

    def bread(self, sku: str = "BREAD") -> UUID:
        return self.save(ProductDraft(sku, "Pan de pueblo", 120, 400))[sku]

    def count(self, product_id: UUID, pieces: int, *, act_id: str) -> None:
        counted = {product_id: pieces * 1000}
        with self.database.unit_of_work(self.town.program_id) as session:
            count_stock(session, self.town.program_id, counted, act_id=act_id, at=self.clock.now())

    def move(self, kind: MoveKind, act_id: str, pieces: Mapping[UUID, int]) -> tuple[UUID, ...]:
        quantities = {product_id: number * 1000 for product_id, number in pieces.items()}
        moves = Moves(kind, act_id, quantities, at=self.clock.now())
        with self.database.unit_of_work(self.town.program_id) as session:
            return move_stock(session, self.town.program_id, moves)

    def listed(self, *, only_active: bool = False) -> tuple[ProductFacts, ...]:
        with self.database.reading(self.town.program_id) as session:
            return products_of(
                session, self.town.program_id, self.town.bakery_id, only_active=only_active
            )

    def facts(self, product_id: UUID) -> ProductFacts:
        with self.database.reading(self.town.program_id) as session:
            return products_by_id(session, self.town.program_id, [product_id])[product_id]

    def pieces(self, product_id: UUID) -> tuple[int, int]:
        """Say how many are on hand and how many of them are reserved."""
        facts = self.facts(product_id)
        assert facts.on_hand_milli is not None
        assert facts.reserved_milli is not None
        return facts.on_hand_milli // 1000, facts.reserved_milli // 1000

    def audit(self) -> tuple[StockDifference, ...]:
        with self.database.reading(self.town.program_id) as session:
            return audit_stock(session, self.town.program_id)
