"""Real baskets through the doors of a real server; the books equal a count made apart from it.

A slice in `make test`; in `make prove` the whole of the busiest store, on both databases.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.support.baskets import Counted, count_store, need_real_baskets
from tests.support.places import Place
from tests.support.served import serving
from tests.support.sizes import SIZE_NAME

STORE = 367
SEED = 7


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the store is replayed."""

    households: int | None
    baskets: int | None
    refund_every: int


PART = {"test": Part(8, 70, 6), "prove": Part(None, None, 20)}[SIZE_NAME]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database holds after a replay, by the numbers of the data's baskets."""

    totals: dict[int, int]
    line_sums: dict[int, int]
    refunds: dict[int, int]
    balances: list[int]
    members: int


def kept(place: Place) -> Kept:
    """Read the tables themselves."""
    engine = create_engine(place.admin_url)
    with engine.connect() as connection:
        totals, line_sums, refunds = (
            {int(row[0].rpartition("-")[2]): int(row[1]) for row in connection.execute(text(query))}
            for query in (
                "SELECT sale_id, total_minor FROM sale",
                "SELECT sale_id, sum(total_minor) FROM sale_line GROUP BY sale_id",
                "SELECT sale_id, sum(amount_minor) FROM sale_refund GROUP BY sale_id",
            )
        )
        balances = connection.scalars(text("SELECT posted - debt FROM points_balance")).all()
        members = connection.scalar(text("SELECT count(*) FROM identity_member"))
    engine.dispose()
    return Kept(totals, line_sums, refunds, sorted(balances), members or 0)


@pytest.mark.prove
def test_points_sales_and_refunds_are_those_of_the_files(
    empty_place: Place, tmp_path: Path
) -> None:
    need_real_baskets()
    counted = count_store(
        STORE,
        seed=SEED,
        refund_every=PART.refund_every,
        households=PART.households,
        baskets=PART.baskets,
    )
    with serving(empty_place, tmp_path / "home") as served:
        options = ["--store", str(STORE), "--seed", str(SEED), "--json"]
        options += ["--refund-every", str(PART.refund_every)]
        if PART.households is not None:
            options += ["--households", str(PART.households)]
        if PART.baskets is not None:
            options += ["--baskets", str(PART.baskets)]
        done = served.command("replay", "completejourney", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        verified = served.command("verify")
        assert verified.returncode == 0, verified.stdout
    report = json.loads(done.stdout)
    print(empty_place.url.partition(":")[0], json.dumps(report, indent=1))  # noqa: T201  read with -s
    assert_same(kept(empty_place), counted, report)


def assert_same(found: Kept, counted: Counted, report: dict[str, Any]) -> None:
    """Hold the database, the report and the files against each other."""
    if PART.baskets is None:
        # What everybody knows of this store.
        assert len(counted.totals) == 4194
        assert len(counted.points) == 205
        assert sum(cents == 0 for cents in counted.totals.values()) == 16
    assert len(counted.refunds) > 5
    assert found.totals == counted.totals
    assert found.line_sums == counted.totals
    assert found.refunds == counted.refunds
    assert found.members == len(counted.points)
    assert found.balances == sorted(counted.points.values())
    assert report["sales"] == len(counted.totals)
    assert report["sales_minor"] == sum(counted.totals.values())
    assert report["empty_sales"] == sum(cents == 0 for cents in counted.totals.values())
    assert report["lines"] >= counted.products
    assert report["refunds"] == len(counted.refunds)
    assert report["refunded_minor"] == sum(counted.refunds.values())
    assert (report["points_earned"], report["points_taken"]) == (counted.earned, counted.taken)
    assert report["members"] == len(counted.points)
    assert set(report["scan_outcomes"]) <= {"ok", "duplicate_scan"}
    assert report["findings"] == []
    assert report["differs"] == []
    assert 0 < report["sale"]["p50_ms"] <= report["sale"]["p95_ms"] <= report["sale"]["p99_ms"]
