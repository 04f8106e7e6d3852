"""Orders at the counter, put into words: what waits, how it stands, what was handed over."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Final, cast

from flask_babel import format_decimal

from app.api.wording import (
    amount_text,
    change_text,
    earned_out,
    gained_text,
    next_reward_out,
    person_out,
    steps_out,
    waiting_text,
    when_text,
)
from app.language import gettext, ngettext
from app.order_texts import CALLED_BACK, STANDING_TEXTS
from app.outcome_texts import OutcomeText
from app.schemas.display import DisplayOut
from app.schemas.handoffs import (
    HandoffOut,
    ListedOrderOut,
    OrderCodeOut,
    ProofName,
    WaitingLineOut,
    WaitingOrderOut,
)
from app.schemas.sales import ReceiptDisplayOut
from app.wiring import services
from loyalty.journeys.hand_off_order import HandoffAnswer
from loyalty.journeys.order_totals import line_total
from loyalty.journeys.orders_waiting import CounterOrder, Standing, WaitingOrder
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.orders.queries import LineFacts
from loyalty.programs.queries import StoreFacts
from loyalty.wire.codes import CodeKind, CodeOutcome
from loyalty.wire.display import time_text

PIECE_MILLI: Final = 1000
CODE_NAMES: Final[Mapping[CodeKind, ProofName]] = {
    CodeKind.PICKUP: "pickup",
    CodeKind.DELEGATE: "delegate",
    CodeKind.LIVE: "live",
}


def proof_of(kind: CodeKind | None, outcome: CodeOutcome) -> ProofName | None:
    """Say what a code that was just read proves of an order; a printed card proves nothing."""
    if outcome not in {CodeOutcome.OK, CodeOutcome.DUPLICATE_SCAN} or kind is None:
        return None
    return CODE_NAMES.get(kind)


def waiting_order_out(
    order: WaitingOrder,
    store: StoreFacts,
    *,
    proof: ProofName | None = None,
) -> WaitingOrderOut:
    """Tell an order to the counter; of another store's nothing but where it is."""
    here = order.is_here
    lines = [line_out(line, line.quantities.held, store) for line in order.lines if here]
    due = amount_text(order.due_minor, order.currency, store)
    return WaitingOrderOut(
        order_id=order.order_id,
        number=order.number,
        standing=order.standing.value,
        state=order.state.value,
        name=short_name(order.contact_name) if here else "",
        store_name=order.store_name,
        slot_starts_at=order.slot_starts_at,
        slot_ends_at=order.slot_ends_at,
        collect_by=order.collect_by,
        slot_text=slot_text(order, store),
        due_minor=order.due_minor if here else 0,
        due_text=due if here else "",
        currency=order.currency,
        items_text=items_text(order.lines) if here else "",
        text=_short(order, store, due),
        lines=[line for line in lines if line.quantity_milli],
        proof=proof if order.standing is Standing.READY else None,
    )


def listed_order_out(listed: CounterOrder, store: StoreFacts) -> ListedOrderOut:
    """Tell an order of the store's list, and what its codes carry."""
    return ListedOrderOut(
        order=waiting_order_out(listed.order, store),
        codes=[
            OrderCodeOut(
                kind="pickup" if code.kind is CodeKind.PICKUP else "delegate",
                subject_sha256=sha256(code.subject_id.encode()).hexdigest(),
                epoch=code.epoch,
            )
            for code in listed.codes
        ],
    )


def order_display(order: WaitingOrder | None, store: StoreFacts) -> DisplayOut:
    """Say what a pickup or delegate code is worth here, and what to do."""
    if order is None:
        return _display(CALLED_BACK, {})
    now = services().tools.clock.now()
    facts = {
        "number": order.number,
        "name": short_name(order.contact_name),
        "slot": slot_text(order, store),
        "store": order.store_name,
        "when": "" if order.handed_at is None else when_text(order.handed_at, store, now=now),
    }
    return _display(STANDING_TEXTS[order.standing], facts)


def handoff_out(answer: HandoffAnswer, store: StoreFacts) -> HandoffOut:
    """Write the receipt of a handoff."""
    handoff, order, receipt = answer.handoff, answer.order, answer.receipt
    assert handoff is not None, "a handoff that was refused has no receipt"
    assert order is not None, "a handoff is of an order"
    assert receipt is not None, "a handoff records its sale"
    return HandoffOut(
        handoff_id=handoff.handoff_id,
        order_id=order.order_id,
        number=order.number,
        state=order.state.value,
        proof=cast("ProofName", handoff.proof),
        sale_id=handoff.sale_id,
        total_minor=receipt.total_minor,
        lines=[line_out(answer.lines[n], milli, store) for n, milli in answer.given.items()],
        person=person_out(receipt.person, store),
        points=earned_out(receipt),
        next_reward=next_reward_out(receipt.next_reward),
        handed_at=handoff.handed_at,
        replayed=answer.replayed,
        display=_receipt_display(receipt, order.number, order.contact_name, store),
    )


def line_out(line: LineFacts, quantity_milli: int, store: StoreFacts) -> WaitingLineOut:
    """Tell so much of a line."""
    total = line_total(line, quantity_milli)
    return WaitingLineOut(
        line=line.line,
        name=line.name,
        unit=line.unit,
        quantity_milli=quantity_milli,
        prepared_milli=line.quantities.prepared,
        quantity_text=_quantity(quantity_milli, line.unit),
        total_minor=total,
        total_text=amount_text(total, store.currency, store),
    )


def short_name(name: str) -> str:
    """Shorten a person's name for a counter: "Lucía Fernández Gil" is "Lucía F."."""
    first, *rest = name.split() or [""]
    return f"{first} {rest[0][0]}." if rest else first


def slot_text(order: WaitingOrder, store: StoreFacts) -> str:
    """Write when it is collected, "18:00–19:00", with the day when that is not today."""
    begins = when_text(order.slot_starts_at, store, now=services().tools.clock.now())
    return f"{begins}–{time_text(order.slot_ends_at, time_zone=store.time_zone)}"


def items_text(lines: Iterable[LineFacts]) -> str:
    """Count what an order still wants: pieces one by one, what is weighed by the line."""
    count = sum(
        line.quantities.held // PIECE_MILLI if line.unit == "piece" else 1
        for line in lines
        if line.quantities.held
    )
    return ngettext("%(number)s artículo", "%(number)s artículos", count, number=count)


def _quantity(milli: int, unit: str) -> str:
    number = format_decimal(Decimal(milli).scaleb(-3))
    return f"{number} kg" if unit == "kg" else number


def _short(order: WaitingOrder, store: StoreFacts, due: str) -> str:
    if order.standing is Standing.READY:
        return gettext("Listo · %(due)s al recoger", due=due)
    if order.standing is Standing.NOT_READY:
        return gettext("En preparación · para %(slot)s", slot=slot_text(order, store))
    return ""


def _display(text: OutcomeText, facts: Mapping[str, str]) -> DisplayOut:
    return DisplayOut(
        tone=text.tone,
        title=str(text.title) % facts,
        detail=str(text.detail) % facts,
        steps=steps_out(text.steps),
    )


def _receipt_display(
    receipt: SaleReceipt, number: str, contact_name: str, store: StoreFacts
) -> ReceiptDisplayOut:
    total = amount_text(receipt.total_minor, receipt.currency, store)
    name = short_name(contact_name)
    earned = change_text(receipt.points_earned)
    detail = (
        f"{name}, {gained_text(receipt)}{waiting_text(receipt)}"
        if receipt.person
        else gettext("%(name)s, sin tarjeta.", name=name)
    )
    return ReceiptDisplayOut(
        tone="success",
        title=gettext("Entregado: pedido %(number)s", number=number),
        detail=detail,
        total_text=total,
        points_text=earned,
    )
