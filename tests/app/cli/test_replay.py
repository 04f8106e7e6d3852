"""`enlaza replay` as an operator meets it: beside the data, with a till's key, and when wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import enlaza
from app.replay.errors import ReplayError
from tests.support.baskets import need_real_baskets
from tests.support.ports import free_port
from tests.support.running import ServedShop, make_shop

REPLAY = ("replay", "completejourney", "--households", "3", "--baskets", "12")


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    need_real_baskets()
    made = make_shop(sqlite_template, tmp_path_factory.mktemp("replay") / "home")
    made.start()
    yield made
    made.process.stop()


def run(shop: ServedShop, *words: str, **environ: str) -> Result:
    """Run a command beside the shop's data."""
    return CliRunner().invoke(enlaza, list(words), env={**shop.process.environ, **environ})


def refused(shop: ServedShop, *words: str, **environ: str) -> str:
    """Run the replay and give the one sentence it was refused with."""
    done = run(shop, *REPLAY, *words, **environ)
    if done.exit_code == 2:
        return done.stderr
    assert isinstance(done.exception, ReplayError), done.output
    assert done.stdout == ""
    return str(done.exception)


def key_of(shop: ServedShop) -> str:
    return shop.new_till()["Authorization"].removeprefix("Bearer ")


def test_with_a_tills_key_it_sells_in_the_shop_the_till_stands_in(shop: ServedShop) -> None:
    keys = f"{key_of(shop)} {key_of(shop)}"
    options = ("--base-url", shop.base_url, "--refund-every", "3", "--json")
    done = run(shop, *REPLAY, *options, ENLAZA_TILL_KEYS=keys)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["program_id"], report["sales"]) == (shop.program_id, 12)
    assert report["differs"] is None
    assert report["findings"] == []
    assert report["refunds"] > 0
    shop.verify()


def test_the_report_for_people_says_whether_all_is_well(shop: ServedShop) -> None:
    done = run(shop, *REPLAY, "--workers", "2", "--tills", "1")
    assert done.exit_code == 0, done.output
    assert "12 sales, " in done.stdout
    assert "at the tills: all is well" in done.stdout
    assert "in the program: all is well" in done.stdout
    assert "2 workers at 1 tills" in done.stdout


def test_several_stores_are_several_stores_of_one_program(shop: ServedShop) -> None:
    done = run(
        shop,
        *("replay", "completejourney", "--store", "367", "--store", "406", "--json"),
        *("--households", "40", "--baskets", "25", "--tills", "1"),
    )
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["sales"], report["all_is_well"]) == (25, True)


def test_a_key_nobody_knows_is_said(shop: ServedShop) -> None:
    wrong = f"{shop.program_id}.{shop.made.store_id}.{'0' * 64}"
    assert "does not know this till key" in refused(
        shop, "--base-url", shop.base_url, "--till-key", wrong
    )
    assert "does not know this till key" in refused(
        shop, "--base-url", shop.base_url, "--till-key", "x"
    )


def test_a_server_that_is_not_there_is_said(shop: ServedShop) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert f"nobody answers at {nowhere}" in refused(shop, "--base-url", nowhere)
    assert "nobody answers" in refused(shop, "--base-url", nowhere, "--till-key", key_of(shop))


def test_a_store_that_is_not_in_the_data_is_said(shop: ServedShop) -> None:
    assert "no store 5; it has 457, the busiest is 367" in refused(shop, "--store", "5")


def test_an_address_that_is_none_is_said(shop: ServedShop) -> None:
    assert "--base-url must be a whole address" in refused(shop, "--base-url", "nonsense")
    assert "--base-url must be a whole address" in refused(shop, "--till-key", "7.a.b")


def test_one_store_and_a_sample_of_stores_exclude_each_other(shop: ServedShop) -> None:
    assert "either --store or --store-sample" in refused(
        shop, "--store", "367", "--store-sample", "2"
    )


def test_away_from_the_data_a_till_key_is_asked_for(shop: ServedShop, tmp_path: Path) -> None:
    told = refused(shop, "--base-url", shop.base_url, ENLAZA_HOME=str(tmp_path))
    assert "holds no keys" in told
    assert "--till-key" in told


def test_what_can_be_mended_is_one_sentence_without_a_traceback(shop: ServedShop) -> None:
    done = shop.command(*REPLAY, "--base-url", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("enlaza: nobody answers at http://127.0.0.1:")
    assert done.stderr.count("\n") == 1
