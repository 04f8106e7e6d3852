"""Orders to collect: the times that are offered, an order placed once, and how it stands."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from app import auth
from app.api.doors import by_till, replayable, store_here
from app.api.prechecks import check_signature
from app.schemas.orders import (
    OrderedLineOut,
    OrderIn,
    PlacedOrderOut,
    SlotOut,
    SlotsOut,
    StoreOrderOut,
    TaxShareOut,
)
from app.wiring import services
from loyalty.journeys.order_at_till import TillOrder, order_at_till
from loyalty.journeys.order_codes import pickup_code, spoken_code
from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.order_totals import due_minor
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.journeys.place_order import PlacedOrder
from loyalty.kernel.errors import LoyaltyError, NotFoundError
from loyalty.orders.place import Contact
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of, order_by_id
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("orders", __name__, url_prefix="/api/v1", tag="Orders")


@bp.get("/slots")
@by_till()
@bp.output(SlotsOut)
def get_slots() -> SlotsOut:
    """List the times at which orders of this till's store can be collected."""
    principal, store, parts = auth.till(), store_here(), services()
    with parts.database.reading(principal.program_id) as session:
        offers = pickup_slots(session, store, now=parts.tools.clock.now())
    return SlotsOut(
        store_id=store.store_id,
        time_zone=store.time_zone,
        slots=[
            SlotOut(starts_at=one.slot.starts_at, ends_at=one.slot.ends_at, places=one.places)
            for one in offers
        ],
    )


@bp.post("/orders")
@by_till(
    Refusal.ORDER_INVALID,
    Refusal.ORDER_CONFLICT,
    Refusal.SLOT_UNAVAILABLE,
    Refusal.SLOT_FULL,
    Refusal.STOCK_SHORT,
    Refusal.CODE_REFUSED,
    Refusal.TOO_MANY_TRIES,
    Refusal.PROOF_NEEDED,
    Refusal.POINTS_SHORT,
    Refusal.REDEEMING_BLOCKED,
    Refusal.REWARD_NOT_OFFERED,
    Refusal.REWARD_SOLD_OUT,
    Refusal.REWARD_LIMIT,
    Refusal.REWARD_DOES_NOT_FIT,
)
@bp.input(OrderIn)
@bp.output(PlacedOrderOut, 201)
@bp.doc(responses={200: "The same order was sent before; this is how it stands"})
def create_order(json_data: OrderIn) -> Response:
    """Place an order at this till's store: its time and its stock, or nothing of it.

    Sent again, it is the same order. `code` is the card of whoever orders; one that is not good
    refuses the order. The answer carries the codes that collect it, for the person who ordered.
    """
    principal, parts = auth.till(), services()
    contact = json_data.contact
    asked = TillOrder(
        program_id=principal.program_id,
        store_id=principal.store_id,
        till_id=principal.till_id,
        order_id=json_data.order_id,
        slot_starts_at=json_data.slot_starts_at,
        lines=tuple((line.product_ref, line.quantity_milli) for line in json_data.lines),
        contact=Contact(contact.name, contact.email, contact.phone, contact.note, contact.language),
        code=json_data.code,
        reward=_reward(json_data),
    )
    checked = check_signature(principal.program_id, asked.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        placed = order_at_till(session, asked, tools=parts.tools, checked=checked)
        told = None if isinstance(placed, LoyaltyError) else _placed_out(session, placed)
    if isinstance(placed, LoyaltyError):
        # Raised after the commit, because a guess of letters has to stay counted.
        raise placed
    assert told is not None, "an order that was placed is told"
    return replayable(told, replayed=placed.replayed)


@bp.get("/orders/<uuid:order_id>")
@by_till(Refusal.NOT_FOUND)
@bp.output(StoreOrderOut)
def get_order(order_id: UUID) -> StoreOrderOut:
    """Say how an order of this till's store stands, line by line; its codes are not told."""
    principal, parts = auth.till(), services()
    with parts.database.reading(principal.program_id) as session:
        order = order_by_id(session, principal.program_id, order_id)
        if order is None or order.store_id != principal.store_id:
            raise NotFoundError
        lines = tuple(lines_of(session, principal.program_id, order_id).values())
    return _order_out(order, lines)


def _reward(told: OrderIn) -> OrderReward | None:
    """Read the reward that comes off; a live code proves that its holder wants it."""
    if told.reward_id is None:
        return None
    return OrderReward(told.reward_id, told.points, proof="live")


def _placed_out(session: Session, placed: PlacedOrder) -> PlacedOrderOut:
    tools = services().tools
    return PlacedOrderOut(
        order=_order_out(placed.order, placed.lines),
        taxes=[
            TaxShareOut(
                tax_bp=share.tax_bp, total_minor=share.total_minor, tax_minor=share.tax_minor
            )
            for share in placed.taxes
        ],
        pickup_code=pickup_code(session, placed.order, tools=tools),
        spoken_code=spoken_code(placed.order, keys=tools.keys),
        replayed=placed.replayed,
    )


def _order_out(order: OrderFacts, lines: tuple[LineFacts, ...]) -> StoreOrderOut:
    now = services().tools.clock.now()
    return StoreOrderOut(
        order_id=order.order_id,
        number=order.number,
        store_id=order.store_id,
        state=order.state_at(now).value,
        slot_starts_at=order.slot_starts_at,
        slot_ends_at=order.slot_ends_at,
        accept_by=order.accept_by,
        change_until=order.change_until,
        collect_by=order.collect_by,
        placed_at=order.placed_at,
        accepted_at=order.accepted_at,
        ready_at=order.ready_at,
        ended_at=order.ended_at,
        contact_name=order.contact_name,
        note=order.note,
        total_minor=order.total_minor,
        discount_minor=order.discount_minor or order.discount_taken_minor,
        due_minor=due_minor(lines, discount_minor=order.discount_minor),
        currency=order.currency,
        lines=[_line_out(line) for line in lines],
    )


def _line_out(line: LineFacts) -> OrderedLineOut:
    amounts = line.quantities
    return OrderedLineOut(
        line=line.line,
        product_ref=line.sku,
        name=line.name,
        unit="kg" if line.unit == "kg" else "piece",
        price_minor=line.price_minor,
        tax_bp=line.tax_bp,
        ordered_milli=line.ordered_milli,
        proposed_milli=amounts.proposed,
        reserved_milli=amounts.reserved,
        prepared_milli=amounts.prepared,
        completed_milli=amounts.completed,
        canceled_milli=amounts.canceled,
        failed_milli=amounts.failed,
    )
