"""A shopper puts things aside; what they cost and whether they are there is judged each time."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import ProductFacts, products_by_id
from loyalty.catalog.rules import MILLI, QUANTITY_MILLI_MAX, is_quantity, price_of
from loyalty.journeys.tools import Tools
from loyalty.orders.carts import CartPlace, cart_at, change_line, set_line
from loyalty.orders.errors import OrderInvalidError

# What one press of + or − means.
STEPS_MILLI = {"piece": MILLI, "kg": MILLI // 4}


@dataclass(frozen=True, slots=True)
class CartItem:
    """A line of a cart: so many thousandths of a product at its price of now."""

    product: ProductFacts
    quantity_milli: int
    total_minor: int

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it can be ordered any more."""
        return not self.product.is_active or self.product.available_milli == 0

    @property
    def is_short(self) -> bool:
        """Whether less of it is there than is wanted."""
        there = self.product.available_milli
        return self.is_gone or (there is not None and there < self.quantity_milli)


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as it would be ordered now; `seal` changes with what is in it and what it costs."""

    order_id: UUID | None
    visit_id: UUID | None
    items: tuple[CartItem, ...]

    @property
    def total_minor(self) -> int:
        """What all of it costs."""
        return sum(item.total_minor for item in self.items)

    @property
    def seal(self) -> str:
        """Give a short text that is the same for the same things at the same prices."""
        told = sorted(
            f"{item.product.product_id}/{item.quantity_milli}/{item.product.price_minor}"
            for item in self.items
        )
        return sha256("\n".join(told).encode()).hexdigest()[:16]


def look_at_cart(session: Session, place: CartPlace | None) -> CartView:
    """Tell what is in a cart and what it costs; nothing for a browser without one."""
    cart = cart_at(session, place) if place is not None else None
    if place is None or cart is None:
        return CartView(None, None, ())
    products = products_by_id(session, place.program_id, cart.lines)
    items = tuple(
        CartItem(product, quantity, price_of(quantity, product.price_minor))
        for product_id, quantity in cart.lines.items()
        if (product := products.get(product_id)) is not None
    )
    return CartView(cart.order_id, cart.visit_id, items)


def step_in_cart(
    session: Session,
    place: CartPlace,
    product_id: UUID,
    *,
    steps: int,
    visit_id: UUID | None,
    tools: Tools,
) -> int:
    """Put one more of a product into a cart, or one less; gives how many thousandths are in.

    More than is there is not put in. Errors: `OrderInvalidError` for what is not sold here.
    """
    product = _sold_here(session, place, product_id)
    there = product.available_milli
    most = QUANTITY_MILLI_MAX if there is None else min(there, QUANTITY_MILLI_MAX)
    if product.unit == "piece":  # the last of a weighed product is taken whole
        most -= most % MILLI
    return change_line(
        session,
        place,
        product_id,
        by_milli=steps * STEPS_MILLI[product.unit],
        most_milli=most,
        at=tools.clock.now(),
        visit_id=visit_id,
    )


def set_in_cart(
    session: Session, place: CartPlace, product_id: UUID, *, quantity_milli: int, tools: Tools
) -> None:
    """Say how much of a product is in a cart; 0 takes it out, also what is not sold any more.

    Errors: `OrderInvalidError` for a quantity that cannot be bought.
    """
    if quantity_milli:
        product = _sold_here(session, place, product_id)
        if not is_quantity(quantity_milli, product.unit):
            raise OrderInvalidError(reason="quantity", product_id=str(product_id))
    at = tools.clock.now()
    set_line(session, place, product_id, quantity_milli=quantity_milli, at=at)


def _sold_here(session: Session, place: CartPlace, product_id: UUID) -> ProductFacts:
    product = products_by_id(session, place.program_id, [product_id]).get(product_id)
    if product is None or product.store_id != place.store_id or not product.is_active:
        raise OrderInvalidError(reason="product", product_id=str(product_id))
    return product
