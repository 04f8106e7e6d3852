"""Evidence that rests on the contract: a receipt, an order, a vendor's customer id, a browser.

Each is told with a card or a membership that its person showed, held or proved, and each can
come off by itself.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.errors import IdentifierBlockedError
from loyalty.identity.identifiers import check_value, ensure_identifier, ensure_identifiers
from loyalty.identity.links import LinkDraft, LinkResult, add_link, retract_link
from loyalty.identity.queries import links_of_events, person_of_card
from loyalty.identity.resolve import lock_blocks
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.tools import Tools
from loyalty.kernel.phones import PhoneInvalidError, phone_normalized
from loyalty.sales.customers import keep_customer

RECEIPT = "receipt"
ORDER = "order"
PHONE = "phone"
VENDOR = "vendor"
DEVICE = "device"


def link_receipt(
    session: Session, program_id: int, claim_id: str, card_id: str, *, event: str, tools: Tools
) -> LinkResult:
    """Keep that whoever holds a card opened the code of a receipt."""
    receipt_id, at = receipt_seen(session, program_id, claim_id, tools=tools), tools.clock.now()
    return _link(session, program_id, RECEIPT, receipt_id, card_id, event, at=at)


def receipt_seen(session: Session, program_id: int, claim_id: str, *, tools: Tools) -> UUID:
    """Make sure that a receipt is known, and say under which identifier."""
    at = tools.clock.now()
    known = ensure_identifier(session, program_id, RECEIPT, claim_id, at=at, keys=tools.keys)
    return known.identifier_id


def unlink_receipt(session: Session, program_id: int, event: str, *, tools: Tools) -> None:
    """Take the evidence of a claim back that was a mistake."""
    for link in links_of_events(session, program_id, [event]):
        retract_link(session, program_id, link.link_id, actor=SHOPPER, at=tools.clock.now())


def link_order(
    session: Session,
    program_id: int,
    order_id: UUID,
    card_id: str,
    *,
    number: str | None = None,
    tools: Tools,
) -> LinkResult:
    """Keep that an order was placed with a card, and the phone number that was left with it.

    `number` is what `number_for` gave. It is told, not proved: with a second card it asks whether
    both are one person, and joins nothing.
    """
    at, card, event = tools.clock.now(), _card(card_id), order_event(order_id)
    values = [(ORDER, str(order_id)), *([(PHONE, number)] if number else [])]
    known = ensure_identifiers(session, program_id, values, at=at, keys=tools.keys, beside=[card])
    # Of several pieces of evidence the blocks are locked together.
    lock_blocks(session, program_id, {card, *(each.identifier_id for each in known)})
    placed, *told = (
        _link(session, program_id, each.kind, each.identifier_id, card_id, event, at=at)
        for each in known
    )
    assert len(told) <= 1, "an order has one contact"
    return placed


def number_for(text: str, *, country: str) -> str | None:
    """Read a phone number that somebody left, in E.164; none when it is no number, or nobody's.

    `country` is where it was left: a number without its prefix is of there. A contact is kept as
    it was written whatever this says; only a number that can be somebody's is evidence.
    """
    try:
        number = phone_normalized(text, country=country)
        check_value(PHONE, number)
    except (PhoneInvalidError, IdentifierBlockedError):
        return None
    return number


def order_event(order_id: UUID) -> str:
    """Name the event that an order's evidence speaks of."""
    return f"order:{order_id}"


def unlinked_orders(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Say which orders somebody separated from the card they were placed with."""
    orders = {order_event(order_id): order_id for order_id in order_ids}
    links = links_of_events(session, program_id, list(orders)) if orders else ()
    return frozenset(orders[link.event] for link in links if link.kind == ORDER and not link.active)


def customer_seen(
    session: Session, program_id: int, customer: str, *, at: datetime, tools: Tools
) -> UUID | None:
    """Make sure that a vendor's customer is known, before anything is locked; none for nobody's."""
    try:
        known = ensure_identifier(
            session, program_id, VENDOR, customer, at=at, keys=tools.keys, beside=None
        )
    except IdentifierBlockedError:
        return None
    return known.identifier_id


def note_customer(  # noqa: PLR0913  each is one side of the evidence
    session: Session,
    program_id: int,
    sale_id: str,
    customer: str,
    *,
    card_id: str | None,
    actor: str,
    at: datetime,
    tools: Tools,
) -> LinkResult | None:
    """Keep which customer of another program a sale names; with a scanned code they are one.

    Unit: `customer` is "<connector>:<the vendor's id>". A value that stands for nobody is not
    kept: the sale is, and nobody is joined by it.
    """
    try:
        known = ensure_identifier(session, program_id, VENDOR, customer, at=at, keys=tools.keys)
    except IdentifierBlockedError:
        return None
    keep_customer(session, program_id, sale_id, known.identifier_id)
    if card_id is None:
        return None
    return add_link(
        session,
        LinkDraft(
            program_id=program_id,
            kind=VENDOR,
            a=known.identifier_id,
            b=_card(card_id),
            event=f"sale:{sale_id}",
            occurred_at=at,
            actor=actor,
        ),
        at=tools.clock.now(),
    )


def link_device(
    session: Session,
    program_id: int,
    browser_id: UUID,
    member_id: UUID,
    *,
    event: str,
    tools: Tools,
) -> LinkResult:
    """Keep in which browser somebody signed in; one that two sign in with joins neither.

    `browser_id` is the session that its cookie names anyway: nothing more is put on the device.
    """
    at = tools.clock.now()
    draft = LinkDraft(
        program_id=program_id,
        kind=DEVICE,
        a=device_seen(session, program_id, browser_id, tools=tools),
        b=member_id,
        event=event,
        occurred_at=at,
        actor=SHOPPER,
    )
    return add_link(session, draft, at=at)


def device_seen(session: Session, program_id: int, browser_id: UUID, *, tools: Tools) -> UUID:
    """Make sure that a browser is known, and say under which identifier."""
    at = tools.clock.now()
    known = ensure_identifier(session, program_id, DEVICE, str(browser_id), at=at, keys=tools.keys)
    return known.identifier_id


def _link(
    session: Session,
    program_id: int,
    kind: str,
    identifier_id: UUID,
    card_id: str,
    event: str,
    *,
    at: datetime,
) -> LinkResult:
    assert person_of_card(session, program_id, card_id), "a card is somebody's"
    draft = LinkDraft(
        program_id=program_id,
        kind=kind,
        a=identifier_id,
        b=_card(card_id),
        event=event,
        occurred_at=at,
        actor=SHOPPER,
    )
    return add_link(session, draft, at=at)


def _card(card_id: str) -> UUID:
    found = own_identifier_id("card", card_id)
    assert found is not None, "cards are ours"
    return found
