"""`enlaza replay`: real baskets, through the HTTP API of a running server."""

import json
import secrets
import sys
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from app.keyfiles import has_keys
from app.replay.baskets import BUSIEST_STORE, Basket, Choice, read_baskets
from app.replay.counter import meet_till, reach_service
from app.replay.errors import ReplayError
from app.replay.program import make_replay_program, verify_replay
from app.replay.report import Report, make_report, report_text
from app.replay.run import Plan, match_stores, replay
from app.replay.tickets import choose_refunds
from app.settings import Settings, SettingsError
from app.start import services_for_command
from app.wiring import Services

RUN_BYTES = 4


@click.group("replay")
def replay_group() -> None:
    """Replay real data against a running server."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the baskets are replayed."""

    base_url: str
    till_keys: tuple[str, ...]
    tills: int
    workers: int
    refund_every: int


@replay_group.command("completejourney")
@click.option("--base-url", help="Address of the server; that of the settings when beside them.")
@click.option(
    "--till-key",
    "till_keys",
    multiple=True,
    envvar="ENLAZA_TILL_KEYS",
    help="Key of a paired till; repeatable, or several in ENLAZA_TILL_KEYS.",
)
@click.option("--store", "stores", type=int, multiple=True, help="Store of the data; repeatable.")
@click.option("--store-sample", type=click.IntRange(1), help="So many stores, drawn by the seed.")
@click.option("--households", type=click.IntRange(1), help="So many households, drawn by the seed.")
@click.option("--baskets", type=click.IntRange(1), help="So many baskets, the first ones.")
@click.option("--tills", type=click.IntRange(1, 50), default=4, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--refund-every", type=click.IntRange(0), default=20, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The report for programs.")
def completejourney(  # noqa: PLR0913  one argument per option
    *,
    base_url: str | None,
    till_keys: tuple[str, ...],
    stores: tuple[int, ...],
    store_sample: int | None,
    households: int | None,
    baskets: int | None,
    tills: int,
    workers: int,
    refund_every: int,
    seed: int,
    as_json: bool,
) -> None:
    """Replay real baskets of a supermarket: members join, cards are read, sales are recorded.

    Beside the server's data (ENLAZA_HOME) it makes a program of its own and verifies it
    afterwards; elsewhere it needs a --till-key. Exit code 1 when anything does not add up.
    """
    if stores and store_sample:
        message = "either --store or --store-sample"
        raise click.UsageError(message)
    choice = Choice(
        stores=stores or (BUSIEST_STORE,),
        store_sample=store_sample,
        households=households,
        baskets=baskets,
        seed=seed,
    )
    with ExitStack() as opened:
        services = None if till_keys else opened.enter_context(_beside())
        address = (base_url or (services.settings.base_url if services else "")).rstrip("/")
        if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
            message = "--base-url must be a whole address such as http://127.0.0.1:8000"
            raise click.UsageError(message)
        reach_service(address)
        options = Options(address, till_keys, tills, workers, refund_every)
        plan = _plan(read_baskets(choice), options, seed=seed, services=services)
        report = _run(plan, services)
    click.echo(
        json.dumps(report.document(), indent=2) if as_json else report_text(report, plan),
    )
    sys.exit(0 if report.all_is_well else 1)


def _beside() -> AbstractContextManager[Services]:
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        message = f"{error}; away from the server's data, give --base-url and --till-key"
        raise ReplayError(message) from error
    if not has_keys(settings.home):
        message = (
            f"{settings.home} holds no keys, so this is not where the server's data is: "
            "set ENLAZA_HOME, or give --base-url and --till-key"
        )
        raise ReplayError(message)
    return services_for_command(settings)


def _plan(
    baskets: Sequence[Basket], options: Options, *, seed: int, services: Services | None
) -> Plan:
    """Find out about the tills, or make a program that has some."""
    stop = threading.Event()
    run = f"cj-{secrets.token_hex(RUN_BYTES)}"
    stores = tuple(sorted({one.store_id for one in baskets}))
    keys = options.till_keys
    if services is not None:
        keys = make_replay_program(services, stores, run=run, tills=options.tills)
    met = [meet_till(options.base_url, key.strip(), stop=stop) for key in keys]
    click.echo(
        f"{len(baskets):,} baskets to {met[0].store_name}, program {met[0].program_id}", err=True
    )
    return Plan(
        base_url=options.base_url,
        run=run,
        baskets=tuple(baskets),
        refunds=choose_refunds(baskets, every=options.refund_every, seed=seed),
        tills=match_stores(stores, met),
        workers=options.workers,
    )


def _run(plan: Plan, services: Services | None) -> Report:
    program_id = next(iter(plan.tills.values()))[0].program_id
    with click.progressbar(length=len(plan.baskets), label="Replaying", file=sys.stderr) as bar:
        replayed = replay(plan, stop=threading.Event(), told=lambda _: bar.update(1))
    verified = None if services is None else verify_replay(services, program_id)
    return make_report(plan, replayed, program_id=program_id, verified=verified)
