"""An owner types a product: what may stand in it, and how it is added or changed by hand."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.catalog.models import Product
from loyalty.catalog.products import PRODUCT, ProductDraft, next_position, row_of
from loyalty.catalog.rules import TAX_WHOLE_BP
from loyalty.db.writes import insert_new, rows_changed
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.money import TOTAL_MINOR_MAX

SKU_MAX: Final = 64
NAME_MAX: Final = 120
CATEGORY_MAX: Final = 60
BARCODE_MAX: Final = 20
DESCRIPTION_MAX: Final = 500


def check_draft(draft: ProductDraft) -> None:
    """Refuse a product that cannot be kept.

    Errors: `SettingInvalidError` with the `field` that is wrong.
    """
    lengths = {
        "product_name": (draft.name, NAME_MAX),
        "sku": (draft.sku, SKU_MAX),
        "category": (draft.category, CATEGORY_MAX),
        "barcode": (draft.barcode, BARCODE_MAX),
        "description": (draft.description, DESCRIPTION_MAX),
    }
    for field, (text, most) in lengths.items():
        needed = field in {"product_name", "sku"}
        if len(text) > most or (needed and not text):
            raise SettingInvalidError(field=field)
    if not 0 <= draft.price_minor <= TOTAL_MINOR_MAX:
        raise SettingInvalidError(field="price")
    if not 0 <= draft.tax_bp <= TAX_WHOLE_BP:
        raise SettingInvalidError(field="tax")


def add_product(
    session: Session,
    program_id: int,
    store_id: UUID,
    draft: ProductDraft,
    *,
    currency: str,
    at: datetime,
) -> UUID:
    """Add one product to a store's list, at its end.

    Errors: `SettingInvalidError`; its field is `sku_taken` when the store has that reference.
    """
    check_draft(draft)
    position = next_position(session, program_id, store_id)
    row = row_of(draft, program_id, store_id, position=position, currency=currency, at=at)
    if not insert_new(session, Product, row):
        raise SettingInvalidError(field="sku_taken")
    product_id = row["product_id"]
    assert isinstance(product_id, UUID)
    return product_id


def change_product(
    session: Session, program_id: int, product_id: UUID, draft: ProductDraft, *, at: datetime
) -> None:
    """Change what a product is; its reference, its place and its stock stay.

    Errors: `SettingInvalidError`, `NotFoundError`.
    """
    check_draft(draft)
    values = {
        "name": draft.name,
        "barcode": draft.barcode,
        "category": draft.category,
        "description": draft.description,
        "unit": draft.unit,
        "price_minor": draft.price_minor,
        "tax_bp": draft.tax_bp,
        "updated_at": at,
    }
    where = (PRODUCT.c.program_id == program_id, PRODUCT.c.product_id == product_id)
    if not rows_changed(session, update(PRODUCT).where(*where).values(values)):
        raise NotFoundError
