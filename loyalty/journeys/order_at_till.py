"""A till, or a program of the shop, orders for somebody: products by reference, a card by code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import products_by_reference
from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.verdict import Checked
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.place_order import OrderRequest, PlacedOrder, place_order
from loyalty.journeys.scan_card import LETTER_WINDOW, ShownAt, judge_guarded
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, TooManyTriesError
from loyalty.orders.errors import OrderInvalidError
from loyalty.orders.place import NOBODY, Contact, Owner
from loyalty.orders.queries import OrderFacts, lines_of, order_by_id
from loyalty.points.reward_errors import ProofNeededError
from loyalty.wire.codes import CodeKind


@dataclass(frozen=True, slots=True)
class TillOrder:
    """What a till orders; `order_id` was made before sending.

    `lines` are pairs of the shop's reference (or barcode) and thousandths. `code` is the card
    of whoever orders, None for somebody without one.
    """

    program_id: int
    store_id: UUID
    till_id: UUID
    order_id: UUID
    slot_starts_at: datetime
    lines: tuple[tuple[str, int], ...]
    contact: Contact
    code: str | None
    reward: OrderReward | None = None


def order_at_till(
    session: Session, asked: TillOrder, *, tools: Tools, checked: Checked | None = None
) -> PlacedOrder | LoyaltyError:
    """Place an order once, for whoever showed a card or for nobody in particular.

    A card that is not good comes back as a refusal: letters that were guessed stay counted, so
    the view commits and then raises it. Raises what `place_order` raises.
    """
    known = order_by_id(session, asked.program_id, asked.order_id)
    owner: Owner | LoyaltyError = NOBODY
    # Told again the order is the same, although its live code is over by now.
    if known is None and asked.code is not None:
        owner = _owner(session, asked, asked.code, tools=tools, checked=checked)
    if isinstance(owner, LoyaltyError):
        return owner
    request = OrderRequest(
        program_id=asked.program_id,
        store_id=asked.store_id,
        order_id=asked.order_id,
        slot_starts_at=asked.slot_starts_at,
        lines=_lines(session, asked, known),
        contact=asked.contact,
        owner=owner,
        reward=asked.reward,
    )
    return place_order(session, request, tools=tools)


def _owner(
    session: Session, asked: TillOrder, code: str, *, tools: Tools, checked: Checked | None
) -> Owner | LoyaltyError:
    shown = ShownAt(asked.till_id, tools.clock.now(), clock_sure=True)
    verdict, tried_out = judge_guarded(
        session,
        asked.program_id,
        code,
        shown=shown,
        tools=tools,
        checked=checked,
        at_till=False,
    )
    if tried_out:
        return TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    if not verdict.identifies or verdict.card_id is None:
        return CodeRefusedError(outcome=verdict.outcome.value)
    if asked.reward is not None and verdict.kind is not CodeKind.LIVE:
        # A printed card orders and earns; who spends shows the phone.
        return ProofNeededError(pin_set=False, cashier_points=0)
    member_id = open_member_of_card(session, asked.program_id, verdict.card_id)
    return Owner(member_id=member_id, card_id=verdict.card_id)


def _lines(
    session: Session, asked: TillOrder, known: OrderFacts | None
) -> tuple[tuple[UUID, int], ...]:
    """Find the products; those of an order that is known by the references it was placed with."""
    found = products_by_reference(
        session, asked.program_id, asked.store_id, [reference for reference, _ in asked.lines]
    )
    if known is not None:
        kept = lines_of(session, asked.program_id, known.order_id).values()
        found |= {line.sku: line.product_id for line in kept}
    for reference, _ in asked.lines:
        if reference not in found:
            raise OrderInvalidError(reason="product", product_ref=reference)
    return tuple((found[reference], quantity) for reference, quantity in asked.lines)
