"""At the counter an order is given to its person: proved, once, recorded as a sale, rewarded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.verdict import Checked, Verdict
from loyalty.identity.queries import open_member_of, open_member_of_card
from loyalty.journeys.order_codes import is_spoken_code
from loyalty.journeys.order_reward import Handing, hold_of_handoff, take_with_handoff
from loyalty.journeys.order_stock import follow_with_stock
from loyalty.journeys.order_totals import line_total
from loyalty.journeys.orders_waiting import order_of_code
from loyalty.journeys.record_sale import record_judged_sale
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.journeys.scan_card import ShownAt, judge_guarded
from loyalty.journeys.shown_card import ShownCode, take_visit
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, NotFoundError
from loyalty.orders.change import Act, locked_order, refuse_closed
from loyalty.orders.errors import (
    HandoffConflictError,
    OrderElsewhereError,
    SpokenCodeWrongError,
)
from loyalty.orders.hand_off import (
    SALE_PREFIX,
    Handed,
    HandoffDraft,
    Proof,
    give_back_spoken_try,
    hand_off,
    use_spoken_try,
)
from loyalty.orders.queries import (
    HandoffFacts,
    LineFacts,
    OrderFacts,
    delegate_by_code,
    handoff_by_id,
    open_order_by_number,
    order_by_code,
)
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.codes import CodeKind, CodeOutcome, SignedCode, read_letters, take_apart

_CHECKED_ALONE: Final[frozenset[Proof]] = frozenset({"pickup", "delegate"})


@dataclass(frozen=True, slots=True)
class HandoffRequest:
    """What a till asks: who shows what for which order.

    A pickup or delegate code names its order. A live code of the member who ordered, and the
    eight spoken letters, need `order_id`, or the `order_number` that the store calls it by;
    without any code a member of staff answers for it with a `note`. `lines` are thousandths by
    line number, None everything that is prepared. `handed_at` and `scanned_at`, when the code
    was read, are by the till's clock, corrected by its offset when `clock_sure`. `was_given` for
    what waited in a till's queue: the parcel is gone, whatever became of the order meanwhile.
    """

    program_id: int
    handoff_id: UUID
    store_id: UUID
    till_id: UUID
    staff_id: UUID | None
    code: str | None
    handed_at: datetime
    clock_sure: bool
    scanned_at: datetime | None = None
    order_id: UUID | None = None
    order_number: str | None = None
    lines: Mapping[int, int] | None = None
    note: str = ""
    was_given: bool = False

    @property
    def sale_id(self) -> str:
        """The sale it will have recorded."""
        return f"{SALE_PREFIX}{self.handoff_id}"


@dataclass(frozen=True, slots=True)
class HandoffAnswer:
    """What became of a handoff; sent again it is told again with `replayed`.

    `given` are thousandths by line number, `lines` the order's lines as they stand now.

    `refused` is a wrong spoken code: the try is counted, so the view commits and then raises it.
    """

    handoff: HandoffFacts | None
    order: OrderFacts | None
    receipt: SaleReceipt | None
    replayed: bool
    refused: LoyaltyError | None = None
    lines: Mapping[int, LineFacts] = field(default_factory=dict)
    given: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Proved:
    """The order that may be handed over, on which proof, and what the sale's code is worth."""

    order_id: UUID
    proof: Proof
    verdict: Verdict


def hand_off_order(
    session: Session, request: HandoffRequest, *, tools: Tools, checked: Checked | None = None
) -> HandoffAnswer:
    """Hand an order over once: the sale is recorded, the points are earned, the shelf follows.

    Raises `CodeRefusedError` for a proof that does not hold, `OrderElsewhereError`,
    `OrderStateError` for what is not prepared or has ended, `HandoffConflictError`,
    `NotFoundError`. `checked` is what `prejudge` found before this unit of work began.
    """
    known = handoff_by_id(session, request.program_id, request.handoff_id)
    if known is not None:
        _refuse_other_order(session, request, known.order_id)
        proved: _Proved | LoyaltyError = _Proved(
            known.order_id, cast("Proof", known.proof), Verdict(CodeOutcome.NO_CODE)
        )
    else:
        proved = _prove(session, _with_order_id(session, request), tools=tools, checked=checked)
    if isinstance(proved, LoyaltyError):
        return HandoffAnswer(None, None, None, replayed=False, refused=proved)
    draft = HandoffDraft(
        handoff_id=request.handoff_id,
        order_id=proved.order_id,
        store_id=request.store_id,
        till_id=request.till_id,
        staff_id=request.staff_id,
        proof=proved.proof,
        handed_at=request.handed_at,
        note=request.note,
        lines=request.lines,
        # Only an order's own code is checked by a till alone, and only a sure clock says when.
        is_fact=request.was_given and request.clock_sure and proved.proof in _CHECKED_ALONE,
    )
    act = Act(f"till:{request.till_id}", tools.clock.now())
    handed = hand_off(session, request.program_id, draft, act=act)
    # The shelf before the wallet, as in a till's sale, so that no two wait in a ring.
    follow_with_stock(session, request.program_id, handed.change, tools=tools)
    receipt = _sell(session, request, handed, proved.verdict, tools=tools)
    return HandoffAnswer(
        handed.handoff,
        handed.change.order,
        receipt,
        replayed=not handed.change.is_new,
        lines=handed.change.lines,
        given=handed.given,
    )


def _refuse_other_order(session: Session, request: HandoffRequest, order_id: UUID) -> None:
    """Refuse an id that was used for the handoff of another order than the one meant now."""
    named = {order_id, request.order_id or order_id}
    code = None if request.code is None else take_apart(request.code)
    if isinstance(code, SignedCode):
        # Whose signature it is does not matter: nothing is given for it.
        subject = code.header.subject_id
        order = order_by_code(session, request.program_id, subject)
        delegate = delegate_by_code(session, request.program_id, subject)
        named |= {one.order_id for one in (order, delegate) if one is not None}
    if named != {order_id}:
        raise HandoffConflictError(handoff_id=str(request.handoff_id))


def _with_order_id(session: Session, request: HandoffRequest) -> HandoffRequest:
    """Find the order that is meant by its number."""
    if request.order_id is not None or request.order_number is None:
        return request
    order = open_order_by_number(
        session, request.program_id, request.store_id, request.order_number
    )
    if order is None:
        raise NotFoundError
    return replace(request, order_id=order.order_id)


def _prove(
    session: Session, request: HandoffRequest, *, tools: Tools, checked: Checked | None
) -> _Proved | LoyaltyError:
    if request.code is None:
        return _answered_for(session, request)
    letters = read_letters(request.code)
    if letters is not None:
        return _spoken(session, request, letters, tools=tools)
    scanned_at = request.scanned_at or request.handed_at
    shown = ShownAt(request.till_id, scanned_at, clock_sure=request.clock_sure)
    verdict, _ = judge_guarded(
        session,
        request.program_id,
        request.code,
        shown=shown,
        tools=tools,
        checked=checked,
        at_till=False,
    )
    named = order_of_code(session, request.program_id, verdict)
    if named is not None:
        if not named.is_good:
            raise CodeRefusedError(outcome=CodeOutcome.REVOKED.value)
        if request.order_id not in {None, named.order.order_id}:
            raise CodeRefusedError(outcome=CodeOutcome.NOT_OURS.value)
        proof: Proof = "pickup" if named.kind is CodeKind.PICKUP else "delegate"
        return _Proved(
            named.order.order_id, proof, _verdict_of_order(session, named.order, named.kind)
        )
    return _live(session, request, verdict)


def _live(session: Session, request: HandoffRequest, verdict: Verdict) -> _Proved:
    """Take the live code of whoever ordered: their phone, or one joined to it, at this moment."""
    if verdict.kind is not CodeKind.LIVE or verdict.outcome is not CodeOutcome.OK:
        bad = CodeOutcome.NOT_OURS if verdict.outcome is CodeOutcome.OK else verdict.outcome
        raise CodeRefusedError(outcome=bad.value)
    if request.order_id is None or verdict.card_id is None:
        raise CodeRefusedError(outcome=CodeOutcome.NOT_OURS.value)
    order = locked_order(session, request.program_id, request.order_id)
    holder = open_member_of_card(session, request.program_id, verdict.card_id)
    ordered_by = (
        None
        if order.member_id is None
        else open_member_of(session, request.program_id, order.member_id)
    )
    if holder is None or holder != ordered_by:
        raise CodeRefusedError(outcome=CodeOutcome.NOT_OURS.value)
    return _Proved(order.order_id, "live", verdict)


def _spoken(
    session: Session, request: HandoffRequest, letters: str, *, tools: Tools
) -> _Proved | LoyaltyError:
    """Compare the letters with those of one named order; five wrong ones and it is over."""
    if request.order_id is None:
        raise CodeRefusedError(outcome=CodeOutcome.NOT_OURS.value)
    order = locked_order(session, request.program_id, request.order_id)
    if order.store_id != request.store_id:
        raise OrderElsewhereError(store_id=str(order.store_id))
    refuse_closed(order, at=tools.clock.now())
    left = use_spoken_try(session, request.program_id, order.order_id)
    if left is None:
        return SpokenCodeWrongError(tries_left=0)
    if not is_spoken_code(order, letters, keys=tools.keys):
        return SpokenCodeWrongError(tries_left=left)
    give_back_spoken_try(session, request.program_id, order.order_id)
    return _Proved(order.order_id, "spoken", _verdict_of_order(session, order, None))


def _answered_for(session: Session, request: HandoffRequest) -> _Proved:
    if request.order_id is None or request.staff_id is None or not request.note.strip():
        raise CodeRefusedError(outcome=CodeOutcome.NO_CODE.value)
    order = locked_order(session, request.program_id, request.order_id)
    return _Proved(order.order_id, "staff", _verdict_of_order(session, order, None))


def _verdict_of_order(session: Session, order: OrderFacts, kind: CodeKind | None) -> Verdict:
    """Say whose the sale is: the card that ordered, if its membership is still there."""
    if order.card_id is None:
        return Verdict(CodeOutcome.NO_CODE)
    member_id = open_member_of_card(session, order.program_id, order.card_id)
    if member_id is None:
        return Verdict(CodeOutcome.NO_CODE)
    return Verdict(CodeOutcome.OK, kind=kind, card_id=order.card_id, member_id=member_id)


def _sell(
    session: Session, request: HandoffRequest, handed: Handed, verdict: Verdict, *, tools: Tools
) -> SaleReceipt:
    """Record what was given as a sale, from what is kept: told again it is the same sale."""
    facts, lines = handed.handoff, handed.change.lines
    sold = tuple(
        SaleLineReport(
            product_ref=lines[number].sku,
            description=lines[number].name,
            quantity_milli=quantity,
            total_minor=line_total(lines[number], quantity),
        )
        for number, quantity in handed.given.items()
    )
    goods_minor = sum(line.total_minor for line in sold)
    handing = Handing(goods_minor, facts.sale_id, facts.handed_at, facts.till_id)
    order, at = handed.change.order, tools.clock.now()
    if order.hold_id is not None:
        # Evidence before wallets, as in every act: its sale links the visit that showed the code.
        shown = ShownCode(
            program_id=request.program_id,
            till_id=facts.till_id or request.till_id,
            verdict=verdict,
            scanned_at=facts.handed_at,
            clock_sure=request.clock_sure,
            event=f"sale:{facts.sale_id}",
        )
        take_visit(session, request.program_id, shown, tools=tools)
    discount = take_with_handoff(session, order, lines, handing, at=at)
    report = SaleReport(
        program_id=request.program_id,
        store_id=facts.store_id,
        till_id=facts.till_id or request.till_id,
        staff_id=facts.staff_id,
        sale_id=facts.sale_id,
        total_minor=goods_minor - discount,
        currency=handed.change.order.currency,
        sold_at=facts.handed_at,
        code=None,
        scanned_at=None,
        clock_sure=request.clock_sure,
        lines=sold,
        hold_id=hold_of_handoff(session, order, facts.sale_id),
    )
    return record_judged_sale(session, report, verdict, tools=tools)
