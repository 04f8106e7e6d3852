"""A small basket that an owner tries the rules with: what was typed, and what it would earn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.language import gettext
from app.pages.admin_amounts import milli_from_text, minor_from_text
from app.pages.admin_goods import Shelf
from loyalty.catalog.queries import ProductFacts
from loyalty.points.earning.evaluate import Moment
from loyalty.points.earning.goods import Basket, Known, Told, basket_of

LINES: Final = range(1, 4)
MILLI: Final = 1000


@dataclass(frozen=True, slots=True)
class TriedBasket:
    """A basket as its form shows it, and as it is worked out; `wrong` names a field in words."""

    texts: Mapping[str, str]
    basket: Basket
    moment: Moment
    tier_id: str
    total_minor: int
    wrong: Mapping[str, str]

    def value(self, name: str) -> str:
        """Give what stands in a field."""
        return self.texts.get(name, "")


def basket_from_form(
    form: Mapping[str, str],
    shelf: Shelf,
    *,
    currency: str,
    zone: str,
    now: datetime,
    tax_bp: int,
) -> TriedBasket:
    """Read a basket: goods of the shop's list at its prices, and an amount for everything else."""
    texts = {name: text.strip() for name, text in form.items() if name.startswith("try_")}
    if not texts:
        texts = {"try_rest": "24"}
    local = now.astimezone(ZoneInfo(zone))
    texts.setdefault("try_day", local.date().isoformat())
    texts.setdefault("try_time", local.strftime("%H:%M"))
    wrong: dict[str, str] = {}
    told = _lines(texts, shelf, wrong)
    rest = minor_from_text(texts.get("try_rest") or "0", currency)
    if rest is None:
        wrong["try_rest"] = gettext("Escribe un importe, por ejemplo 10 o 2,50.")
    total = sum(one.total_minor for one in told) + (rest or 0)
    known = {
        one.sku: _known(one) for one in shelf.products if one.sku in {t.reference for t in told}
    }
    return TriedBasket(
        texts=texts,
        basket=basket_of(tuple(told), total_minor=total, known=known, tax_bp=tax_bp),
        moment=Moment(_moment(texts, local, wrong), zone),
        tier_id=texts.get("try_tier", ""),
        total_minor=total,
        wrong=wrong,
    )


def _lines(texts: Mapping[str, str], shelf: Shelf, wrong: dict[str, str]) -> list[Told]:
    told: list[Told] = []
    for line in LINES:
        text = texts.get(f"try_product_{line}", "")
        if not text:
            continue
        product = shelf.find(text)
        quantity = milli_from_text(texts.get(f"try_quantity_{line}") or "1")
        if product is None:
            wrong[f"try_product_{line}"] = gettext("No encuentro ese producto en tu lista.")
        elif not quantity:
            wrong[f"try_product_{line}"] = gettext("Escribe cuánto, por ejemplo 1 o 0,5.")
        else:
            paid = product.price_minor * quantity // MILLI
            told.append(Told(line, product.sku, quantity, paid))
    return told


def _known(product: ProductFacts) -> Known:
    references = frozenset({product.sku, product.barcode} - {""})
    return Known(references, product.category, product.tax_bp)


def _moment(texts: Mapping[str, str], local: datetime, wrong: dict[str, str]) -> datetime:
    try:
        told = datetime.fromisoformat(f"{texts['try_day']}T{texts['try_time']}")
    except ValueError:
        wrong["try_day"] = gettext("Escribe un día y una hora que existan.")
        return local
    return told.replace(tzinfo=local.tzinfo)
