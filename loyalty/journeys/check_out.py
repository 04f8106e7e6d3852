"""A cart becomes an order: once for all taps, tabs and ways back, and only as it was shown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold
from loyalty.identity.consents import WEB_VISITS, live_consent
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.fill_cart import CartView, look_at_cart
from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.place_order import OrderRequest, place_order
from loyalty.journeys.tools import Tools
from loyalty.orders.carts import CartPlace, empty_cart, hold_cart
from loyalty.orders.origins import Origin, note_origin
from loyalty.orders.place import NOBODY, Contact, Owner
from loyalty.orders.queries import OrderFacts, order_by_id
from loyalty.programs.sessions import BrowserFacts
from loyalty.visits.queries import visit_by_id


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a browser orders from its cart.

    `order_id` and `seal` are of the cart as the page showed it, signed by the service.
    """

    place: CartPlace
    order_id: UUID
    seal: str
    slot_starts_at: datetime
    contact: Contact
    shopper: BrowserFacts | None
    reward: OrderReward | None = None


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The order, told again with `replayed`; None when the cart is not as it was shown."""

    order: OrderFacts | None
    replayed: bool = False


def check_out(session: Session, request: CheckoutRequest, *, tools: Tools) -> CheckedOut:
    """Order what is in a cart at the prices that were shown, and empty it.

    A cart that another tab changed, or whose prices did, is not ordered: the page shows it anew.
    Raises what `place_order` raises; the cart is kept then.
    """
    program_id = request.place.program_id
    hold(session, "order", program_id, str(request.order_id))
    known = order_by_id(session, program_id, request.order_id)
    if known is not None:
        return CheckedOut(known, replayed=True)
    hold_cart(session, request.place)
    cart = look_at_cart(session, request.place)
    if cart.order_id != request.order_id or cart.seal != request.seal:
        return CheckedOut(None)
    placed = place_order(
        session,
        OrderRequest(
            program_id=program_id,
            store_id=request.place.store_id,
            order_id=request.order_id,
            slot_starts_at=request.slot_starts_at,
            lines=tuple((item.product.product_id, item.quantity_milli) for item in cart.items),
            contact=request.contact,
            owner=_owner(session, request, cart),
            reward=request.reward,
        ),
        tools=tools,
    )
    visit = visit_by_id(session, program_id, cart.visit_id) if cart.visit_id else None
    if visit is not None:
        origin = Origin(visit.channel, visit.source, visit.campaign)
        note_origin(session, program_id, request.order_id, origin)
    empty_cart(session, request.place, at=tools.clock.now())
    return CheckedOut(placed.order)


def _owner(session: Session, request: CheckoutRequest, cart: CartView) -> Owner:
    """Say whose order it is: of the card on this phone; with the visit only by consent."""
    shopper = request.shopper
    if shopper is None or shopper.program_id != request.place.program_id:
        return NOBODY
    owner = owner_of(session, shopper)
    if owner.card_state == "void":
        return NOBODY
    consent = live_consent(session, owner.program_id, owner.member_ids, WEB_VISITS)
    return Owner(owner.member_id, owner.card_id, cart.visit_id if consent else None)
