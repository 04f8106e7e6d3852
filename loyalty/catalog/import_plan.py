"""Hold a list that was read against what the store has: new, changed, the same, missing; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from loyalty.catalog.import_rules import ReadList, ReadRow
from loyalty.catalog.queries import ProductFacts

Part = Literal[
    "name", "price", "tax", "unit", "category", "barcode", "description", "stock", "on_sale"
]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that changes a product the store has, and in which parts.

    What the list has no column for stands in the row as the product has it.
    """

    row: ReadRow
    before: ProductFacts
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What keeping a list would do; `missing` are the products on sale that it does not name."""

    new: tuple[ReadRow, ...]
    changed: tuple[Change, ...]
    same: int
    missing: tuple[ProductFacts, ...]

    @property
    def rows(self) -> tuple[ReadRow, ...]:
        """Give the rows that have to be kept."""
        return (*self.new, *(change.row for change in self.changed))


def plan_import(
    read: ReadList, current: Iterable[ProductFacts], *, counted: Collection[UUID] = ()
) -> ImportPlan:
    """Compare a list with a store's products, by reference.

    A column that the list does not have changes nothing. `counted` are the products whose stock
    this list has set before: what was sold since is no reason to set it again.
    """
    known = {product.sku: product for product in current}
    listed = set(read.columns)
    new: list[ReadRow] = []
    changed: list[Change] = []
    same = 0
    named = set(read.refused)
    for row in read.rows:
        named.add(row.draft.sku)
        before = known.get(row.draft.sku)
        if before is None:
            new.append(row)
            continue
        whole = _completed(row, before, listed)
        parts = _differences(whole, before, count=before.product_id not in counted)
        if parts:
            changed.append(Change(whole, before, parts))
        else:
            same += 1
    missing = tuple(
        product for product in known.values() if product.is_active and product.sku not in named
    )
    return ImportPlan(tuple(new), tuple(changed), same, missing)


def _completed(row: ReadRow, before: ProductFacts, listed: Collection[str]) -> ReadRow:
    draft = row.draft
    whole = replace(
        draft,
        tax_bp=draft.tax_bp if "tax" in listed else before.tax_bp,
        unit=draft.unit if "unit" in listed else before.unit,
        category=draft.category if "category" in listed else before.category,
        barcode=draft.barcode if "barcode" in listed else before.barcode,
        description=draft.description if "description" in listed else before.description,
    )
    return replace(row, draft=whole)


def _differences(row: ReadRow, before: ProductFacts, *, count: bool) -> tuple[Part, ...]:
    draft = row.draft
    pairs: tuple[tuple[Part, object, object], ...] = (
        ("price", draft.price_minor, before.price_minor),
        ("name", draft.name, before.name),
        ("tax", draft.tax_bp, before.tax_bp),
        ("unit", draft.unit, before.unit),
        ("category", draft.category, before.category),
        ("barcode", draft.barcode, before.barcode),
        ("description", draft.description, before.description),
        ("on_sale", draft.is_active, before.is_active),
    )
    parts = [part for part, told, kept in pairs if told != kept]
    if count and row.stock_milli is not None and row.stock_milli != before.on_hand_milli:
        parts.append("stock")
    return tuple(parts)
