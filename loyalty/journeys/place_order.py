"""A shopper orders: place, stock and order in one act, or nothing of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import ProductFacts, moved_by, products_by_id
from loyalty.catalog.rules import is_quantity, price_of
from loyalty.catalog.stock import Moves, move_stock, total_by_product
from loyalty.journeys.contract_links import link_order, number_for
from loyalty.journeys.order_reward import (
    OrderReward,
    hold_for_order,
    hold_id_of,
    wanted_basket,
)
from loyalty.journeys.order_totals import TaxShare, tax_shares
from loyalty.journeys.pickup_slots import slot_at
from loyalty.journeys.tell_shopper import tell_shopper
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.orders.errors import OrderInvalidError
from loyalty.orders.place import (
    NOBODY,
    Contact,
    OrderDraft,
    Owner,
    WantedLine,
    check_basket,
    order_hash,
    place,
    placed_before,
)
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of
from loyalty.orders.slots import take_slot
from loyalty.outbox.rules import Topic
from loyalty.points.rewards.base import Basket
from loyalty.programs.queries import store_by_id


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What somebody wants, where and when; `order_id` was made before sending.

    `lines` are pairs of product and thousandths; of one product they add up.
    """

    program_id: int
    store_id: UUID
    order_id: UUID
    slot_starts_at: datetime
    lines: tuple[tuple[UUID, int], ...]
    contact: Contact
    owner: Owner = NOBODY
    reward: OrderReward | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order as it was placed; asked again it is told again with `replayed`."""

    order: OrderFacts
    lines: tuple[LineFacts, ...]
    taxes: tuple[TaxShare, ...]
    replayed: bool


def place_order(session: Session, request: OrderRequest, *, tools: Tools) -> PlacedOrder:
    """Place an order once, however often it is sent: its slot, stock and points, or nothing.

    Raises what forbids its reward, `NotFoundError` for an unknown store, `OrderInvalidError`,
    `OrderConflictError`, `SlotUnavailableError`, `SlotFullError` and `StockShortError`; nothing
    is taken then.
    """
    now = tools.clock.now()
    program_id = request.program_id
    store = store_by_id(session, program_id, request.store_id)
    if store is None:
        raise NotFoundError
    if any(quantity <= 0 for _, quantity in request.lines):
        raise OrderInvalidError(reason="quantity")
    wanted = total_by_product(request.lines)
    check_basket(tuple(wanted.items()), request.contact)
    asked = order_hash(
        request.store_id,
        request.slot_starts_at,
        tuple(wanted.items()),
        request.contact,
        () if request.reward is None else (request.reward.reward_id, request.reward.points),
    )
    known = placed_before(session, program_id, request.order_id, request_hash=asked)
    if known is not None:
        return _told(session, known, replayed=True)
    lines = _wanted_lines(session, request, wanted)
    total = sum(price_of(line.quantity_milli, line.price_minor) for line in lines)
    if total > TOTAL_MINOR_MAX:
        raise OrderInvalidError(reason="quantity", total_minor=total)
    chosen = slot_at(session, store, request.slot_starts_at, now=now)
    capacity = chosen.policy.capacity
    take_slot(session, program_id, request.store_id, chosen.slot, capacity=capacity)
    act_id = f"order:{request.order_id}:place"
    move_stock(session, program_id, Moves("reserved", act_id, wanted, now))
    # Whether a product is counted was decided by the statement that reserved it.
    held = moved_by(session, program_id, act_id)
    if request.owner.card_id is not None:
        # Evidence before wallets, as in every act that touches both.
        number = number_for(request.contact.phone, country=store.country)
        card_id = request.owner.card_id
        link_order(session, program_id, request.order_id, card_id, number=number, tools=tools)
    reserved = None
    if request.reward is not None:
        reserved = hold_for_order(
            session,
            store,
            request.order_id,
            request.reward,
            owner=request.owner,
            basket=_basket(session, program_id, lines, currency=store.currency),
            at=now,
        )
    draft = OrderDraft(
        order_id=request.order_id,
        store_id=request.store_id,
        slot=chosen.slot,
        accept_by=chosen.accept_by,
        lines=lines,
        contact=request.contact,
        owner=request.owner,
        total_minor=total,
        currency=store.currency,
        request_hash=asked,
        hold_id=None if reserved is None else hold_id_of(request.order_id),
        discount_minor=0 if reserved is None else reserved.discount.minor,
    )
    order = place(session, program_id, draft, policy=chosen.policy, held=held, at=now)
    tell_shopper(session, order, Topic.ORDER_PLACED, tools=tools)
    return _told(session, order, replayed=False)


def _wanted_lines(
    session: Session, request: OrderRequest, wanted: Mapping[UUID, int]
) -> tuple[WantedLine, ...]:
    """Look at the products of a basket as they are sold now, in the order they were chosen."""
    products = products_by_id(session, request.program_id, wanted)
    lines: list[WantedLine] = []
    for product_id, quantity in wanted.items():
        product = products.get(product_id)
        if product is None or product.store_id != request.store_id or not product.is_active:
            raise OrderInvalidError(reason="product", product_id=str(product_id))
        if not is_quantity(quantity, product.unit):
            raise OrderInvalidError(reason="quantity", product_id=str(product_id))
        lines.append(_line(product, quantity))
    return tuple(lines)


def _line(product: ProductFacts, quantity_milli: int) -> WantedLine:
    return WantedLine(
        product_id=product.product_id,
        sku=product.sku,
        name=product.name,
        unit=product.unit,
        price_minor=product.price_minor,
        tax_bp=product.tax_bp,
        quantity_milli=quantity_milli,
    )


def _basket(
    session: Session, program_id: int, lines: tuple[WantedLine, ...], *, currency: str
) -> Basket:
    products = products_by_id(session, program_id, [line.product_id for line in lines])
    categories = {product_id: facts.category for product_id, facts in products.items()}
    return wanted_basket(lines, categories, currency=currency)


def _told(session: Session, order: OrderFacts, *, replayed: bool) -> PlacedOrder:
    lines = tuple(lines_of(session, order.program_id, order.order_id).values())
    taxes = tax_shares(
        (line.tax_bp, price_of(line.ordered_milli, line.price_minor)) for line in lines
    )
    return PlacedOrder(order, lines, taxes, replayed)
