"""The replay itself: many households at several tills at once, each household in its own order."""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from itertools import cycle
from queue import SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from app.replay.baskets import Basket
from app.replay.counter import Member, Served, Till, serve_basket
from app.replay.errors import ReplayError, StoppedError
from app.replay.line import Line
from app.replay.phone import join

# On this computer's own network each till and each phone has an address of its own.
TILL_ADDRESSES: Final = IPv4Address("127.20.0.0")
PHONE_ADDRESSES: Final = IPv4Address("127.30.0.0")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed where. `tills` has those of each store of the data; `run` begins all ids."""

    base_url: str
    run: str
    baskets: tuple[Basket, ...]
    refunds: Mapping[int, int]
    tills: Mapping[int, tuple[Till, ...]]
    workers: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it; `seconds` from the first tap to the last answer."""

    served: tuple[Served, ...]
    members: int
    seconds: float
    waited_s: float
    resent: int


@dataclass(frozen=True, slots=True)
class _Ended:
    """A worker is done."""

    members: int
    waited_s: float
    resent: int


def replay(plan: Plan, *, stop: threading.Event, told: Callable[[Served], None]) -> Replayed:
    """Replay all baskets and tell of each as it is served.

    Errors: `ReplayError` of the first worker that cannot go on; the others end after their act.
    """
    shares = share_out(plan.baskets, plan.workers)
    news: SimpleQueue[Served | _Ended | Exception] = SimpleQueue()
    served: list[Served] = []
    ended: list[_Ended] = []
    failed: list[Exception] = []
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(shares) or 1) as pool:
        try:
            for number, share in enumerate(shares):
                pool.submit(_work, plan, number, share, stop=stop, news=news)
            while len(ended) + len(failed) < len(shares):
                one = news.get()
                if isinstance(one, Served):
                    served.append(one)
                    told(one)
                elif isinstance(one, _Ended):
                    ended.append(one)
                else:
                    failed.append(one)
                    stop.set()
        finally:
            stop.set()
    for error in sorted(failed, key=lambda one: isinstance(one, StoppedError)):
        raise error
    return Replayed(
        served=tuple(served),
        members=sum(one.members for one in ended),
        seconds=time.monotonic() - began,
        waited_s=sum(one.waited_s for one in ended),
        resent=sum(one.resent for one in ended),
    )


def share_out(baskets: Sequence[Basket], workers: int) -> tuple[tuple[Basket, ...], ...]:
    """Give each household to one worker, so that its baskets stay in order; even shares."""
    counts: dict[int, int] = {}
    for one in baskets:
        counts[one.household_id] = counts.get(one.household_id, 0) + 1
    loads = [0] * workers
    owner: dict[int, int] = {}
    for household in sorted(counts, key=lambda each: (-counts[each], each)):
        owner[household] = loads.index(min(loads))
        loads[owner[household]] += counts[household]
    shares: list[list[Basket]] = [[] for _ in range(workers)]
    for one in baskets:
        shares[owner[one.household_id]].append(one)
    return tuple(tuple(share) for share in shares if share)


def _work(
    plan: Plan,
    number: int,
    share: tuple[Basket, ...],
    *,
    stop: threading.Event,
    news: "SimpleQueue[Served | _Ended | Exception]",
) -> None:
    try:
        news.put(_serve_share(plan, number, share, stop=stop, news=news))
    except Exception as error:  # noqa: BLE001  told to the one who waits, and raised there
        news.put(error)


def _serve_share(
    plan: Plan,
    number: int,
    share: tuple[Basket, ...],
    *,
    stop: threading.Event,
    news: "SimpleQueue[Served | _Ended | Exception]",
) -> _Ended:
    members: dict[int, Member] = {}
    with ExitStack() as lines:
        counters = {
            store: cycle(_staffed(plan, number, tills, stop=stop, lines=lines))
            for store, tills in plan.tills.items()
        }
        mine: list[Line] = []
        for basket in share:
            if stop.is_set():
                raise StoppedError
            line, till = next(counters[basket.store_id])
            if line not in mine:
                mine.append(line)
            if basket.household_id not in members:
                members[basket.household_id] = _enrol(plan, till, basket.household_id, stop=stop)
            news.put(
                serve_basket(
                    line,
                    till,
                    members[basket.household_id],
                    basket,
                    run=plan.run,
                    refund_minor=plan.refunds.get(basket.basket_id, 0),
                )
            )
    mine += [member.phone.line for member in members.values()]
    return _Ended(
        members=len(members),
        waited_s=sum(line.waited_s for line in mine),
        resent=sum(line.resent for line in mine),
    )


def _staffed(
    plan: Plan,
    number: int,
    tills: tuple[Till, ...],
    *,
    stop: threading.Event,
    lines: ExitStack,
) -> list[tuple[Line, Till]]:
    """Open this worker's line at each till of a store, beginning at another till than the rest."""
    turned = [*tills[number % len(tills) :], *tills[: number % len(tills)]]
    everywhere = [till.credential for each in plan.tills.values() for till in each]
    return [
        (
            lines.enter_context(
                closing(
                    Line(
                        plan.base_url,
                        stop=stop,
                        source=own_address(
                            plan.base_url, TILL_ADDRESSES, everywhere.index(till.credential) + 1
                        ),
                    )
                )
            ),
            till,
        )
        for till in turned
    ]


def _enrol(plan: Plan, till: Till, household: int, *, stop: threading.Event) -> Member:
    source = own_address(plan.base_url, PHONE_ADDRESSES, household)
    phone = join(plan.base_url, till.shop_path, stop=stop, source=source)
    return Member(phone)


def own_address(base_url: str, network: IPv4Address, number: int) -> str:
    """Give a till or a phone its own address on 127.0.0.0/8; "" where there is only one.

    In a street every phone and every till has an address of its own, and the service counts
    requests by address. To a service on this computer we can come as they do. From anywhere else
    all of them come from here, and the replay waits when it is asked to.
    """
    try:
        host = ip_address(urlsplit(base_url).hostname or "")
    except ValueError:
        return ""
    if not isinstance(host, IPv4Address) or not host.is_loopback:
        return ""
    address = str(network + number)
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return ""
    return address


def match_stores(stores: Sequence[int], tills: Sequence[Till]) -> dict[int, tuple[Till, ...]]:
    """Give each store of the data a store of the program, in the order their keys were given.

    Errors: `ReplayError` when the tills stand in fewer stores, or in several programs.
    """
    if len({till.program_id for till in tills}) > 1:
        message = "the till keys are of several programs"
        raise ReplayError(message)
    standing = list(dict.fromkeys(till.store_id for till in tills))
    if len(standing) < len(stores):
        message = (
            f"the data has {len(stores)} stores here and the tills stand in {len(standing)}: "
            "give a --till-key of each store"
        )
        raise ReplayError(message)
    return {
        store: tuple(till for till in tills if till.store_id == standing[place])
        for place, store in enumerate(stores)
    }
