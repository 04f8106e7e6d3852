"""The acts of a till, read and told the same way whether they come one by one or from a queue."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.api.hold_wording import sold_reward_out
from app.api.wording import (
    earned_out,
    next_reward_out,
    person_out,
    reassignment_display,
    refund_display,
    sale_display,
)
from app.schemas.handoffs import HandoffIn
from app.schemas.holds import HoldIn, RedemptionIn
from app.schemas.sales import (
    MovedOut,
    ReassignmentIn,
    ReassignmentOut,
    RefundIn,
    RefundOut,
    SaleIn,
    SaleLineIn,
    SaleOut,
    TakenOut,
)
from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.pins import HashedPin
from loyalty.journeys.hand_off_order import HandoffRequest
from loyalty.journeys.move_sale import ReassignReport
from loyalty.journeys.reassign_sale import CodeRefused, ReassignReceipt
from loyalty.journeys.redeem_offline import OfflineAsk
from loyalty.journeys.redeem_proof import CashierWord, RedeemAsk
from loyalty.journeys.refund_sale import RefundReceipt, RefundReport
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.journeys.scan_card import LETTER_WINDOW
from loyalty.kernel.errors import LoyaltyError, TooManyTriesError
from loyalty.points.rules import POINTS
from loyalty.programs.queries import StoreFacts
from loyalty.sales.rules import RefundLineReport, SaleLineReport


class AtCounter(Protocol):
    """The till that sends an act, and who worked there."""

    @property
    def program_id(self) -> int:
        """The program it belongs to."""
        ...

    @property
    def store_id(self) -> UUID:
        """The store it stands in."""
        ...

    @property
    def till_id(self) -> UUID:
        """Its id."""
        ...

    @property
    def staff_id(self) -> UUID | None:
        """Who worked at it, if anybody is known."""
        ...


def sale_report(till: AtCounter, sale: SaleIn) -> SaleReport:
    """Read a sale as its till tells it."""
    return SaleReport(
        program_id=till.program_id,
        store_id=till.store_id,
        till_id=till.till_id,
        staff_id=till.staff_id,
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        currency=sale.currency,
        sold_at=sale.sold_at,
        code=sale.code,
        scanned_at=sale.scanned_at,
        clock_sure=sale.clock == "sure",
        lines=lines_of(sale.lines),
        claim_id=sale.claim_id,
        customer=None if sale.customer_ref is None else f"{sale.connector}:{sale.customer_ref}",
        hold_id=sale.hold_id,
    )


def lines_of(lines: Iterable[SaleLineIn]) -> tuple[SaleLineReport, ...]:
    """Read the lines of a ticket."""
    return tuple(
        SaleLineReport(
            product_ref=line.product_ref,
            description=line.description,
            quantity_milli=line.quantity_milli,
            total_minor=line.total_minor,
        )
        for line in lines
    )


def redeem_ask(till: AtCounter, told: HoldIn, pin: HashedPin | None) -> RedeemAsk:
    """Read what a till wants to redeem; a typed PIN was worked out before."""
    word = told.proof.cashier
    return RedeemAsk(
        till=till,
        staff_id=till.staff_id,
        hold_id=told.hold_id,
        code=told.code,
        scanned_at=told.scanned_at,
        clock_sure=told.clock == "sure",
        reward_id=told.reward_id,
        basket_minor=told.basket_minor,
        points=told.points,
        lines=lines_of(told.lines),
        member_pin=pin,
        cashier=None if word is None else CashierWord(word.staff_id, word.pin, word.reason.strip()),
    )


def offline_ask(till: AtCounter, sale_id: str, told: RedemptionIn) -> OfflineAsk:
    """Read what a till gave for points without a line."""
    asked = RedeemAsk(
        till=till,
        staff_id=till.staff_id,
        hold_id=told.hold_id,
        code=told.code,
        scanned_at=told.scanned_at,
        clock_sure=told.clock == "sure",
        reward_id=told.reward_id,
        basket_minor=told.basket_minor,
        points=told.points,
        lines=lines_of(told.lines),
    )
    return OfflineAsk(asked, sale_id, told.taken_at)


def refund_report(till: AtCounter, sale_id: str, refund: RefundIn) -> RefundReport:
    """Read a refund as its till tells it."""
    return RefundReport(
        program_id=till.program_id,
        till_id=till.till_id,
        sale_id=sale_id,
        refund_id=refund.refund_id,
        amount_minor=refund.amount_minor
        if refund.amount_minor is not None
        else sum(line.amount_minor for line in refund.lines),
        refunded_at=refund.refunded_at,
        reason=refund.reason,
        lines=tuple(
            RefundLineReport(line.line, line.quantity_milli, line.amount_minor)
            for line in refund.lines
        ),
        currency=refund.currency,
    )


def reassign_report(
    till: AtCounter, sale_id: str, told: ReassignmentIn, *, made_at: datetime | None = None
) -> ReassignReport:
    """Read a reassignment as its till tells it; `made_at` for one that waited in a queue."""
    return ReassignReport(
        program_id=till.program_id,
        till_id=till.till_id,
        sale_id=sale_id,
        reassignment_id=told.reassignment_id,
        code=told.code,
        scanned_at=told.scanned_at,
        clock_sure=told.clock == "sure",
        made_at=made_at,
    )


def handoff_request(till: AtCounter, told: HandoffIn) -> HandoffRequest:
    """Read a handoff as its till tells it."""
    lines = told.lines
    return HandoffRequest(
        program_id=till.program_id,
        handoff_id=told.handoff_id,
        store_id=till.store_id,
        till_id=till.till_id,
        staff_id=till.staff_id,
        code=told.code,
        handed_at=told.handed_at,
        clock_sure=told.clock == "sure",
        scanned_at=told.scanned_at,
        order_id=told.order_id,
        order_number=told.order_number,
        lines=None if lines is None else {one.line: one.quantity_milli for one in lines},
        note=told.note,
    )


def sale_out(receipt: SaleReceipt, store: StoreFacts) -> SaleOut:
    """Write the receipt of a sale."""
    return SaleOut(
        sale_id=receipt.sale_id,
        replayed=receipt.replayed,
        code_outcome=receipt.code_outcome,
        person=person_out(receipt.person, store),
        points=earned_out(receipt),
        rule=receipt.rule.rule_id if receipt.rule and receipt.points_earned else None,
        why_none=receipt.why_none or None,
        stamps=receipt.stamps,
        next_reward=next_reward_out(receipt.next_reward),
        redeemed=sold_reward_out(receipt.redeemed, store, currency=receipt.currency),
        recorded_at=receipt.recorded_at,
        display=sale_display(receipt, store),
    )


def refund_out(receipt: RefundReceipt, store: StoreFacts) -> RefundOut:
    """Write the receipt of a refund."""
    has_card = receipt.points_balance is not None
    return RefundOut(
        refund_id=receipt.refund_id,
        sale_id=receipt.sale_id,
        amount_minor=receipt.amount_minor,
        points=TakenOut(taken=receipt.points_taken, balance=receipt.points_balance)
        if has_card
        else None,
        returned=receipt.points_returned,
        returned_unit="points" if receipt.returned_unit == POINTS else "stamps",
        stamps_taken=receipt.stamps_taken,
        left_minor=receipt.left_minor,
        replayed=receipt.replayed,
        display=refund_display(receipt, store),
    )


def reassignment_out(receipt: ReassignReceipt, store: StoreFacts) -> ReassignmentOut:
    """Write the receipt of a reassignment."""
    return ReassignmentOut(
        reassignment_id=receipt.reassignment_id,
        sale_id=receipt.sale_id,
        replayed=receipt.replayed,
        code_outcome=receipt.code_outcome,
        person=person_out(receipt.person, store),
        points=MovedOut(back=receipt.points_back, given=receipt.points_given),
        display=reassignment_display(receipt),
    )


def code_refusal(refused: CodeRefused) -> LoyaltyError:
    """Say why a sale does not go to a card whose code is not good."""
    if refused.tried_out:
        return TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    return CodeRefusedError(outcome=str(refused.outcome))
