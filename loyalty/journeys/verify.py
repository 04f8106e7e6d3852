"""Recompute what is kept twice and say what differs: ledger, links, sales, stock, orders, likes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loyalty.catalog.queries import audit_stock, reserved_stock
from loyalty.db.leases import last_runs
from loyalty.identity.audit import audit_cards, audit_persons
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.sale_points import earned_by_all
from loyalty.journeys.seal_ledger import SEAL_JOB, SEAL_LATE, store_zones
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify_carry import CarriedSums
from loyalty.journeys.verify_queues import lost_acts
from loyalty.journeys.verify_stamps import stamp_differences
from loyalty.orders.audit import audit_orders, held_by_orders
from loyalty.points.audit import audit_ledger, issued_by_subject
from loyalty.points.earning.handed import CARRY_PREFIX
from loyalty.points.queries import wallet_of_member
from loyalty.points.seals.audit import audit_head, audit_seals, last_sealed_at
from loyalty.points.seals.rules import HeadAsked
from loyalty.programs.queries import stores_of
from loyalty.sales.queries import current_turns, refunded_of, sales_between
from loyalty.social.audit import audit_social

_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
_BATCH: Final = 500


# What reading a value raises that is none of its kind any more, in the driver or behind it.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    DBAPIError,
)


class Difference(Protocol):
    """What the audit of a room tells of a difference."""

    @property
    def invariant(self) -> str:
        """Name the rule."""
        ...

    @property
    def subject(self) -> str:
        """Say about what."""
        ...

    @property
    def told(self) -> str:
        """Say what is kept."""
        ...

    @property
    def found(self) -> str:
        """Say what the recomputation found."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: which rule, about what, what is kept and what the recomputation found."""

    invariant: str
    subject: str
    told: str
    found: str


def verify_program(
    session: Session, program_id: int, *, tools: Tools, head: HeadAsked | None = None
) -> tuple[Finding, ...]:
    """Recompute everything that is kept twice in a program; empty when nothing differs.

    It only reads; run it in a look at the database that nobody else changes meanwhile, or run
    it again: a difference that stays is one. What nobody can read any more is told, too.
    `head` is one of the ledger's chain that somebody kept: it must be in it still.
    """
    parts: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
        ("seals", lambda: _seals(session, program_id)),
        ("head", lambda: map(_told, audit_head(session, program_id, head) if head else ())),
        ("ledger", lambda: map(_told, audit_ledger(session, program_id))),
        ("persons", lambda: _persons(session, program_id)),
        ("stock", lambda: _stock(session, program_id)),
        ("orders", lambda: _orders(session, program_id)),
        ("social", lambda: map(_told, audit_social(session, program_id))),
        ("sales", lambda: _sales(session, program_id, until=tools.clock.now() + _AHEAD)),
        ("stamps", lambda: _stamps(session, program_id)),
        ("queues", lambda: _queues(session, program_id)),
    )
    return tuple(finding for name, part in parts for finding in _as_far_as_read(name, part))


def _as_far_as_read(name: str, part: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Tell what one part finds, and that it cannot be read when a value is none any more."""
    try:
        yield from part()
    except UNREADABLE as error:
        yield Finding(
            "what is stored can be read", name, f"no ({type(error).__name__}: {error})"[:200], "yes"
        )


def _told(each: Difference) -> Finding:
    return Finding(each.invariant, each.subject, each.told, each.found)


def _persons(session: Session, program_id: int) -> Iterator[Finding]:
    for each in audit_persons(session, program_id):
        yield Finding("persons follow from their links", each.subject, each.told, each.found)
    for each in audit_cards(session, program_id):
        yield Finding("a card belongs to a membership", each.subject, each.told, each.found)


def _stock(session: Session, program_id: int) -> Iterator[Finding]:
    for each in audit_stock(session, program_id):
        yield Finding("stock is the sum of its moves", each.subject, each.told, each.found)


def _queues(session: Session, program_id: int) -> Iterator[Finding]:
    for lost in lost_acts(session, program_id):
        subject = f"{lost.kind} {lost.act_id}"
        yield Finding("what a till was told is kept", subject, "kept", "nothing")


def _stamps(session: Session, program_id: int) -> Iterator[Finding]:
    for each in stamp_differences(session, program_id):
        yield Finding(*each)


def _seals(session: Session, program_id: int) -> Iterator[Finding]:
    """Hold the ledger against its seals; what the job must have seen by now is sealed."""
    sealed_at = last_sealed_at(session, program_id)
    ran_at = last_runs(session).get(SEAL_JOB)
    known = [moment for moment in (sealed_at, ran_at) if moment is not None]
    due_before = max(known) - SEAL_LATE if known else None
    zones = store_zones(session, program_id)
    yield from map(_told, audit_seals(session, program_id, zones=zones, due_before=due_before))


def _orders(session: Session, program_id: int) -> Iterator[Finding]:
    """Hold orders against their moves, slots and handoffs, and the shelf against open orders."""
    for each in audit_orders(session, program_id):
        yield Finding(each.invariant, each.subject, each.told, each.found)
    held, reserved = held_by_orders(session, program_id), reserved_stock(session, program_id)
    for product_id in sorted(held.keys() | reserved.keys()):
        told, found = reserved.get(product_id, 0), held.get(product_id, 0)
        if told != found:
            yield Finding(
                "what is reserved is held by open orders",
                f"product {product_id}",
                str(told),
                str(found),
            )


def _wallet_of_card(session: Session, program_id: int, card_id: str | None) -> str | None:
    """Find the wallet that a card earns into now."""
    member_id = None if card_id is None else open_member_of_card(session, program_id, card_id)
    wallet_id = None if member_id is None else wallet_of_member(session, program_id, member_id)
    return None if wallet_id is None else str(wallet_id)


def _sales(session: Session, program_id: int, *, until: datetime) -> Iterator[Finding]:
    """Hold each sale against its refunds, its points and the answer its till was given."""
    sales = sales_between(session, program_id, since=_EVER, until=until)
    zones = {store.store_id: store.time_zone for store in stores_of(session, program_id)}
    carried = CarriedSums()
    issued = issued_by_subject(session, program_id)
    for start in range(0, len(sales), _BATCH):
        batch = sales[start : start + _BATCH]
        ids = [sale.sale_id for sale in batch]
        turns = current_turns(session, program_id, ids)
        refunded = refunded_of(session, program_id, ids)
        lefts = earned_by_all(session, program_id, batch, turns, time_zones=zones)
        for sale in batch:
            left = sale.total_minor - refunded.get(sale.sale_id, 0)
            if left < 0:
                yield Finding(
                    "refunds do not exceed their sale",
                    f"sale {sale.sale_id}",
                    str(sale.total_minor),
                    str(sale.total_minor - left),
                )
                continue
            turn = turns.get(sale.sale_id)
            if turn is None:
                yield Finding(
                    "a sale says whose it is", f"sale {sale.sale_id}", "nothing", "turn 0"
                )
                continue
            told = issued.pop(f"sale:{sale.sale_id}", 0)
            earned = lefts.get(sale.sale_id)
            if earned is not None and earned.basis.carries:
                wallet = _wallet_of_card(session, program_id, turn.card_id)
                carried.add(earned, issued=told, wallet=wallet)
                continue
            found = 0 if earned is None else earned.points(earned.before)
            if told != found:
                yield Finding(
                    "a sale has earned what is left of it",
                    f"sale {sale.sale_id}",
                    str(told),
                    str(found),
                )
    # Two remainders that filled a step when their memberships were joined.
    carried.issued += sum(issued[one] for one in issued if one.startswith(CARRY_PREFIX))
    for subject, points in sorted(issued.items()):
        if subject.startswith("sale:") and points != 0:
            yield Finding("points of a sale have a sale", subject, str(points), "no sale")
    for difference in carried.differences(session, program_id):
        yield Finding(*difference)
