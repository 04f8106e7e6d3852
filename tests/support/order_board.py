"""The board of orders as somebody behind the counter uses it."""

import re

from loyalty.journeys.prepare_order import SHOPPER, OrderStep, cancel_order
from loyalty.journeys.verify import verify_program
from loyalty.orders.queries import OrderFacts, lines_of
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


def board(shop: Shop) -> str:
    return f"/admin/orders/{shop.program.store_id}"


def page(shop: Shop, one: OrderFacts) -> str:
    return f"{board(shop)}/{one.order_id}"


def lane(visitor: Visitor, name: str) -> str:
    """Give the text of one column."""
    found = re.search(rf'aria-labelledby="lane-{name}">(.*?)</section>', visitor.text, re.DOTALL)
    assert found
    return found[1]


def pick(visitor: Visitor, shop: Shop, one: OrderFacts, line: int, **fields: str) -> None:
    """Send the form of a line as the page shows it now."""
    visitor.open(page(shop, one))
    form = re.search(
        rf'<form class="stack-form pick-form"(?:(?!</form>).)*name="line" value="{line}".*?</form>',
        visitor.text,
        re.DOTALL,
    )
    assert form, "the page lets nobody pick this line"
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    hidden.pop("csrf_token")
    visitor.send(f"{page(shop, one)}/pick", **{**hidden, **fields})


def prepare(visitor: Visitor, shop: Shop, one: OrderFacts) -> None:
    """Accept, pick all and tell ready."""
    visitor.open(board(shop))
    visitor.send(f"{page(shop, one)}/accept")
    for line, typed in ((1, "2"), (2, "1,5")):
        pick(visitor, shop, one, line, typed=typed)
    visitor.send(f"{page(shop, one)}/ready")


def amounts(service: Service, shop: Shop, one: OrderFacts) -> list[tuple[int, int, int]]:
    """Say of each line what waits, what is in the bag and what is not there."""
    with service.services.database.reading(shop.program_id) as session:
        lines = lines_of(session, shop.program_id, one.order_id).values()
    told = [line.quantities for line in lines]
    return [(each.proposed + each.reserved, each.prepared, each.canceled) for each in told]


def by_shopper(service: Service, shop: Shop, one: OrderFacts) -> None:
    """Let the shopper call the order off."""
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        step = OrderStep(shop.program_id, one.order_id, SHOPPER)
        cancel_order(session, step, tools=parts.tools)


def is_sound(service: Service, shop: Shop) -> bool:
    with service.services.database.reading(shop.program_id) as session:
        return verify_program(session, shop.program_id, tools=service.services.tools) == ()
